"""Two weeks of one schedule as a picture and as a list: layers explain, the final line is the answer, gaps say so.

The picture is made of the same shifts as the list and the engine's answer. On a phone each day is a strip of its own, from yesterday on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from watchbill.people.models import Person, TimeOff
from watchbill.schedules.models import Override, Schedule
from watchbill.schedules.rules import ScheduleRule, Shift, layer_shifts, with_gaps
from watchbill.schedules.selectors import load
from watchbill.web import times
from watchbill.web.exchanging import Marks, marks_of
from watchbill.web.pictures import Bar, Line, Strip, Tick, Window, day_lines, midnights, strip
from watchbill.web.rosters import bars_of
from watchbill.web.visit import Visit

DAYS = 14
WIDE, NARROW = 820.0, 236.0  # pixels of two weeks on the narrowest wide screen, of one day on the narrowest phone
WEEK = dt.timedelta(weeks=1)
SHORT_DAY = dt.timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the phone's picture."""

    word: str
    is_today: bool
    picture: Strip


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of the list: who, from when to when, because of what."""

    shift: Shift
    person: Person | None
    because: str
    is_past: bool
    is_now: bool
    give: str  # what the form of a swap is sent for it; empty: the reader cannot give it


@dataclass(frozen=True, slots=True)
class TwoWeeks:
    """Everything the page of a schedule draws."""

    start: dt.datetime
    end: dt.datetime
    zone: dt.tzinfo
    ticks: tuple[Tick, ...]
    lanes: tuple[Strip, ...]
    final: Strip
    days: tuple[Day, ...]
    hours: tuple[Tick, ...]
    rows: tuple[Listed, ...]
    changed_clocks: tuple[str, ...]
    has_gap: bool

    @property
    def swaps(self) -> bool:
        """Has it a watch of the reader that can be offered?"""
        return any(row.give for row in self.rows)


def first_day(visit: Visit, zone: dt.tzinfo, weeks: int) -> dt.date:
    """The Monday of this week, so many weeks on or back."""
    today = visit.now.astimezone(zone).date()
    return today - dt.timedelta(days=today.weekday()) + weeks * WEEK


def two_weeks(schedule: Schedule, first: dt.date, zone: dt.tzinfo, visit: Visit) -> TwoWeeks:
    """The picture of one schedule from that day on, drawn in that zone."""
    borders = midnights(first, DAYS, zone)
    window = Window(borders[0], borders[-1], WIDE)
    rule = load([schedule.id], start=window.start, end=window.end)[schedule.id]
    shifts = with_gaps(rule, window.start, window.end)
    overrides = _overrides(schedule, window)
    layers = {name: _of_layer(rule, name, window) for name in dict.fromkeys(layer.name for layer in rule.layers)}
    people = _people(shifts, overrides, layers.values())
    away = _time_off(people, window)
    lines = day_lines(borders, window, zone)
    ticks = tuple(_tick(at, window, zone, visit) for at in borders[:-1])
    marks = marks_of(schedule, visit)
    bars = bars_of(shifts, people, visit, marks)
    return TwoWeeks(
        start=window.start,
        end=window.end,
        zone=zone,
        ticks=ticks,
        lanes=tuple(_lanes(layers, overrides, away, people, window, lines, visit)),
        final=strip("Final", bars, window, now=visit.now, lines=lines, height=36),
        days=tuple(_days(bars, borders, zone, visit)),
        hours=tuple(Tick(25.0 * n + 1, f"{6 * n:02}") for n in range(4)),
        rows=tuple(_listed(shift, people.get(shift.person_id or 0), visit, marks) for shift in shifts),
        changed_clocks=tuple(
            clock_changes({each.timezone for each in people.values()} | {schedule.timezone, str(zone)}, window.start, window.end)
        ),
        has_gap=any(shift.person_id is None for shift in shifts),
    )


def _overrides(schedule: Schedule, window: Window) -> list[Override]:
    rows = Override.objects.filter(schedule=schedule, withdrawn_at=None, start__lt=window.end, end__gt=window.start)
    return list(rows.select_related("person", "replaced").order_by("start", "id"))


def _of_layer(rule: ScheduleRule, name: str, window: Window) -> list[Shift]:
    """The shifts of a layer, all its versions, as they would be without any change."""
    return sorted(shift for layer in rule.layers if layer.name == name for shift in layer_shifts(layer, window.start, window.end))


def _people(shifts: Sequence[Shift], overrides: Sequence[Override], layers: Iterable[Sequence[Shift]]) -> dict[int, Person]:
    wanted = {shift.person_id for shift in shifts}
    for rows in layers:
        wanted |= {shift.person_id for shift in rows}
    wanted |= {override.person_id for override in overrides}
    return Person.objects.in_bulk({each for each in wanted if each is not None})


def _time_off(people: dict[int, Person], window: Window) -> list[TimeOff]:
    return list(TimeOff.objects.filter(person_id__in=people, start__lt=window.end, end__gt=window.start).order_by("start"))


def _lanes(
    layers: dict[str, list[Shift]],
    overrides: Sequence[Override],
    away: Sequence[TimeOff],
    people: dict[int, Person],
    window: Window,
    lines: Sequence[Line],
    visit: Visit,
) -> list[Strip]:
    lanes = [strip(_title(name), bars_of(rows, people, visit), window, now=visit.now, lines=lines) for name, rows in layers.items()]
    if overrides:
        lanes.append(strip("Changes", [_change(each, visit) for each in overrides], window, now=visit.now, lines=lines))
    if away:
        bars = [
            Bar(each.start, each.end, (_given(people[each.person_id]),), "off", f"{people[each.person_id].name} is away") for each in away
        ]
        lanes.append(strip("Time off", bars, window, now=visit.now, lines=lines))
    return lanes


SIGNS = {Override.Kind.ADD: "+", Override.Kind.SHADOW: "shadow ", Override.Kind.REVERSE_SHADOW: "shadowed "}


def _change(override: Override, visit: Visit) -> Bar:
    given, because = _given(override.person), f": {override.reason}" if override.reason else ""
    mine = "me " if override.person_id == visit.person.id else ""
    said = {
        Override.Kind.TAKE: f"{override.person.name} takes the watch{because}",
        Override.Kind.REPLACE: f"{override.person.name} for {override.replaced.name if override.replaced else 'somebody'}{because}",
        Override.Kind.ADD: f"{override.person.name} besides{because}",
        Override.Kind.REMOVE: f"{override.person.name} is taken out{because}",
        Override.Kind.SHADOW: f"{override.person.name} shadows whoever has the watch{because}",
        Override.Kind.REVERSE_SHADOW: f"{override.person.name} has the watch, shadowed by whoever had it{because}",
    }[Override.Kind(override.kind)]
    if override.kind == Override.Kind.REMOVE:
        return Bar(override.start, override.end, (f"−{given}",), "void", said)
    return Bar(override.start, override.end, (f"{SIGNS.get(Override.Kind(override.kind), '')}{given}",), f"{mine}swap", said)


def _days(bars: Sequence[Bar], borders: Sequence[dt.datetime], zone: dt.tzinfo, visit: Visit) -> list[Day]:
    """One strip a day; while today is in the picture, from yesterday on. A day of 23 hours is as wide as any: each strip is its own scale."""
    here = borders[0] <= visit.now < borders[-1]
    made = []
    for start, end in pairwise(borders):
        if here and end + SHORT_DAY <= visit.now:
            continue
        is_today = start <= visit.now < end
        local = start.astimezone(zone)
        word = f"{times.WEEKDAYS[local.weekday()]} {local.day}"
        made.append(Day(word, is_today, strip(word, bars, Window(start, end, NARROW), now=visit.now, height=32)))
    return made


def _tick(midnight: dt.datetime, window: Window, zone: dt.tzinfo, visit: Visit) -> Tick:
    local = midnight.astimezone(zone)
    word = f"{times.WEEKDAYS[local.weekday()]} {local.day}"
    if local.day == 1:
        word += f" {times.MONTHS[local.month - 1]}"
    return Tick(window.place(midnight) + 50 / DAYS, word, current=times.same_day(midnight, visit.now, zone))


def _listed(shift: Shift, person: Person | None, visit: Visit, marks: Marks) -> Listed:
    because = {"layer": shift.layer or "", "override": "override", "swap": "swap", "gap": "nobody"}.get(shift.source, shift.source)
    if shift.source in ("override", "swap") and shift.layer:
        because = f"{because}, {shift.layer}"
    if shift.shadow:
        because += ", shadow"
    give, _ = marks.of(shift, person) if person else ("", "")
    return Listed(shift, person, because, shift.end <= visit.now, shift.start <= visit.now < shift.end, give)


def clock_changes(zones: Collection[str], start: dt.datetime, end: dt.datetime) -> list[str]:
    """Where the clocks change between two moments, in sentences."""
    found: dict[tuple[dt.datetime, int], list[str]] = {}
    for name in sorted(zones):
        if change := clock_change(times.zone_of(name), start, end):
            found.setdefault(change, []).append(name.rsplit("/", 1)[-1].replace("_", " "))
    said = []
    for (at, seconds), places in sorted(found.items()):
        way = "forward" if seconds > 0 else "back"
        where = places[0] if len(places) == 1 else f"{', '.join(places[:-1])} and {places[-1]}"
        said.append(f"Clocks go {way} in {where} on {times.day(at, dt.UTC, now=start)} at {times.clock(at, dt.UTC)} UTC.")
    return said


def clock_change(zone: dt.tzinfo, start: dt.datetime, end: dt.datetime) -> tuple[dt.datetime, int] | None:
    """When the zone's clocks change between two moments, and by how many seconds; None when they do not. To the second."""
    before, after = start.astimezone(zone).utcoffset(), end.astimezone(zone).utcoffset()
    if before is None or after is None or before == after:
        return None
    low, high = start, end
    while high - low > dt.timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0), int((after - before).total_seconds())


def _title(name: str) -> str:
    return name[:1].upper() + name[1:]


def _given(person: Person) -> str:
    return person.name.split(" ")[0]
