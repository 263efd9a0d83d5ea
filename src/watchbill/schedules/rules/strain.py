"""What do watches ask of people: nights and weekends, how many in a row, and is the load shared fairly? Pure.

A night is one of which somebody watches three hours or more between 00:00 and 05:00 of their own clock (the night of the European working
time directive); a weekend, one of which they watch three hours or more from Saturday to Sunday.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from watchbill.people.rules import clock_time, zone_of
from watchbill.schedules.rules.coverage import Finding, overlaps, watches
from watchbill.schedules.rules.hiding import Span
from watchbill.schedules.rules.model import Shift

DAWN = dt.time(5)
ENOUGH = dt.timedelta(hours=3)
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
MOST_NIGHTS = 7  # in a row: a week of watch is usual, more is said
MOST_WEEKENDS = 2
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Load:
    """What one person carries in a window."""

    person_id: int
    watched: dt.timedelta
    nights: int
    weekends: int
    holidays: int

    @property
    def hours(self) -> int:
        """The time on watch in whole hours."""
        return round(self.watched / HOUR)


def loads(rows: Iterable[Shift], zones: Mapping[int, str], free: Mapping[int, Sequence[Span]]) -> list[Load]:
    """The load of everybody who watches, the heaviest first. `zones`: of each person; UTC for others. `free`: their public holidays."""
    found = []
    for person_id, spans in watches(rows).items():
        zone = zone_of(zones.get(person_id, "UTC"))
        watched = sum((end - start for start, end in spans), dt.timedelta())
        holidays = sum(bool(overlaps(spans, [day])) for day in set(free.get(person_id, ())))
        found.append(Load(person_id, watched, len(_nights(spans, zone)), len(_weekends(spans, zone)), holidays))
    return sorted(found, key=lambda load: (-load.watched, load.person_id))


def in_a_row(rows: Iterable[Shift], zones: Mapping[int, str]) -> Iterator[Finding]:
    """More nights, or more weekends, in a row than people stand."""
    for person_id, spans in watches(rows).items():
        zone = zone_of(zones.get(person_id, "UTC"))
        for kind, found, step, most in (
            ("nights", _nights(spans, zone), DAY, MOST_NIGHTS),
            ("weekends", _weekends(spans, zone), 7 * DAY, MOST_WEEKENDS),
        ):
            for run in _runs(sorted(found), step):
                if len(run) > most:
                    yield Finding(kind, person_id, found[run[0]][0], found[run[-1]][1])


def _nights(spans: Sequence[Span], zone: dt.tzinfo) -> dict[dt.date, Span]:
    return _met(spans, zone, lambda day: (dt.datetime.combine(day, dt.time()), dt.datetime.combine(day, DAWN)), every=1)


def _weekends(spans: Sequence[Span], zone: dt.tzinfo) -> dict[dt.date, Span]:
    """By their Saturday."""
    return _met(spans, zone, lambda day: (dt.datetime.combine(day, dt.time()), dt.datetime.combine(day + 2 * DAY, dt.time())), every=7)


def _met(
    spans: Sequence[Span], zone: dt.tzinfo, window: Callable[[dt.date], tuple[dt.datetime, dt.datetime]], *, every: int
) -> dict[dt.date, Span]:
    """The windows of the calendar, day by day or Saturday by Saturday, of which the spans have enough."""
    found: dict[dt.date, dt.timedelta] = {}
    borders: dict[dt.date, Span] = {}
    for start, end in spans:
        day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
        if every == 7:
            day -= (day.weekday() - SATURDAY) % 7 * DAY
        while day <= last:
            begins, ends = (clock_time(at, zone) for at in window(day))
            shared = min(end, ends) - max(start, begins)
            if shared > dt.timedelta():
                found[day] = found.get(day, dt.timedelta()) + shared
                borders[day] = (begins, ends)
            day += every * DAY
    return {day: borders[day] for day, shared in found.items() if shared >= ENOUGH}


def _runs(days: Sequence[dt.date], step: dt.timedelta) -> list[list[dt.date]]:
    runs: list[list[dt.date]] = []
    for day in days:
        if runs and day - runs[-1][-1] == step:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs
