"""What waits in the queue of a duty, of whatever kind, and how far somebody has gone through it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from watchbill.duties.models import Pass, Queue
from watchbill.duties.selectors import others
from watchbill.duties.selectors.others import Line
from watchbill.duties.selectors.queues import MOST, list_queue, visible
from watchbill.people.permissions import Viewer

LASTS = dt.timedelta(hours=24)  # a pass that nobody ends in that time is not gone on with


def can_be_listed(queue: Queue) -> bool:
    """Does the desk know what waits in it?"""
    return (queue.tracker is not None and queue.tracker.is_active) or bool(others.kind_of(queue))


def running_of(queue: Queue, *, now: dt.datetime) -> Pass | None:
    """The latest pass, if it is not ended."""
    latest = Pass.objects.filter(queue=queue).select_related("person", "proof", "queue__tracker").order_by("-at", "-id").first()
    return latest if latest is not None and not hasattr(latest, "proof") and latest.at > now - LASTS else None


def current_ids(viewer: Viewer, queue: Queue, *, now: dt.datetime) -> list[int]:
    """Ids of all that waits in it and the viewer may see."""
    if queue.tracker_id is None:
        return list(others.rows_of(viewer, queue, now=now).values_list("id", flat=True)[:MOST])
    return list(visible(viewer, queue).order_by("-created_at", "-id").values_list("id", flat=True)[:MOST])


def lines_of(viewer: Viewer, queue: Queue, *, now: dt.datetime) -> list[Line]:
    """What waits: new since the last pass first. Some queries, whatever the count."""
    running = running_of(queue, now=now)
    seen = frozenset(running.stamps.values_list("item", flat=True)) if running else frozenset()
    begun_with = frozenset(running.issues) if running else frozenset()
    rows = others.lines_of(viewer, queue, now=now, most=MOST) if queue.tracker_id is None else _issue_lines(viewer, queue)
    if running is None:
        return rows
    return [replace(row, seen=row.id in seen, later=row.id not in begun_with) for row in rows]


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
