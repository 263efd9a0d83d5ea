"""Is somebody on watch at every second, and is it a watch that people can stand? Pure.

A gap is named before it happens. Findings besides: somebody twice at once, less than 11 hours of rest between two watches (the daily rest
of the European working time directive), a watch of several shifts that lasts longer than two days, time off that meets a shift.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from watchbill.people.rules import clock_time, zone_of
from watchbill.schedules.rules.hiding import Span, merge, subtract
from watchbill.schedules.rules.model import ScheduleRule, Shift
from watchbill.schedules.rules.shifts import HORIZONS, final_shifts

REST = dt.timedelta(hours=11)
LONG_WATCH = dt.timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about one person that somebody should look at. `kind`: double | rest | long | nights | weekends |
    time_off | holiday | inactive."""

    kind: str
    person_id: int
    start: dt.datetime
    end: dt.datetime


def with_gaps(schedule: ScheduleRule, start: dt.datetime, end: dt.datetime) -> list[Shift]:
    """`final_shifts` and the gaps of [start, end), all whole, in order."""
    rows = final_shifts(schedule, start, end)
    return sorted([*rows, *_gap_rows(schedule, rows, start, end)], key=lambda row: (row.start, row.rank, row.end, row.person_id or 0))


def gaps(schedule: ScheduleRule, start: dt.datetime, end: dt.datetime, *, gone: Collection[int] = ()) -> list[Span]:
    """The stretches of [start, end) in which nobody has the watch, cut at the window. Before the first shift there is nothing, and no gap.

    `gone` are people who are deactivated: they are not woken, so a watch of theirs alone is nobody's.
    """
    return gaps_in(schedule, final_shifts(schedule, start, end), start, end, gone=gone)


def gaps_in(
    schedule: ScheduleRule, rows: Iterable[Shift], start: dt.datetime, end: dt.datetime, *, gone: Collection[int] = ()
) -> list[Span]:
    """The same of final shifts that somebody has already."""
    return _uncovered(schedule, [row for row in rows if row.person_id not in gone], start, end)


def first_start(schedule: ScheduleRule) -> dt.datetime | None:
    """When the very first shift of the schedule starts: from there on, nobody on watch is a gap. None for a schedule without any."""
    starts = []
    for layer in schedule.layers:
        if layer.shadow or not layer.days:
            continue
        zone = zone_of(layer.zone)
        day = layer.starting if layer.valid_from is None else max(layer.starting, layer.valid_from.astimezone(zone).date())
        days = (dt.datetime.combine(day + dt.timedelta(days=n), layer.start) for n in range(9))
        begins = (clock_time(nominal, zone) for nominal in days if nominal.weekday() in layer.days)
        starts += [at for at in begins if layer.valid_from is None or at >= layer.valid_from][:1]
    return min(starts, default=None)


def rests(rows: Iterable[Shift]) -> Iterator[Finding]:
    """Two watches of one person with too little rest between."""
    for person_id, spans in watches(rows).items():
        for before, after in pairwise(spans):
            if after[0] - before[1] < REST:
                yield Finding("rest", person_id, before[1], after[0])


def long_watches(rows: Sequence[Shift]) -> Iterator[Finding]:
    """Shifts of one person that touch and last longer together than anybody should watch. One long shift alone was meant so."""
    single = defaultdict(set)
    for row in rows:
        single[row.person_id].add((row.start, row.end))
    for person_id, spans in watches(rows).items():
        for start, end in spans:
            if end - start > LONG_WATCH and (start, end) not in single[person_id]:
                yield Finding("long", person_id, start, end)


def doubles(rows: Iterable[Shift], others: Iterable[Shift]) -> Iterator[Finding]:
    """Stretches in which one person has both, the primary and the backup for instance."""
    second = watches(others)
    for person_id, spans in watches(rows).items():
        yield from (Finding("double", person_id, *both) for both in overlaps(spans, second.get(person_id, [])))


def absences(rows: Iterable[Shift], away: Mapping[int, Sequence[Span]], kind: str = "time_off") -> Iterator[Finding]:
    """Time off, or public holidays, that meet a watch."""
    for person_id, spans in watches(rows).items():
        yield from (Finding(kind, person_id, *both) for both in overlaps(spans, merge(away.get(person_id, ()))))


def watches(rows: Iterable[Shift]) -> dict[int, list[Span]]:
    """The time of each person on watch; shifts that touch become one."""
    spans: dict[int, list[Span]] = defaultdict(list)
    for row in rows:
        if row.person_id is not None and not row.shadow:
            spans[row.person_id].append((row.start, row.end))
    return {person_id: merge(found) for person_id, found in spans.items()}


def overlaps(ones: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """What two lists of merged spans, each in order, have in common."""
    found: list[Span] = []
    one = other = 0
    while one < len(ones) and other < len(others):
        start, end = max(ones[one][0], others[other][0]), min(ones[one][1], others[other][1])
        if start < end:
            found.append((start, end))
        if ones[one][1] <= others[other][1]:
            one += 1
        else:
            other += 1
    return found


def _uncovered(schedule: ScheduleRule, rows: Iterable[Shift], start: dt.datetime, end: dt.datetime) -> list[Span]:
    begins = first_start(schedule)
    start = max(start, begins) if begins else start
    covered = merge((row.start, row.end) for row in rows if not row.shadow and row.person_id is not None)
    return subtract((start, end), covered) if start < end else []


def _gap_rows(schedule: ScheduleRule, rows: Sequence[Shift], start: dt.datetime, end: dt.datetime) -> list[Shift]:
    found = _uncovered(schedule, rows, start, end)
    if found and found[0][0] == start:
        found[0] = (_begin_of_gap(schedule, start), found[0][1])
    if found and found[-1][1] == end:
        found[-1] = (found[-1][0], _end_of_gap(schedule, end))
    return [Shift(*span, None, "gap") for span in found]


def _begin_of_gap(schedule: ScheduleRule, at: dt.datetime) -> dt.datetime:
    """When the gap that holds `at` began; not looked for beyond 400 days."""
    for horizon in HORIZONS:
        before = _uncovered(schedule, final_shifts(schedule, at - horizon, at), at - horizon, at)
        if before[-1:] and before[-1][1] == at:
            if before[-1][0] > at - horizon:
                return before[-1][0]
        else:
            return at
    return at - HORIZONS[-1]


def _end_of_gap(schedule: ScheduleRule, at: dt.datetime) -> dt.datetime:
    """When the gap that holds `at` ends; not looked for beyond 400 days."""
    for horizon in HORIZONS:
        after = _uncovered(schedule, final_shifts(schedule, at, at + horizon), at, at + horizon)
        if not after or after[0][0] != at:
            return at
        if after[0][1] < at + horizon:
            return after[0][1]
    return at + HORIZONS[-1]
