"""Who could cover a watch? In the team with the right role, free in that time and rested before and after it. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence

from watchbill.people.rules import WorkingTime
from watchbill.schedules.rules.coverage import REST
from watchbill.schedules.rules.hiding import Span
from watchbill.schedules.rules.model import ScheduleRule
from watchbill.schedules.rules.shifts import final_shifts


def could_cover(
    start: dt.datetime,
    end: dt.datetime,
    people: Collection[int],
    *,
    watches: Mapping[int, Sequence[Span]],
    away: Mapping[int, Sequence[Span]],
) -> list[int]:
    """Those of `people` who are free in [start, end), have 11 hours of rest on both sides, and are not away. In the order given."""
    return [
        person
        for person in people
        if not _meets(watches.get(person, ()), start - REST, end + REST) and not _meets(away.get(person, ()), start, end)
    ]


def watches_around(
    rules: Iterable[ScheduleRule], start: dt.datetime, end: dt.datetime, working: Mapping[int, WorkingTime] | None = None
) -> dict[int, list[Span]]:
    """The watches that matter to somebody's rest around [start, end), by person.

    One in business hours wakes nobody: only the working hours in it count, of those whose `working` time is known.
    """
    found: dict[int, list[Span]] = {}
    for rule in rules:
        by_day = rule.hours == "business"
        rest = dt.timedelta(0) if by_day else REST
        for row in final_shifts(rule, start - rest, end + rest):
            if row.person_id is not None and not row.shadow:
                span = (max(row.start, start), min(row.end, end)) if by_day else (row.start, row.end)
                hours = (working or {}).get(row.person_id) if by_day else None
                if hours is not None and hours.next_opening(span[0]) >= span[1]:
                    continue
                found.setdefault(row.person_id, []).append(span)
    return found


def _meets(spans: Iterable[Span], start: dt.datetime, end: dt.datetime) -> bool:
    return any(begins < end and ends > start for begins, ends in spans)
