"""Who carried how much, month by month or week by week? Pure: asked of the final shifts, cut at the borders of one zone's calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from watchbill.people.rules import clock_time, zone_of
from watchbill.schedules.rules.hiding import Span
from watchbill.schedules.rules.model import Shift
from watchbill.schedules.rules.strain import DAY, Load, loads


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar month, or a week from Monday on, of the zone; and the load of everybody who watched in it."""

    first: dt.date
    start: dt.datetime
    end: dt.datetime
    loads: tuple[Load, ...] = ()


def months_of(first: dt.date, count: int, zone: str) -> list[Period]:
    """So many months of the zone, the one that holds `first` and those after it, without loads."""
    number = first.year * 12 + first.month - 1
    days = [dt.date((number + n) // 12, (number + n) % 12 + 1, 1) for n in range(count + 1)]
    return _periods(days, zone)


def weeks_of(first: dt.date, count: int, zone: str) -> list[Period]:
    """So many weeks of the zone, the one that holds `first` and those after it, without loads."""
    monday = first - first.weekday() * DAY
    return _periods([monday + 7 * n * DAY for n in range(count + 1)], zone)


def _periods(days: Sequence[dt.date], zone: str) -> list[Period]:
    borders = [clock_time(dt.datetime.combine(day, dt.time()), zone_of(zone)) for day in days]
    return [Period(day, *both) for day, both in zip(days, pairwise(borders), strict=False)]


def carried(rows: Iterable[Shift], periods: Sequence[Period], zones: Mapping[int, str], free: Mapping[int, Sequence[Span]]) -> list[Period]:
    """The periods with their loads. A shift over a border counts for each with its part; a
    night or weekend for each in which three hours of it are watched."""
    shifts = list(rows)
    found = []
    for period in periods:
        inside = [
            row._replace(start=max(row.start, period.start), end=min(row.end, period.end))
            for row in shifts
            if row.start < period.end and row.end > period.start
        ]
        found.append(Period(period.first, period.start, period.end, tuple(loads(inside, zones, free))))
    return found
