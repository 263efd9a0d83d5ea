"""What waits in the queue of a duty, of whatever kind, and how far somebody has gone through it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import QuerySet

from watchbill.duties.models import Duty, Pass, Queue
from watchbill.duties.selectors.queues import MOST, list_queue, visible
from watchbill.incidents.models import Incident
from watchbill.incidents.selectors import visible_to
from watchbill.people.permissions import Viewer
from watchbill.response.selectors import on_call_of, people_on

LASTS = dt.timedelta(hours=24)  # a pass that nobody ends in that time is not gone on with


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


def can_be_listed(queue: Queue) -> bool:
    """Does the desk know what waits in it? Queues of reports and of a mailbox wait for the report desk."""
    return (queue.tracker is not None and queue.tracker.is_active) or "incidents" in (queue.other or {})


def running_of(queue: Queue, *, now: dt.datetime) -> Pass | None:
    """The latest pass, if it is not ended."""
    latest = Pass.objects.filter(queue=queue).select_related("person", "proof", "queue__tracker").order_by("-at", "-id").first()
    return latest if latest is not None and not hasattr(latest, "proof") and latest.at > now - LASTS else None


def current_ids(viewer: Viewer, queue: Queue, *, now: dt.datetime) -> list[int]:
    """Ids of all that waits in it and the viewer may see."""
    if queue.tracker_id is None:
        return list(incidents_in(viewer, queue, now=now).values_list("id", flat=True)[:MOST])
    return list(visible(viewer, queue).order_by("-created_at", "-id").values_list("id", flat=True)[:MOST])


def lines_of(viewer: Viewer, queue: Queue, *, now: dt.datetime) -> list[Line]:
    """What waits: new since the last pass first. Some queries, whatever the count."""
    running = running_of(queue, now=now)
    seen = frozenset(running.stamps.values_list("item", flat=True)) if running else frozenset()
    begun_with = frozenset(running.issues) if running else frozenset()
    rows = _incident_lines(viewer, queue, now=now) if queue.tracker_id is None else _issue_lines(viewer, queue)
    if running is None:
        return rows
    return [replace(row, seen=row.id in seen, later=row.id not in begun_with) for row in rows]


def incidents_in(viewer: Viewer, queue: Queue, *, now: dt.datetime) -> QuerySet[Incident]:
    """The incidents of a queue of incidents, as far as the viewer may see them."""
    says = (queue.other or {}).get("incidents")
    if says is None:
        return Incident.objects.none()
    rows = visible_to(viewer).filter(team=queue.team_id).exclude(status=Incident.Status.RESOLVED)
    if (state := says.get("state", "open")) != "open":
        rows = rows.filter(status=state)
    if (owner := says.get("owner", "anybody")) == "on_call":
        schedules = list(Duty.objects.filter(queue=queue, is_active=True).values_list("schedule_id", flat=True))
        people = people_on(schedules, now=now) if schedules else on_call_of(queue.team_id, now=now)
        rows = rows.filter(owner__in=people)
    elif owner == "team":
        rows = rows.filter(owner__memberships__team=queue.team_id)
    return rows.order_by("number")


def _issue_lines(viewer: Viewer, queue: Queue) -> list[Line]:
    return [
        Line(
            item.issue.id,
            item.issue.title,
            f"{item.issue}",
            item.issue.severity,
            item.issue.url,
            item.new,
            item.taking.person.name if item.taking else f"#{item.incident.number}" if item.incident else "",
        )
        for item in list_queue(viewer, queue).items
    ]


def _incident_lines(viewer: Viewer, queue: Queue, *, now: dt.datetime) -> list[Line]:
    last = Pass.objects.filter(queue=queue, proof__isnull=False).order_by("-at", "-id").first()
    known = frozenset(last.issues) if last else frozenset()
    rows: Sequence[Incident] = list(incidents_in(viewer, queue, now=now).select_related("owner")[:MOST])
    lines = [
        Line(
            row.id,
            row.code_name if row.restricted else row.title,
            f"#{row.number}",
            row.severity,
            f"/incidents/{row.number}",
            row.id not in known,
            row.owner.name if row.owner else "",
        )
        for row in rows
    ]
    return sorted(lines, key=lambda line: not line.new)
