"""What stands in the way of a disclosure, what was asked for, and what exactly would leave? Only reads; the caller has seen the report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from watchbill.incidents.models import Incident
from watchbill.people.rules import add
from watchbill.reports.models import Disclosure, Message, Report
from watchbill.reports.rules import disclosure
from watchbill.reports.rules.flow import State
from watchbill.reports.selectors.reading import targets_of, working_of


def obstacles(report: Report, *, today: dt.date) -> list[str]:
    """Everything that stands in the way, a sentence each."""
    facts = disclosure.Facts(
        State(report.state),
        kept_secret=report.secret_because,
        incident_open=report.incident is not None and report.incident.status != Incident.Status.RESOLVED,
        embargo_on=report.embargo_on,
        disclosed=report.disclosed_at is not None,
    )
    return disclosure.why_not_disclose(facts, today=today)


def open_one(report: Report) -> Disclosure | None:
    """The request that waits for its answer."""
    return Disclosure.objects.filter(report=report, ended_at__isnull=True).select_related("person").first()


def all_of(report: Report) -> list[Disclosure]:
    """Every request, the latest first."""
    return list(Disclosure.objects.filter(report=report).select_related("person", "ended_by").order_by("-id"))


def as_request(row: Disclosure | None) -> disclosure.Request | None:
    """The same for the rules."""
    if row is None:
        return None
    return disclosure.Request(row.asker == Disclosure.Asker.REPORTER, row.due_at, row.agreed_at is not None)


def default_kind(report: Report) -> str:
    """What its programme asks for where nobody says otherwise: in full, unless the file says limited."""
    said = report.program.disclosure.get("default", "full")
    return said if said in Disclosure.Kind.values else Disclosure.Kind.FULL


def answered_by(report: Report, asked_at: dt.datetime) -> dt.datetime:
    """Until when a request of that moment is to be answered."""
    working = working_of(report, now=asked_at)
    return add(asked_at, targets_of(report.program).disclosure, zone=working.zone, working=working)


def what_leaves(report: Report, kind: str, summary: str, leave_out: Sequence[str]) -> str:
    """The text that becomes public. Only what its reporter may read already can stand in it."""
    return disclosure.what_leaves(_case_of(report), disclosure.Kind(kind), summary, leave_out)


def not_found(report: Report, kind: str, summary: str, leave_out: Sequence[str]) -> list[str]:
    """Passages that do not stand in it."""
    return disclosure.not_found(what_leaves(report, kind, summary, ()), leave_out)


def _case_of(report: Report) -> disclosure.Case:
    told = (
        Message.objects.filter(report=report, audience=Message.Audience.ALL)
        .order_by("id")
        .values_list("author_id", "outside", "at", "text")
    )
    return disclosure.Case(
        report.title,
        report.body,
        report.reporter.name if report.reporter is not None and "@" not in report.reporter.name else "",  # no mail address leaves
        report.severity,
        report.vector,
        report.weakness,
        report.announcement,
        [disclosure.Said(author is None and not outside, at, text) for author, outside, at, text in told],
    )
