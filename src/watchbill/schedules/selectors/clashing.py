"""Which watches to come does time off meet? For whoever saves it, for the lists, and for the managers a week before."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from watchbill.people.models import TimeOff
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import clashes, final_shifts
from watchbill.schedules.selectors.loading import load

Span = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True, slots=True)
class Meeting:
    """A watch that its person cannot have: which, and for which part of it they are away."""

    schedule: Schedule
    person_id: int
    shift_start: dt.datetime
    start: dt.datetime
    end: dt.datetime


def meetings(start: dt.datetime, end: dt.datetime) -> list[Meeting]:
    """Every watch of [start, end) on an active schedule that meets time off of its person. Three queries."""
    away: dict[int, list[Span]] = defaultdict(list)
    rows = TimeOff.objects.filter(start__lt=end, end__gt=start, person__is_active=True)
    for person_id, begins, ends in rows.values_list("person_id", "start", "end"):
        away[person_id].append((begins, ends))
    return _meetings(away, start, end) if away else []


def meetings_of(rows: Collection[TimeOff], *, now: dt.datetime) -> list[Meeting]:
    """The watches from now on that these times off meet. Two queries."""
    coming = [row for row in rows if row.end > now]
    if not coming:
        return []
    away: dict[int, list[Span]] = defaultdict(list)
    for row in coming:
        away[row.person_id].append((max(row.start, now), row.end))
    return _meetings(away, max(now, min(row.start for row in coming)), max(row.end for row in coming))


def time_off_rows() -> QuerySet[TimeOff]:
    """All time off with what answers name of it."""
    return TimeOff.objects.select_related("person", "created_by", "calendar")


def time_off_objects(rows: Sequence[TimeOff], *, now: dt.datetime) -> list[dict[str, Any]]:
    """Time off as answers show it, each with the watches that it meets from now on. `rows` are of `time_off_rows`."""
    found = meetings_of(rows, now=now)
    return [
        {
            "id": row.id,
            "person": {"handle": row.person.handle, "name": row.person.name},
            "start": row.start,
            "end": row.end,
            "reason": row.reason,
            "by": row.created_by.handle if row.created_by else None,
            "calendar": row.calendar.host if row.calendar else None,
            "clashes": [
                {"schedule": each.schedule.name, "start": max(each.start, row.start), "end": min(each.end, row.end)}
                for each in found
                if each.person_id == row.person_id and each.start < row.end and each.end > row.start
            ],
        }
        for row in rows
    ]


def _meetings(away: dict[int, list[Span]], start: dt.datetime, end: dt.datetime) -> list[Meeting]:
    schedules = {schedule.id: schedule for schedule in Schedule.objects.filter(is_active=True).select_related("team")}
    found = [
        Meeting(schedules[id_], clash.shift.person_id or 0, clash.shift.start, clash.start, clash.end)
        for id_, rule in load(list(schedules), start=start, end=end).items()
        for clash in clashes(final_shifts(rule, start, end), away)
        if clash.end > start and clash.start < end
    ]
    return sorted(found, key=lambda each: (each.start, each.schedule.position, each.schedule.id, each.person_id))
