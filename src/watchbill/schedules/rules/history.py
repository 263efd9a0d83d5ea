"""Who carried how much, month by month? Pure: asked of the final shifts, cut at the borders of the months of one zone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from watchbill.people.rules import clock_time, zone_of
from watchbill.schedules.rules.hiding import Span
from watchbill.schedules.rules.model import Shift
from watchbill.schedules.rules.strain import Load, loads


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month of the zone, and the load of everybody who watched in it."""

    first: dt.date
    start: dt.datetime
    end: dt.datetime
    loads: tuple[Load, ...] = ()


def months_of(first: dt.date, count: int, zone: str) -> list[Month]:
    """So many months of the zone, the one that holds `first` and those after it, without loads."""
    number = first.year * 12 + first.month - 1
    days = [dt.date((number + n) // 12, (number + n) % 12 + 1, 1) for n in range(count + 1)]
    borders = [clock_time(dt.datetime.combine(day, dt.time()), zone_of(zone)) for day in days]
    return [Month(day, *both) for day, both in zip(days, pairwise(borders), strict=False)]


def monthly(rows: Iterable[Shift], months: Sequence[Month], zones: Mapping[int, str], free: Mapping[int, Sequence[Span]]) -> list[Month]:
    """The months with their loads. A shift over a border counts for each with its part; a
    night or weekend for each in which three hours of it are watched."""
    shifts = list(rows)
    found = []
    for month in months:
        inside = [
            row._replace(start=max(row.start, month.start), end=min(row.end, month.end))
            for row in shifts
            if row.start < month.end and row.end > month.start
        ]
        found.append(Month(month.first, month.start, month.end, tuple(loads(inside, zones, free))))
    return found
