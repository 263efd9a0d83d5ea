"""How does a report look as data: to the API, the command line, a table file? Only reads what came with the row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings

from watchbill.incidents.selectors import visible_to as visible_incidents
from watchbill.people.models import Person
from watchbill.people.permissions import Viewer
from watchbill.reports.models import Report
from watchbill.reports.selectors.platform import files_of
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


def describe(viewer: Viewer, rows: Sequence[Report], *, whole: bool = False) -> list[dict[str, Any]]:
    """Every field of each; with `whole` also what was reported. An incident that the viewer must not learn of is not named. One query."""
    asked = {report.incident_id for report in rows if report.incident_id is not None}
    known = set(visible_incidents(replace(viewer, scopes=None)).filter(pk__in=asked).values_list("pk", flat=True)) if asked else set()
    return [_described(report, known, whole=whole) for report in rows]


def incident_of(viewer: Viewer, report: Report) -> int | None:
    """The number of its incident, for whoever may know of that."""
    (said,) = describe(viewer, [report])
    number: int | None = said["incident"]
    return number


def _described(report: Report, known: Collection[int], *, whole: bool) -> dict[str, Any]:
    return {
        "id": report.number,
        "code_name": report.code_name,
        "title": report.title,
        **({"body": report.body, "files": files_of(report)} if whole else {}),
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
        "incident": report.incident.number if report.incident is not None and report.incident_id in known else None,
        "duplicate_of": report.duplicate_of.number if report.duplicate_of is not None else None,
        "bounty": report.bounty,
        "received_at": report.received_at,
        "answered_at": report.answered_at,
        "triaged_at": report.triaged_at,
        "closed_at": report.closed_at,
        "embargo_on": report.embargo_on.isoformat() if report.embargo_on is not None else None,
        "announcement": report.announcement or None,
        "do_not_disclose": _secret(report),
        "disclosure_asked_at": report.disclosure_asked_at,
        "disclosed_at": report.disclosed_at,
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
    said = _described(report, (), whole=False)
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


def _secret(report: Report) -> dict[str, Any] | None:
    if not report.secret_because or report.secret_review_on is None:
        return None
    until = report.secret_until.isoformat() if report.secret_until is not None else None
    return {"reason": report.secret_because, "review_on": report.secret_review_on.isoformat(), "until": until}


def _person(person: Person | None) -> dict[str, str] | None:
    return {"handle": person.handle, "name": person.name} if person is not None else None
