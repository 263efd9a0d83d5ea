"""What would a change by hand do to a schedule, as things are stored now?"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence

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


def foresee_change(schedule: Schedule, changes: Sequence[OverrideRule], *, now: dt.datetime) -> Foreseen:
    """The schedule without and with these overrides, and what is new. A handful of queries."""
    start, end = _window(changes)
    rules = _rules(schedule, start, end)
    before = after = rules[schedule.id]
    for each in changes:
        after = with_override(after, each)
    return _foreseen(before, after, rules, schedule, start, end, now)


def foresee_end(rows: Sequence[Override], *, now: dt.datetime) -> Foreseen:
    """The schedule with these overrides of it, and without them from now on."""
    schedule, changes = rows[0].schedule, [rule_of(row) for row in rows]
    start, end = _window(changes)
    rules = _rules(schedule, start, end)
    before = after = rules[schedule.id]
    for each in changes:
        after = without_override(after, each, now=now)
    return _foreseen(before, after, rules, schedule, max(start, now), end, now)


def gaps_of_change(schedule: Schedule, changes: Iterable[OverrideRule]) -> tuple[Span, ...]:
    """The gaps that these overrides together would make, and nothing else: asked again inside the transaction that stores them."""
    made = list(changes)
    start, end = _window(made)
    before = after = load([schedule.id], start=start, end=end)[schedule.id]
    for each in made:
        after = with_override(after, each)
    return new_gaps(before, after, start, end, gone=_gone((before, after), start, end))


def gaps_of_end(rows: Sequence[Override], *, now: dt.datetime) -> tuple[Span, ...]:
    """The gaps that the end of these overrides of one schedule would make."""
    changes = [rule_of(row) for row in rows]
    start, end = _window(changes)
    start = max(start, now)
    before = after = load([rows[0].schedule_id], start=start, end=end)[rows[0].schedule_id]
    for each in changes:
        after = without_override(after, each, now=now)
    return new_gaps(before, after, start, end, gone=_gone((before, after), start, end))


def _window(changes: Sequence[OverrideRule]) -> Span:
    return min(each.start for each in changes), max(each.end for each in changes)


def _rules(schedule: Schedule, start: dt.datetime, end: dt.datetime) -> dict[int, ScheduleRule]:
    """The schedule and the others of its team."""
    ids = set(Schedule.objects.filter(team_id=schedule.team_id, is_active=True).values_list("id", flat=True)) | {schedule.id}
    return load(ids, start=start, end=end)


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
