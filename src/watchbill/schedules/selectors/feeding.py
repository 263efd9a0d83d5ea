"""What does a calendar feed show? The final shifts, from the same rules as everything else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from watchbill.people.models import Person
from watchbill.people.rules import digest_of
from watchbill.schedules.models import Feed, Override, Schedule
from watchbill.schedules.rules import CalendarEntry, Mark, entries, with_gaps
from watchbill.schedules.selectors.loading import MARGIN, load

BEFORE, AHEAD = dt.timedelta(days=35), dt.timedelta(days=366)
LONGEST_TOKEN = 64


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """A schedule and its entries in a feed."""

    schedule: Schedule
    entries: tuple[CalendarEntry, ...]


def feed_of(token: str) -> Feed | None:
    """The feed of this address; None for one that is unknown or ended, or whose owner's account is closed."""
    if not token.isascii() or len(token) > LONGEST_TOKEN:
        return None
    live = Feed.objects.filter(digest=digest_of(token), ended_at=None, person__is_active=True)
    return live.filter(Q(schedule=None) | Q(schedule__is_active=True)).select_related("person", "schedule").first()


def feeds_of(person: Person) -> QuerySet[Feed]:
    """The feeds that this person has now."""
    return Feed.objects.filter(person=person, ended_at=None).select_related("schedule").order_by("schedule__name", "id")


def parts_of(feed: Feed, *, now: dt.datetime) -> list[CalendarPart]:
    """What the feed shows, from five weeks ago to a year ahead. A person's own: only their shifts; a schedule's: everybody's, and the gaps."""
    start, end = now - BEFORE, now + AHEAD
    schedules = [feed.schedule] if feed.schedule else list(_with(feed.person))
    ids = [schedule.id for schedule in schedules]
    rules, marks = load(ids, start=start, end=end), marks_of(ids, start - MARGIN)
    parts = []
    for schedule in schedules:
        rule = rules.get(schedule.id)
        if rule is None:
            continue
        rows = with_gaps(rule, start, end)
        made = entries(rule, rows, marks.get(schedule.id, []), revision=schedule.revision, edited_at=schedule.edited_at)
        mine = feed.schedule is None
        parts.append(CalendarPart(schedule, tuple(one for one in made if not mine or one.shift.person_id == feed.person_id)))
    return parts


def schedules_with(handles: Collection[str]) -> list[str]:
    """The names of the active schedules on which any of these people stand or ever stood."""
    return list(dict.fromkeys(each.name for person in Person.objects.filter(handle__in=handles) for each in _with(person)))


def _with(person: Person) -> QuerySet[Schedule]:
    """The schedules on which this person ever stands, by rotation or by hand."""
    in_order = Schedule.objects.raw(
        "SELECT DISTINCT schedule_id AS id FROM schedules_layer WHERE jsonb_path_exists(\"order\", '$[*][*] ? (@ == $id)', jsonb_build_object('id', %s))",
        [person.id],
    )
    by_hand = Override.objects.filter(person=person).values("schedule_id")
    found = Q(pk__in=[schedule.pk for schedule in in_order]) | Q(pk__in=by_hand)
    return Schedule.objects.filter(found, is_active=True).select_related("team").order_by("position", "id")


def marks_of(schedule_ids: Collection[int], since: dt.datetime) -> dict[int, list[Mark]]:
    """The changes by hand that make entries newer, by schedule."""
    found: dict[int, list[Mark]] = {}
    rows = Override.objects.filter(schedule_id__in=schedule_ids, end__gt=since).values_list(
        "schedule_id", "start", "end", "created_at", "withdrawn_at"
    )
    for schedule_id, start, end, made_at, withdrawn_at in rows:
        found.setdefault(schedule_id, []).append(Mark(start, end, made_at, withdrawn_at))
    return found
