"""Which layers does a usual rotation have? From people, a first day and an hour to the layers that a form then shows. Pure.

All hand-overs of one schedule follow ONE clock, also where its people live in three zones. Layers that each followed the clock of their own
region would, in the weeks in which one region has changed its clocks and the next has not, leave an hour to nobody or give it to two. On one
clock a shift ends when the next one begins, on the nights of the change too; `local_hours` says what the clock of each region shows then.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from watchbill.people.rules import DAYS, clock_time, zone_of
from watchbill.schedules.rules.editing import LayerSpec, Version, rule_of
from watchbill.schedules.rules.model import DAY, LayerRule
from watchbill.schedules.rules.turns import entry_of, turn_of

WORKDAYS = range(5)
SATURDAY = 5
WEEK = "1w"
FAR = 3 * 366  # days


@dataclass(frozen=True, slots=True)
class Local:
    """From that day on, a shift lasts from `start` to `end` on the clock of a zone."""

    since: dt.date
    start: dt.time
    end: dt.time


def monday_from(day: dt.date) -> dt.date:
    """That day if it is a Monday, else the next: turns of a week change with the week."""
    return day + (-day.weekday() % 7) * DAY


def days_and_weekends(people: Sequence[int], first: dt.date, start: dt.time) -> list[LayerSpec]:
    """Days and nights of 12 hours on weekdays, a weekend of 48. Whoever had the days of a week has the weekend of the next one.

    Nobody goes from one watch into the next, and everybody has as many days, nights and weekends. ValueError for fewer than two people.
    """
    if len(people) < 2:
        raise ValueError("Days, nights and weekends need two people at least; expected one more.")
    nights, weekends = (len(people) // 2, len(people) - 1) if len(people) > 2 else (1, 0)
    return [
        _layer("Day", WORKDAYS, start, "12h", people, first),
        _layer("Night", WORKDAYS, start, "12h", _turned(people, nights), first, later=12),
        _layer("Weekend", (SATURDAY,), start, "48h", _turned(people, weekends), first),
    ]


def regions(people: Sequence[tuple[str, Sequence[int]]], weekend: Sequence[int], first: dt.date, start: dt.time) -> list[LayerSpec]:
    """Three regions, each with its name, follow each other every 8 hours on weekdays; one person has the weekend. On one clock, see above."""
    if len(people) != 3 or not all(those for _, those in people) or not weekend:
        raise ValueError("Three regions follow each other; expected somebody in each, and somebody for the weekends.")
    shifts = [_layer(name, WORKDAYS, start, "8h", those, first, later=8 * place) for place, (name, those) in enumerate(people)]
    return [*shifts, _layer("Weekend", (SATURDAY,), start, "48h", weekend, first)]


def week_by_week(people: Sequence[int], first: dt.date, start: dt.time) -> list[LayerSpec]:
    """One person for a week, then the next."""
    if not people:
        raise ValueError("Nobody stands in it; expected somebody.")
    return [_layer("Week", (0,), start, WEEK, people, first)]


def backup_of(standing: Sequence[Version], day: dt.date) -> list[LayerSpec]:
    """A second rotation with the same shifts, always with whoever had the turn before: they know what goes on, and never have both.

    Each layer begins with the first turn that begins on `day` or later. ValueError where a layer has nobody to take turns with.
    """
    found = []
    for version in standing:
        rule = rule_of(version)
        if len(set(rule.order)) < 2 or len({person for entry in rule.order for person in entry}) < sum(map(len, rule.order)):
            raise ValueError(f"Layer {rule.name} needs two turns or more of different people: else its backup would be whoever has it.")
        begins = _turn_from(rule, max(day, rule.starting))
        turn = turn_of(rule, begins)
        order = tuple(entry_of(rule, turn - 1 + place) for place in range(len(rule.order)))
        found.append(replace(version.spec, starting=dt.date.fromordinal(begins), order=order, zone=version.zone))
    return found


def local_hours(layer: LayerSpec, zone: str, there: str, *, days: int = 365) -> list[Local]:
    """What the clock of the zone `there` shows at the shifts of a layer that follows the clock of `zone`, and from when on."""
    rule, own, other = rule_of(Version(layer, zone, False, 0, layer.starting)), zone_of(zone), zone_of(there)
    found: list[Local] = []
    for n in range(days):
        day = layer.starting + n * DAY
        if day.weekday() not in rule.days:
            continue
        nominal = dt.datetime.combine(day, layer.start)
        span = (clock_time(each, own).astimezone(other).time() for each in (nominal, rule.length.end(nominal)))
        local = Local(day, *span)
        if not found or (found[-1].start, found[-1].end) != (local.start, local.end):
            found.append(local)
    return found


def _layer(
    name: str, days: Sequence[int], start: dt.time, length: str, people: Sequence[int], first: dt.date, *, later: int = 0
) -> LayerSpec:
    """`later`: the shift begins so many hours after `start`, which may be on the next day of the calendar."""
    begins = dt.datetime.combine(first, start) + dt.timedelta(hours=later)
    ahead = (begins.date() - first).days
    return LayerSpec(
        name=name,
        days=tuple(DAYS[(day + ahead) % 7] for day in days),
        start=begins.time(),
        length=length,
        turn=WEEK,
        starting=begins.date(),
        order=tuple((person,) for person in people),
    )


def _turn_from(rule: LayerRule, day: dt.date) -> int:
    """The first day, that one or later, with which a turn begins (a proleptic ordinal). Of months, one from which they count alike."""
    first = day.toordinal()
    for ordinal in range(first, first + FAR):
        is_alike = rule.turn.unit != "months" or dt.date.fromordinal(ordinal).day == rule.anchor.day
        if is_alike and turn_of(rule, ordinal) != turn_of(rule, ordinal - 1):
            return ordinal
    raise ValueError(f"Layer {rule.name} begins no turn within three years; expected shorter turns.")


def _turned(people: Sequence[int], by: int) -> list[int]:
    return [*people[by:], *people[:by]]
