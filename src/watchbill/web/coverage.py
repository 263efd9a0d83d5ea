"""A change by hand in pictures and words: the schedule today, the schedule with it, and what the verifier says of the difference."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from watchbill.people.models import Membership, Person
from watchbill.schedules.models import Layer, Override, Schedule
from watchbill.schedules.rules import Finding, Foreseen, ScheduleRule, with_gaps
from watchbill.web import times
from watchbill.web.pictures import Strip, Tick, Window, day_lines, midnights, strip
from watchbill.web.rosters import bars_of, people_of
from watchbill.web.visit import Visit

DAY = dt.timedelta(days=1)
ROOM = 300.0  # pixels of the narrowest phone
MOST_DAYS, MOST_WORDS = 14, 7
MOST_FINDINGS = 8
FOUND = {
    "double": "two watches at once",
    "rest": "less than 11 h of rest between two watches",
    "long": "on watch for more than 48 h",
    "nights": "more than 7 nights in a row",
    "weekends": "more than 2 weekends in a row",
    "time_off": "a watch in time off",
    "holiday": "a watch on a public holiday",
    "inactive": "deactivated: their watch wakes nobody",
}


@dataclass(frozen=True, slots=True)
class Beside:
    """Today's answer and the one to be, over the same days."""

    ticks: tuple[Tick, ...]
    today: Strip
    then: Strip
    gaps: tuple[tuple[dt.datetime, dt.datetime], ...]
    findings: tuple[tuple[str, int, dt.datetime, dt.datetime], ...]  # what, how often, and the first time
    is_same: bool
    is_cut: bool  # the change lasts longer than the picture


def beside(foreseen: Foreseen, start: dt.datetime, end: dt.datetime, zone: dt.tzinfo, visit: Visit) -> Beside:
    """The two pictures of a change that holds from `start` to `end`, from the day before to the day after, two weeks at most."""
    first = start.astimezone(zone).date() - DAY
    days = (end.astimezone(zone).date() - first).days + 2
    borders = midnights(first, min(days, MOST_DAYS), zone)
    window = Window(borders[0], borders[-1], ROOM)
    before, after = (
        _strip(word, rule, window, borders, zone, visit) for word, rule in (("Today", foreseen.before), ("Then", foreseen.after))
    )
    same = with_gaps(foreseen.before, start, end) == with_gaps(foreseen.after, start, end)
    return Beside(_ticks(borders, window, zone), before, after, foreseen.gaps, tuple(counted(foreseen.findings)), same, days > MOST_DAYS)


def counted(findings: Sequence[tuple[Finding, str]]) -> list[tuple[str, int, dt.datetime, dt.datetime]]:
    """What happens again and again is said once, with how often."""
    people = Person.objects.in_bulk({found.person_id for found, _ in findings})
    rows: dict[str, list[Finding]] = {}
    for found, other in findings:
        if found.person_id in people:
            text = f"{people[found.person_id].name}: {FOUND[found.kind]}{f' with {other}' if other else ''}"
            rows.setdefault(text, []).append(found)
    return [(text, len(each), each[0].start, each[0].end) for text, each in list(rows.items())[:MOST_FINDINGS]]


def _strip(word: str, rule: ScheduleRule, window: Window, borders: Sequence[dt.datetime], zone: dt.tzinfo, visit: Visit) -> Strip:
    shifts = with_gaps(rule, window.start, window.end)
    bars = bars_of(shifts, people_of(shifts), visit)
    return strip(word, bars, window, now=visit.now, lines=day_lines(borders, window, zone), height=34, may_squeeze=False)


def _ticks(borders: Sequence[dt.datetime], window: Window, zone: dt.tzinfo) -> tuple[Tick, ...]:
    """A word for each day, or for every second or third where there are many."""
    days = borders[:-1]
    step = -(-len(days) // MOST_WORDS)
    half = 50 / len(days)
    local = [(at, at.astimezone(zone)) for at in days[::step]]
    return tuple(Tick(window.place(at) + half, f"{times.WEEKDAYS[here.weekday()]} {here.day}") for at, here in local)


def people_to_choose(schedule: Schedule) -> tuple[list[Person], list[Person]]:
    """Who may be named: the team of the schedule with whoever stands on it, and everybody else."""
    rows = Layer.objects.filter(schedule=schedule, valid_until=None).values_list("order", flat=True)
    near = {person_id for order in rows for entry in order for person_id in entry}
    near |= set(Membership.objects.filter(team_id=schedule.team_id).exclude(role="viewer").values_list("person_id", flat=True))
    everybody = list(Person.objects.filter(is_active=True).order_by("name", "id"))
    return [each for each in everybody if each.id in near], [each for each in everybody if each.id not in near]


def layers_of(schedule: Schedule) -> list[str]:
    """The names of its layers today."""
    return list(Layer.objects.filter(schedule=schedule, valid_until=None).order_by("position").values_list("name", flat=True))


def sentence(kind: str, person: Person, replaced: Person | None, visit: Visit) -> str:
    """What an override does, in words."""
    name = f"{person.name} (you)" if person.id == visit.person.id else person.name
    if kind == Override.Kind.REPLACE:
        return f"{name} for {replaced.name if replaced else 'somebody'}"
    return {
        "take": f"{name} takes the watch",
        "add": f"{name} watches too",
        "remove": f"{name} is taken out",
        "shadow": f"{name} shadows whoever has the watch",
        "reverse_shadow": f"{name} has the watch, shadowed by whoever had it",
    }[kind]
