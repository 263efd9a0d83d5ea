"""What would a change by hand do to a schedule, as things are stored now?"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial, reduce

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


def foresee_together(changes: Mapping[int, Sequence[OverrideRule]], *, now: dt.datetime) -> dict[int, Foreseen]:
    """Overrides of several schedules in one step: each schedule is judged beside the others as they will be."""
    return _foresee_several(changes, with_override, now=now)


def foresee_end(rows: Sequence[Override], *, now: dt.datetime) -> dict[int, Foreseen]:
    """The schedules with these overrides, and without them from now on."""
    changes = defaultdict(list)
    for row in rows:
        changes[row.schedule_id].append(rule_of(row))
    return _foresee_several(changes, partial(without_override, now=now), now=now)


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
    then: Mapping[int, ScheduleRule] | None = None,
) -> Foreseen:
    low, high = max(start - AROUND, now), end + AROUND
    beside, beside_then = (
        [(rule.name, final_shifts(rule, low, high)) for id_, rule in each.items() if id_ != schedule.id] for each in (rules, then or rules)
    )
    away = defaultdict(list)
    for person_id, begins, ends in TimeOff.objects.filter(start__lt=high, end__gt=low).values_list("person_id", "start", "end"):
        away[person_id].append((begins, ends))
    people = _people((before, after), low, high)
    zones = {id_: zone for id_, zone, _ in people}
    gone = {id_ for id_, _, is_active in people if not is_active}
    return foresee(before, after, start, end, beside=beside, beside_then=beside_then, away=away, zones=zones, gone=gone)


def _gone(rules: Iterable[ScheduleRule], start: dt.datetime, end: dt.datetime) -> set[int]:
    return {id_ for id_, _, is_active in _people(rules, start, end) if not is_active}


def _people(rules: Iterable[ScheduleRule], start: dt.datetime, end: dt.datetime) -> list[tuple[int, str, bool]]:
    """Everybody who would watch there: id, zone, and whether they are still here."""
    people = {row.person_id for rule in rules for row in final_shifts(rule, start, end) if row.person_id is not None}
    return list(Person.objects.filter(id__in=people).values_list("id", "timezone", "is_active"))


def foresee_exchange(exchange: Exchange, *, now: dt.datetime) -> dict[int, Foreseen]:
    """What a swap would do, for each of its schedules."""
    changes = defaultdict(list)
    for half in exchange.halves:
        changes[half.schedule_id].append(half.override())
    return foresee_together(changes, now=now)


def _foresee_several(
    changes: Mapping[int, Sequence[OverrideRule]], change: Callable[[ScheduleRule, OverrideRule], ScheduleRule], *, now: dt.datetime
) -> dict[int, Foreseen]:
    schedules = list(Schedule.objects.filter(id__in=changes, is_active=True).order_by("position", "id"))
    start, end = _window([each for rows in changes.values() for each in rows])
    near = Schedule.objects.filter(team_id__in={each.team_id for each in schedules}, is_active=True).values_list("id", flat=True)
    rules = load({*near, *(each.id for each in schedules)}, start=start, end=end)
    after = {each.id: reduce(change, changes[each.id], rules[each.id]) for each in schedules}
    found = {}
    for each in schedules:
        begins, ends = _window(changes[each.id])
        beside = {id_: rule for id_, rule in rules.items() if rule.team_id == each.team_id or id_ in after}
        found[each.id] = _foreseen(rules[each.id], after[each.id], beside, each, max(begins, now), ends, now, then={**beside, **after})
    return found
