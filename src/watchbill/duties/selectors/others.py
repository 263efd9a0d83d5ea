"""Queues of something else than a tracker: incidents, reports, the threads of a mailbox. What waits in them, for one viewer.

Of reports and of mail only whoever may know of each sees that it waits; somebody else sees an empty queue.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet

from watchbill.duties.models import Duty, Pass, Queue
from watchbill.incidents.models import Incident
from watchbill.incidents.selectors import visible_to
from watchbill.mailbox import selectors as mail
from watchbill.mailbox.models import Thread
from watchbill.people.permissions import Viewer
from watchbill.reports.models import CLOSED, Report
from watchbill.reports.selectors import seeing
from watchbill.response.selectors import on_call_of, people_on

SECRET = frozenset({"reports", "mailbox"})  # how many wait is nothing for the audit
BOUNTIES: Mapping[str, Q] = {
    "any": Q(),
    "none": ~Q(bounty=Report.Bounty.AWARDED),  # none was awarded: one that is proposed still needs somebody
    "proposed": Q(bounty__in=[Report.Bounty.PROPOSED, Report.Bounty.APPROVED, Report.Bounty.SENDING, Report.Bounty.UNKNOWN]),
    "awarded": Q(bounty=Report.Bounty.AWARDED),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that waits. `seen`: in the pass that runs, and `later`: it came after that began."""

    id: int
    title: str
    name: str
    severity: str
    path: str
    new: bool
    has: str = ""
    seen: bool = False
    later: bool = False


def kind_of(queue: Queue) -> str:
    """What it is a queue of: incidents, reports, mailbox; empty: issues of a tracker, or nothing that is known here."""
    return next((kind for kind in KINDS if kind in (queue.other or {})), "")


def rows_of(viewer: Viewer, queue: Queue, *, now: dt.datetime) -> QuerySet[Any]:
    """What waits in it and the viewer may see, in its order."""
    return KINDS[kind_of(queue)][0](viewer, queue, now)


def lines_of(viewer: Viewer, queue: Queue, *, now: dt.datetime, most: int) -> list[Line]:
    """The same as lines: new since the last pass first. Two queries, and those of who is on call."""
    last = Pass.objects.filter(queue=queue, proof__isnull=False).order_by("-at", "-id").first()
    known = frozenset(last.issues) if last else frozenset()
    kind = kind_of(queue)
    lines = [KINDS[kind][1](row, row.pk not in known) for row in rows_of(viewer, queue, now=now)[:most]]
    return sorted(lines, key=lambda line: not line.new)


def _incidents(viewer: Viewer, queue: Queue, now: dt.datetime) -> QuerySet[Incident]:
    says = (queue.other or {})["incidents"]
    rows = visible_to(viewer).filter(team=queue.team_id).exclude(status=Incident.Status.RESOLVED)
    if (state := says.get("state", "open")) != "open":
        rows = rows.filter(status=state)
    if (owner := says.get("owner", "anybody")) == "on_call":
        schedules = list(Duty.objects.filter(queue=queue, is_active=True).values_list("schedule_id", flat=True))
        people = people_on(schedules, now=now) if schedules else on_call_of(queue.team_id, now=now)
        rows = rows.filter(owner__in=people)
    elif owner == "team":
        rows = rows.filter(owner__memberships__team=queue.team_id)
    return rows.select_related("owner").order_by("number")


def _incident_line(row: Incident, new: bool) -> Line:
    title = row.code_name if row.restricted else row.title
    return Line(row.id, title, f"#{row.number}", row.severity, f"/incidents/{row.number}", new, row.owner.name if row.owner else "")


def _reports(viewer: Viewer, queue: Queue, now: dt.datetime) -> QuerySet[Report]:  # noqa: ARG001
    """Reports that need attention. Kubernetes guide, triage queue: assigned to the team, and no bounty awarded."""
    says = (queue.other or {})["reports"]
    rows = seeing.visible_to(viewer).filter(team=queue.team_id).filter(BOUNTIES[says.get("bounty", "any")])
    rows = rows.filter(state=says["state"]) if says.get("state") else rows.exclude(state__in=CLOSED)
    if (assigned := says.get("assigned", "anybody")) == "team":
        rows = rows.exclude(state=Report.State.WITH_PLATFORM)
    elif assigned == "nobody":
        rows = rows.filter(state=Report.State.NEW)
    if (ineligible := says.get("ineligible")) is not None:
        rows = rows.filter(bounty=Report.Bounty.INELIGIBLE) if ineligible else rows.exclude(bounty=Report.Bounty.INELIGIBLE)
    return rows.select_related("accountable").order_by(F("due_at").asc(nulls_last=True), "rank", "received_at", "id")


def _report_line(row: Report, new: bool) -> Line:
    has = row.accountable.name if row.accountable is not None and row.state != Report.State.NEW else ""
    return Line(row.pk, row.title, str(row), row.severity, f"/reports/{row.number}", new, has)


def _threads(viewer: Viewer, queue: Queue, now: dt.datetime) -> QuerySet[Thread]:  # noqa: ARG001
    """What is open in a shared mailbox: what must be followed up first stands first."""
    rows = mail.visible_to(viewer).filter(
        mailbox__name=(queue.other or {})["mailbox"], mailbox__team=queue.team_id, state=Thread.State.OPEN
    )
    return rows.select_related("accountable").order_by(F("due_at").asc(nulls_last=True), "-id")


def _thread_line(row: Thread, new: bool) -> Line:
    has = row.accountable.name if row.accountable is not None and row.taken_at is not None else ""
    return Line(row.pk, row.subject or "(no subject)", str(row), "", f"/mail/{row.number}", new, has)


KINDS: Mapping[str, tuple[Callable[[Viewer, Queue, dt.datetime], QuerySet[Any]], Callable[[Any, bool], Line]]] = {
    "incidents": (_incidents, _incident_line),
    "reports": (_reports, _report_line),
    "mailbox": (_threads, _thread_line),
}
