"""How does a report stand on its platform, and what is still to be written there? Only reads; but for `file_of` the caller has seen the report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from watchbill.kernel.errors import NotFound
from watchbill.people.permissions import Viewer
from watchbill.platforms.models import Remote, Write
from watchbill.reports.models import Report, Wait
from watchbill.reports.rules.platform import NAMES, WAITS_FOR_REPORTER, closes_at, state_word
from watchbill.reports.selectors.seeing import by_number

WRITES = {
    "comment": "a comment",
    "state": "its state",
    "severity": "its severity",
    "tier": "its tier",
    "assign": "to whom it is assigned",
    "reference": "its tracking issue",
    "bounty": "the award",
    "ineligible": "that it is not eligible for a bounty",
    "ask_disclosure": "the request for its disclosure",
    "cancel_disclosure": "that its disclosure is not agreed to",
}
TIMERS = {
    "first_program_response": "first answer",
    "report_triage": "triage",
    "bounty_awarded": "bounty",
    "report_resolved": "resolution",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A write that waits, or that did not happen."""

    word: str
    error: str


@dataclass(frozen=True, slots=True)
class There:
    """What stands there. `closes_at`: when the platform closes it by itself; `timers`: (which, when it is missed), the platform's own;
    `files`: {id, name, size} of what is attached there."""

    name: str
    url: str
    state: str
    severity: str
    assignee: str
    gone_at: dt.datetime | None
    closes_at: dt.datetime | None
    timers: list[tuple[str, dt.datetime]]
    waiting: list[Waiting]
    failed: list[Waiting]
    files: list[Mapping[str, Any]]


def platform_of(report: Report) -> There | None:
    """None for one that came by no platform that is read here. Two queries."""
    if report.remote_id is None:
        return None
    remote = Remote.objects.select_related("platform").get(pk=report.remote_id)
    rows = list(Write.objects.filter(remote=remote).exclude(end__in=[Write.End.DONE, Write.End.DROPPED]).order_by("id"))
    return There(
        NAMES.get(remote.platform.kind, remote.platform.name),
        remote.url,
        state_word(remote.state),
        remote.severity,
        remote.assignee,
        remote.gone_at,
        _closes_at(report, remote),
        _timers(remote.timers),
        [Waiting(WRITES[row.kind], row.error) for row in rows if row.end == Write.End.WAITING],
        [Waiting(WRITES[row.kind], row.error) for row in rows if row.end != Write.End.WAITING and row.kind != Write.Kind.BOUNTY],
        remote.files,
    )


def files_of(report: Report) -> list[Mapping[str, Any]]:
    """What is attached on its platform: {id, name, size in bytes}. At most one query."""
    found = Remote.objects.filter(pk=report.remote_id).values_list("files", flat=True).first() if report.remote_id is not None else None
    return list(found or ())


def file_of(viewer: Viewer, number: int, file_id: str) -> tuple[Remote, Mapping[str, Any]]:
    """The row of the platform, and the file. Raises NotFound."""
    report = by_number(viewer, number)
    remote = Remote.objects.select_related("platform").filter(pk=report.remote_id).first() if report.remote_id is not None else None
    found = next((each for each in remote.files if each["id"] == file_id), None) if remote is not None else None
    if remote is None or found is None:
        raise NotFound("There is no such file on this report. Open the report and choose one.")
    return remote, found


def _closes_at(report: Report, remote: Remote) -> dt.datetime | None:
    if remote.state != WAITS_FOR_REPORTER or not remote.is_open:
        return None
    since = Wait.objects.filter(report=report, whom=Wait.For.REPORTER, ended_at__isnull=True).values_list("began_at", flat=True).first()
    return closes_at(since) if since is not None else None


def _timers(said: Mapping[str, Any]) -> list[tuple[str, dt.datetime]]:
    found = []
    for name, word in TIMERS.items():
        at = (said.get(name) or {}).get("miss_at") if isinstance(said.get(name), Mapping) else None
        if isinstance(at, str):
            try:
                found.append((word, dt.datetime.fromisoformat(at)))
            except ValueError:
                continue
    return [(word, at) for word, at in found if at.tzinfo is not None]
