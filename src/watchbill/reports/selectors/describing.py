"""How does a report look as data: to the API, the command line, a table file? Only reads what came with the row."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from watchbill.people.models import Person
from watchbill.reports.models import Report
from watchbill.reports.selectors.reading import is_tracked

COLUMNS = (
    "id",
    "state",
    "severity",
    "title",
    "program",
    "source",
    "reporter",
    "accountable",
    "received_at",
    "due",
    "promise",
    "tracking",
    "url",
)


def describe(report: Report, *, whole: bool = False) -> dict[str, Any]:
    """Every field; with `whole` also what was reported."""
    return {
        "id": report.number,
        "code_name": report.code_name,
        "title": report.title,
        **({"body": report.body} if whole else {}),
        "program": report.program.name,
        "team": report.team.name,
        "state": report.state,
        "source": report.source,
        "external_id": report.external_id or None,
        "reporter": report.reporter.name if report.reporter is not None else None,
        "accountable": _person(report.accountable),
        "severity": report.severity or None,
        "score": report.score,
        "vector": report.vector or None,
        "tier": report.tier or None,
        "weakness": report.weakness or None,
        "asset": report.asset or None,
        "tracking": tracking_of(report),
        "tracked": is_tracked(report),
        "incident": report.incident.number if report.incident is not None else None,
        "duplicate_of": report.duplicate_of.number if report.duplicate_of is not None else None,
        "bounty": report.bounty,
        "received_at": report.received_at,
        "answered_at": report.answered_at,
        "triaged_at": report.triaged_at,
        "closed_at": report.closed_at,
        "embargo_on": report.embargo_on.isoformat() if report.embargo_on is not None else None,
        "due": {"promise": report.promise, "at": report.due_at} if report.due_at is not None else None,
        "url": f"{settings.PUBLIC_URL}/reports/{report.number}",
    }


def tracking_of(report: Report) -> str | None:
    """The address of its tracking issue, when it is there."""
    if report.tracking_url:
        return report.tracking_url
    return report.link.issue.url if report.link is not None and report.link.issue is not None else None


def as_row(report: Report) -> list[Any]:
    """One line of a table file, in the order of COLUMNS."""
    said = describe(report)
    who = said["accountable"]
    return [
        *(said[name] for name in ("id", "state", "severity", "title", "program", "source", "reporter")),
        who["handle"] if who else "",
        said["received_at"].isoformat(),
        said["due"]["at"].isoformat() if said["due"] else "",
        report.promise,
        said["tracking"],
        said["url"],
    ]


def _person(person: Person | None) -> dict[str, str] | None:
    return {"handle": person.handle, "name": person.name} if person is not None else None
