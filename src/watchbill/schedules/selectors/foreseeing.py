"""What would a change by hand do to a schedule, as things are stored now?"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from watchbill.people.models import Person, TimeOff
from watchbill.schedules.models import Override, Schedule
from watchbill.schedules.rules import (
    AROUND,
    Exchange,
    Foreseen,
    OverrideRule,
    ScheduleRule,
    final_shifts,
    foresee,
    new_gaps,
    with_override,
    without_override,
)
from watchbill.schedules.selectors.loading import load

Span = tuple[dt.datetime, dt.datetime]


def rule_of(row: Override) -> OverrideRule:
    """A stored override as the rules take it."""
    return OverrideRule(row.kind, row.person_id, row.start, row.end, row.replaced_id, row.layer_name or None, row.source)


def foresee_change(schedule: Schedule, override: OverrideRule, *, now: dt.datetime) -> Foreseen:
    """The schedule without and with this override, and what is new. A handful of queries."""
    rules = _rules(schedule, override)
    before = rules[schedule.id]
    return _foreseen(before, with_override(before, override), rules, schedule, override.start, override.end, now)


def foresee_end(row: Override, *, now: dt.datetime) -> Foreseen:
    """The schedule with this override, and without it from now on."""
    override = rule_of(row)
    rules = _rules(row.schedule, override)
    before = rules[row.schedule_id]
    after = without_override(before, override, now=now)
    return _foreseen(before, after, rules, row.schedule, max(row.start, now), row.end, now)


def gaps_of_change(schedule: Schedule, changes: Iterable[OverrideRule]) -> tuple[Span, ...]:
    """The gaps that these overrides together would make, and nothing else: asked again inside the transaction that stores them."""
    made = list(changes)
    start, end = min(each.start for each in made), max(each.end for each in made)
    before = after = load([schedule.id], start=start, end=end)[schedule.id]
    for each in made:
        after = with_override(after, each)
    return new_gaps(before, after, start, end, gone=_gone((before, after), start, end))


def gaps_of_end(row: Override, *, now: dt.datetime) -> tuple[Span, ...]:
    """The gaps that the end of this override would make."""
    start = max(row.start, now)
    before = load([row.schedule_id], start=start, end=row.end)[row.schedule_id]
    after = without_override(before, rule_of(row), now=now)
    return new_gaps(before, after, start, row.end, gone=_gone((before, after), start, row.end))


def _rules(schedule: Schedule, override: OverrideRule) -> dict[int, ScheduleRule]:
    """The schedule and the others of its team."""
    ids = set(Schedule.objects.filter(team_id=schedule.team_id, is_active=True).values_list("id", flat=True)) | {schedule.id}
    return load(ids, start=override.start, end=override.end)


def _foreseen(
    before: ScheduleRule,
    after: ScheduleRule,
    rules: dict[int, ScheduleRule],
    schedule: Schedule,
    start: dt.datetime,
    end: dt.datetime,
    now: dt.datetime,
) -> Foreseen:
    low, high = max(start - AROUND, now), end + AROUND
    beside = [(rule.name, final_shifts(rule, low, high)) for id_, rule in rules.items() if id_ != schedule.id]
    away = defaultdict(list)
    for person_id, begins, ends in TimeOff.objects.filter(start__lt=high, end__gt=low).values_list("person_id", "start", "end"):
        away[person_id].append((begins, ends))
    people = _people((before, after), low, high)
    zones = {id_: zone for id_, zone, _ in people}
    gone = {id_ for id_, _, is_active in people if not is_active}
    return foresee(before, after, start, end, beside=beside, away=away, zones=zones, gone=gone)


def _gone(rules: Iterable[ScheduleRule], start: dt.datetime, end: dt.datetime) -> set[int]:
    return {id_ for id_, _, is_active in _people(rules, start, end) if not is_active}


def _people(rules: Iterable[ScheduleRule], start: dt.datetime, end: dt.datetime) -> list[tuple[int, str, bool]]:
    """Everybody who would watch there: id, zone, and whether they are still here."""
    people = {row.person_id for rule in rules for row in final_shifts(rule, start, end) if row.person_id is not None}
    return list(Person.objects.filter(id__in=people).values_list("id", "timezone", "is_active"))


def foresee_exchange(exchange: Exchange, *, now: dt.datetime) -> dict[int, Foreseen]:
    """What a swap would do, for each of its schedules."""
    found = {}
    for schedule in Schedule.objects.filter(id__in={half.schedule_id for half in exchange.halves}, is_active=True):
        changes = [half.override() for half in exchange.halves if half.schedule_id == schedule.id]
        start, end = min(each.start for each in changes), max(each.end for each in changes)
        ids = set(Schedule.objects.filter(team_id=schedule.team_id, is_active=True).values_list("id", flat=True)) | {schedule.id}
        rules = load(ids, start=start, end=end)
        before = after = rules[schedule.id]
        for each in changes:
            after = with_override(after, each)
        found[schedule.id] = _foreseen(before, after, rules, schedule, start, end, now)
    return found
