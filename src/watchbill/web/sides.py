"""A rotation before and after a change: two weeks beside each other, and what the year ahead has that is new and worse.

On a phone only the days on which the two differ are drawn, one below the other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from watchbill.config.watching import Watch
from watchbill.schedules.rules import ScheduleRule, Shift, with_gaps
from watchbill.web import times
from watchbill.web.calendars import DAYS, NARROW, WIDE
from watchbill.web.coverage import counted
from watchbill.web.pictures import Bar, Strip, Tick, Window, day_lines, midnights, strip
from watchbill.web.rosters import bars_of, people_of
from watchbill.web.visit import Visit

DAY = dt.timedelta(days=1)
MOST_GAPS = 5
TODAY, THEN = "Today", "With the change"


@dataclass(frozen=True, slots=True)
class Apart:
    """One day on which the two differ, as a phone shows it."""

    word: str
    today: Strip
    then: Strip


@dataclass(frozen=True, slots=True)
class Sides:
    """One schedule on both sides. `findings`: what, how often, and the first time."""

    watch: Watch
    zone: dt.tzinfo
    ticks: tuple[Tick, ...]
    hours: tuple[Tick, ...]
    today: Strip
    then: Strip
    days: tuple[Apart, ...]
    gaps: tuple[tuple[dt.datetime, dt.datetime], ...]
    more_gaps: int
    findings: tuple[tuple[str, int, dt.datetime, dt.datetime], ...]
    is_same: bool


def sides(watch: Watch, visit: Visit) -> Sides:
    """The picture begins the day before the two first differ, in the zone of the schedule."""
    zone = times.zone_of(watch.zone)
    borders = midnights(watch.start.astimezone(zone).date() - DAY, DAYS, zone)
    window = Window(borders[0], borders[-1], WIDE)
    lines = day_lines(borders, window, zone)
    (before, old), (after, new) = (_drawn(rule, window, visit) for rule in (watch.foreseen.before, watch.foreseen.after))
    gaps = watch.foreseen.gaps
    return Sides(
        watch,
        zone,
        tuple(_tick(at, window, zone) for at in borders[:-1]),
        tuple(Tick(25.0 * n + 1, f"{6 * n:02}") for n in range(4)),
        strip(TODAY, old, window, now=visit.now, lines=lines, height=36),
        strip(THEN, new, window, now=visit.now, lines=lines, height=36),
        tuple(_apart(before, after, old, new, borders, zone, visit)),
        gaps[:MOST_GAPS],
        max(0, len(gaps) - MOST_GAPS),
        tuple(counted(watch.foreseen.findings)),
        not watch.is_new and _seen(before) == _seen(after),
    )


def _drawn(rule: ScheduleRule, window: Window, visit: Visit) -> tuple[list[Shift], list[Bar]]:
    shifts = with_gaps(rule, window.start, window.end)
    return shifts, list(bars_of(shifts, people_of(shifts), visit))


def _seen(shifts: Sequence[Shift]) -> set[tuple[dt.datetime, dt.datetime, int | None, bool]]:
    """What people see of shifts; names of layers are no difference."""
    return {(each.start, each.end, each.person_id, each.shadow) for each in shifts}


def _apart(
    before: Sequence[Shift],
    after: Sequence[Shift],
    old: Sequence[Bar],
    new: Sequence[Bar],
    borders: Sequence[dt.datetime],
    zone: dt.tzinfo,
    visit: Visit,
) -> list[Apart]:
    differs = _seen(before) ^ _seen(after)
    found = []
    for start, end in pairwise(borders):
        if not any(each[0] < end and each[1] > start for each in differs):
            continue
        word, window = _word(start, zone), Window(start, end, NARROW)
        pictures = (strip(f"{word}, {side.lower()}", bars, window, now=visit.now, height=30) for side, bars in ((TODAY, old), (THEN, new)))
        found.append(Apart(word, *pictures))
    return found


def _tick(midnight: dt.datetime, window: Window, zone: dt.tzinfo) -> Tick:
    return Tick(window.place(midnight) + 50 / DAYS, _word(midnight, zone))


def _word(midnight: dt.datetime, zone: dt.tzinfo) -> str:
    local = midnight.astimezone(zone)
    month = f" {times.MONTHS[local.month - 1]}" if local.day == 1 else ""
    return f"{times.WEEKDAYS[local.weekday()]} {local.day}{month}"
