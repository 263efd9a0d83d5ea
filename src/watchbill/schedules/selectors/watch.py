"""Who has the watch at a moment, who follows, and which shifts are there? For the engine and for people alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from watchbill.people.models import Person
from watchbill.people.working import working_times
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import ScheduleRule, Shift, final_shifts, next_after, on_call_at, watched_by, with_gaps
from watchbill.schedules.selectors.loading import NEAR, load, load_near

Span = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True, slots=True)
class OnCall:
    """Somebody who has the watch, until when, and why they."""

    person_id: int
    until: dt.datetime
    source: str  # layer | override | swap
    layer: str | None
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class Next:
    """Somebody who follows, from when on."""

    person_id: int
    start: dt.datetime


def on_call(schedule_ids: Collection[int], *, at: dt.datetime) -> dict[int, list[OnCall]]:
    """Who has each watch at `at`, in the order of the layers, everybody once; shadows last, and only beside somebody. One query.

    The past is answered as it was, also over edits and withdrawn overrides. A schedule with a gap at `at` has an empty list.
    """
    return {id_: _on_call(rule, at) for id_, rule in load_near(schedule_ids, start=at, end=at).items()}


def next_on_call(schedule_ids: Collection[int], *, at: dt.datetime) -> dict[int, list[Next]]:
    """Who starts next after `at` on each schedule, and when. One query, or two where nobody follows within a month."""
    return _followers(load_near(schedule_ids, start=at, end=at), at)


def shifts_of(schedule_id: int, start: dt.datetime, end: dt.datetime) -> list[Shift]:
    """The final shifts that overlap [start, end), and the gaps (`person_id` None, source gap), whole, in order. One query."""
    rule = load([schedule_id], start=start, end=end).get(schedule_id)
    return with_gaps(rule, start, end) if rule else []


def who(schedule_ids: Collection[int], *, at: dt.datetime) -> list[dict[str, Any]]:
    """The contract's answer to *who has the watch*, in the order of the ids. Two queries, and two more for hours of business.

    `reachable_from` is the first moment from `at` on at which the person may be notified.
    """
    rules = load_near(schedule_ids, start=at, end=at)
    followers = _followers(rules, at)
    watches = {id_: (_on_call(rule, at), followers[id_]) for id_, rule in rules.items()}
    names = people_objects(p for now, then in watches.values() for p in (*(one.person_id for one in now), *(one.person_id for one in then)))
    sleepy = {one.person_id for id_, (now, _) in watches.items() if rules[id_].hours == "business" for one in now}
    working = working_times(sleepy, around=at) if sleepy else {}

    def reachable(rule: ScheduleRule, person_id: int) -> dt.datetime:
        return working[person_id].next_opening(at) if rule.hours == "business" and person_id in working else at

    return [
        {
            "schedule": rules[id_].name,
            "on_call": [
                {
                    "person": names.get(one.person_id),
                    "until": one.until,
                    "reachable_from": reachable(rules[id_], one.person_id),
                    "source": one.source,
                }
                for one in watches[id_][0]
            ],
            "next": [{"person": names.get(one.person_id), "from": one.start} for one in watches[id_][1]],
        }
        for id_ in schedule_ids
        if id_ in rules
    ]


def shifts_of_person(person_id: int, start: dt.datetime, end: dt.datetime) -> list[tuple[Schedule, Shift]]:
    """The final shifts of this person that overlap [start, end), of every active schedule, in the order of their beginning. Two queries."""
    schedules = {schedule.id: schedule for schedule in Schedule.objects.filter(is_active=True).order_by("position", "id")}
    rules = load(list(schedules), start=start, end=end)
    found = [
        (schedule, shift)
        for id_, schedule in schedules.items()
        if id_ in rules
        for shift in final_shifts(rules[id_], start, end)
        if shift.person_id == person_id
    ]
    return sorted(found, key=lambda pair: (pair[1].start, pair[0].position, pair[0].id))


def watched_schedules(person_id: int, start: dt.datetime, end: dt.datetime) -> list[tuple[Schedule, tuple[Span, ...]]]:
    """The schedules on which this person has the watch in [start, end), in their order, with the time. Two queries."""
    schedules = {each.id: each for each in Schedule.objects.filter(is_active=True).select_related("team").order_by("position", "id")}
    found = watched_by(person_id, load(list(schedules), start=start, end=end), start, end)
    return [(schedule, found[id_]) for id_, schedule in schedules.items() if id_ in found]


def shift_objects(schedule_id: int, start: dt.datetime, end: dt.datetime) -> list[dict[str, Any]]:
    """`shifts_of` as the contract shows it; `shadow` stands where it is true. Two queries."""
    rule = load([schedule_id], start=start, end=end).get(schedule_id)
    if rule is None:
        return []
    rows = with_gaps(rule, start, end)
    names = people_objects(row.person_id for row in rows)
    return [
        {
            "schedule": rule.name,
            "person": names.get(row.person_id or 0),
            "start": row.start,
            "end": row.end,
            "source": row.source,
            "layer": row.layer,
            **({"shadow": True} if row.shadow else {}),
        }
        for row in rows
    ]


def people_objects(person_ids: Iterable[int | None]) -> dict[int, dict[str, str]]:
    """People by id, as answers name them: `{handle, name}`. One query."""
    wanted = {person_id for person_id in person_ids if person_id is not None}
    rows = Person.objects.filter(id__in=wanted).values_list("id", "handle", "name") if wanted else ()
    return {id_: {"handle": handle, "name": name} for id_, handle, name in rows}


def _on_call(rule: ScheduleRule, at: dt.datetime) -> list[OnCall]:
    found: dict[int, OnCall] = {}
    for row in sorted(on_call_at(rule, at), key=lambda row: (row.shadow, row.rank)):
        if row.person_id is None:
            continue
        before = found.get(row.person_id)
        if before is None or (row.end > before.until and row.shadow == before.shadow):
            found[row.person_id] = OnCall(row.person_id, row.end, row.source, row.layer, row.shadow)
    everybody = list(found.values())
    return everybody if any(not one.shadow for one in everybody) else []


def _followers(rules: Mapping[int, ScheduleRule], at: dt.datetime) -> dict[int, list[Next]]:
    """Whoever starts within a month is found with what was loaded; only for the others is more read."""
    found = {id_: _next(rule, at) for id_, rule in rules.items()}
    late = [id_ for id_, coming in found.items() if not coming or coming[0].start > at + NEAR]
    return {**found, **{id_: _next(rule, at) for id_, rule in load(late, start=at, end=at).items()}}


def _next(rule: ScheduleRule, at: dt.datetime) -> list[Next]:
    coming = {row.person_id: row.start for row in next_after(rule, at) if row.person_id is not None}
    return [Next(person_id, start) for person_id, start in coming.items()]
