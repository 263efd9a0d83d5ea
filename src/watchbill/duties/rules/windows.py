"""When is a duty asked for, and of whom? Pure: no clock, no database.

A duty of every shift has one window in each part of the shift; one of every business day has the hours that whoever has the watch works on that
day; one of every week begins with the shift, where shifts last for days, else on Monday. A window says from when and until when it is done in time;
what is done later, until its group (the shift, the day, the week) is over, is late.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from watchbill.people.rules import Duration, WorkingTime, add, add_months, clock_time, zone_of
from watchbill.schedules.rules.model import Shift

DAY = dt.timedelta(days=1)
LONG = dt.timedelta(days=5)  # a shift of days is the week of its weekly duties
LEAD_MOST, LEAD_LEAST = dt.timedelta(hours=1), dt.timedelta(minutes=5)  # so long before it is due somebody is reminded
LEAD_PART = 6  # of the window
MOST = 400  # windows of one duty in one question

Span = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True, slots=True)
class Asks:
    """What a duty says. `due` None: until the window ends. `in_hours`: nobody is reminded outside their working time."""

    every: str  # shift | day | business day | week | month
    times: int = 1
    due: Duration | None = None
    zone: str = "UTC"
    in_hours: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """One time that it is asked for. `group`: the shift, day, week or month; `layer`: of the shift, where it is one."""

    group: Span
    start: dt.datetime
    due: dt.datetime
    remind_at: dt.datetime
    part: int = 1
    parts: int = 1
    layer: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who has the watch. `planned`: shifts as the layers say, `held`: as they are, overrides and swaps included. `working`: of everybody in them;
    `calendar`: the team's working time, where it has one and the schedule does not keep to the hours of persons."""

    planned: Sequence[Shift]
    held: Sequence[Shift]
    working: Mapping[int, WorkingTime]
    calendar: WorkingTime | None = None

    def hours(self, person: int | None) -> WorkingTime | None:
        return self.calendar or self.working.get(person or 0)


def windows(asks: Asks, watch: Watch, start: dt.datetime, end: dt.datetime) -> list[Window]:
    """The windows of the groups that meet [start, end), in order."""
    made = {
        "shift": _of_shifts,
        "day": _of_days,
        "business day": _of_business_days,
        "week": _of_weeks,
        "month": _of_months,
    }[asks.every](asks, watch, start, end)
    found = {each.start: each for each in made if each.group[1] > start and each.group[0] < end and each.start < each.due}
    return sorted(found.values(), key=lambda each: each.start)[:MOST]


def holders(held: Iterable[Shift], at: dt.datetime, layer: str = "") -> tuple[int, ...]:
    """Everybody who has the watch then, shadows never: of that layer and of none, where somebody has that layer; else of all. Empty: nobody."""
    there = [row for row in held if row.start <= at < row.end and not row.shadow and row.person_id is not None]
    if layer and any(row.layer == layer for row in there):
        there = [row for row in there if row.layer in (layer, None)]
    there.sort(key=lambda row: (row.layer is None, row.rank, row.start, row.person_id))
    return tuple(dict.fromkeys(row.person_id for row in there if row.person_id is not None))


def answers(held: Sequence[Shift], window: Window) -> tuple[int, ...]:
    """Who had the watch for more than half of the time from its start until it was due, of a shared one several; else who had it longest, of two
    the later one."""
    edges = sorted({window.start, window.due, *(at for row in held for at in (row.start, row.end) if window.start < at < window.due)})
    had: dict[int, dt.timedelta] = {}
    last: dict[int, dt.datetime] = {}
    for begins, ends in pairwise(edges):
        for person in holders(held, begins, window.layer):
            had[person] = had.get(person, dt.timedelta(0)) + (ends - begins)
            last[person] = ends
    mostly = tuple(person for person in had if had[person] > (window.due - window.start) / 2)
    return mostly or tuple(sorted(had, key=lambda person: (had[person], last[person]))[-1:])


def _of_shifts(asks: Asks, watch: Watch, start: dt.datetime, end: dt.datetime) -> Iterator[Window]:
    for begins, ends, layer in _shifts(watch, start, end):
        length = (ends - begins) / asks.times
        edges = [begins + _seconds(length * n) for n in range(asks.times)] + [ends]
        for n, (opens, closes) in enumerate(pairwise(edges)):
            yield _window(asks, watch, (begins, ends), (opens, closes), n + 1, asks.times, layer)


def _of_days(asks: Asks, watch: Watch, start: dt.datetime, end: dt.datetime) -> Iterator[Window]:
    """Calendar days of the zone on which somebody has the watch."""
    tz = zone_of(asks.zone)
    day = start.astimezone(tz).date()
    while (opens := clock_time(dt.datetime.combine(day, dt.time()), tz)) < end:
        closes = clock_time(dt.datetime.combine(day + DAY, dt.time()), tz)
        if _touched(watch.held, opens, closes):
            yield _window(asks, watch, (opens, closes), (opens, closes))
        day += DAY


def _of_business_days(asks: Asks, watch: Watch, start: dt.datetime, end: dt.datetime) -> Iterator[Window]:
    """One for each day on which somebody who has the watch works: the longest stretch of their work in their watch."""
    best: dict[dt.date, tuple[Span, Span]] = {}
    for row in watch.held:
        hours = watch.hours(row.person_id)
        if row.shadow or row.person_id is None or hours is None:
            continue
        tz = zone_of(hours.zone)
        for opens, closes in hours.stretches(max(row.start, _midnight(start, tz) - DAY), min(row.end, end + DAY)):
            day = _midnight(opens, tz)
            group = day, max(clock_time(dt.datetime.combine(opens.astimezone(tz).date() + DAY, dt.time()), tz), closes)
            date = opens.astimezone(tz).date()
            if date not in best or closes - opens > best[date][1][1] - best[date][1][0]:
                best[date] = (group, (opens, closes))
    for group, span in best.values():
        yield _window(asks, watch, group, span)


def _midnight(at: dt.datetime, tz: dt.tzinfo) -> dt.datetime:
    return clock_time(dt.datetime.combine(at.astimezone(tz).date(), dt.time()), tz)


def _of_weeks(asks: Asks, watch: Watch, start: dt.datetime, end: dt.datetime) -> Iterator[Window]:
    long = [each for each in _shifts(watch, start, end) if each[1] - each[0] >= LONG]
    if long:
        for begins, ends, layer in long:
            yield _window(asks, watch, (begins, ends), (begins, ends), layer=layer)
        return
    tz = zone_of(asks.zone)
    day = start.astimezone(tz).date()
    day -= dt.timedelta(days=day.weekday())
    while (opens := clock_time(dt.datetime.combine(day, dt.time()), tz)) < end:
        closes = clock_time(dt.datetime.combine(day + 7 * DAY, dt.time()), tz)
        if _touched(watch.held, opens, closes):
            yield _window(asks, watch, (opens, closes), (opens, closes))
        day += 7 * DAY


def _of_months(asks: Asks, watch: Watch, start: dt.datetime, end: dt.datetime) -> Iterator[Window]:
    tz = zone_of(asks.zone)
    day = start.astimezone(tz).date().replace(day=1)
    while (opens := clock_time(dt.datetime.combine(day, dt.time()), tz)) < end:
        after = add_months(day, 1)
        closes = clock_time(dt.datetime.combine(after, dt.time()), tz)
        if _touched(watch.held, opens, closes):
            yield _window(asks, watch, (opens, closes), (opens, closes))
        day = after


def _shifts(watch: Watch, start: dt.datetime, end: dt.datetime) -> list[tuple[dt.datetime, dt.datetime, str]]:
    """Whole shifts as they were planned, each once however many people share it."""
    rows = {(row.start, row.end): row.layer or "" for row in watch.planned if not row.shadow and row.person_id is not None}
    return sorted((begins, ends, layer) for (begins, ends), layer in rows.items() if ends > start and begins < end)


def _touched(rows: Sequence[Shift], start: dt.datetime, end: dt.datetime) -> bool:
    return any(row.start < end and row.end > start and not row.shadow and row.person_id is not None for row in rows)


def _window(asks: Asks, watch: Watch, group: Span, span: Span, part: int = 1, parts: int = 1, layer: str = "") -> Window:
    opens, closes = span
    person = next(iter(holders(watch.held, opens, layer)), None)
    hours = watch.hours(person)
    due = closes
    if asks.due is not None:
        due = min(closes, add(opens, asks.due, zone=asks.zone, working=hours))
    return Window(group, opens, due, _remind_at(opens, due, hours if asks.in_hours else None), part, parts, layer)


def _remind_at(start: dt.datetime, due: dt.datetime, hours: WorkingTime | None) -> dt.datetime:
    """A while before it is due; where somebody must not be disturbed outside their hours, in the last of these before that."""
    at = max(start, due - min(LEAD_MOST, max(LEAD_LEAST, (due - start) / LEAD_PART)))
    if hours is None or hours.is_working(at):
        return at
    worked = hours.stretches(start, at)
    return max(worked[-1][0], worked[-1][1] - LEAD_MOST) if worked else at


def _seconds(length: dt.timedelta) -> dt.timedelta:
    """A shift of three parts has no windows that begin at a fraction of a second."""
    return dt.timedelta(seconds=round(length.total_seconds()))
