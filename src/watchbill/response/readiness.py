"""Who has each watch now and next, and can they be woken? One answer for the page Now, the API, `doctor` and the engine's drills."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from watchbill.notifications.models import Contact, Drill
from watchbill.notifications.reach import ways_of
from watchbill.notifications.rules import COUNTS_FOR, TELEPHONES, Ready, Standing, judge
from watchbill.paging.models import TeamPaging
from watchbill.people.models import Membership, Person
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import Shift, next_after, on_call_at
from watchbill.schedules.selectors import load


@dataclass(frozen=True, slots=True)
class Watchkeeper:
    """One person and one watch, from `start` to `end`. `runs`: it has begun."""

    schedule: Schedule
    person: Person
    start: dt.datetime
    end: dt.datetime
    runs: bool
    state: Ready
    why: str
    manages: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """A watch that somebody has, before it is judged."""

    schedule: Schedule
    shift: Shift
    runs: bool
    manages: bool


def readiness(*, at: dt.datetime, schedule_ids: Collection[int] | None = None) -> list[Watchkeeper]:
    """Everybody who has a watch at `at`, and whoever follows next, in the order of the schedules. About ten queries, whatever their number."""
    places = watches(at=at, schedule_ids=schedule_ids)
    people = Person.objects.in_bulk({place.shift.person_id for place in places if place.shift.person_id is not None})
    judged = _judged([place for place in places if place.shift.person_id in people], people, at=at)
    return [
        Watchkeeper(p.schedule, people[p.shift.person_id or 0], p.shift.start, p.shift.end, p.runs, state, why, p.manages)
        for p, (state, why) in judged
    ]


def watches(*, at: dt.datetime, schedule_ids: Collection[int] | None = None) -> list[_Place]:
    """The watches that run, then those that begin next, of every active schedule; shadows are nobody's to wake."""
    rows = Schedule.objects.filter(is_active=True).select_related("team").order_by("position", "id")
    schedules = list(rows if schedule_ids is None else rows.filter(id__in=schedule_ids))
    rules = load([schedule.id for schedule in schedules], start=at, end=at)
    of_managers = set(TeamPaging.objects.filter(manager_schedule__isnull=False).values_list("manager_schedule_id", flat=True))
    found = []
    for schedule in schedules:
        rule = rules.get(schedule.id)
        if rule is None:
            continue
        running = [shift for shift in on_call_at(rule, at) if not shift.shadow]
        for runs, shifts in ((True, running), (False, next_after(rule, at))):
            found += [_Place(schedule, shift, runs, schedule.id in of_managers) for shift in _each_once(shifts)]
    return found


def _each_once(shifts: Iterable[Shift]) -> list[Shift]:
    kept: dict[int, Shift] = {}
    for shift in shifts:
        if shift.person_id is not None:
            kept.setdefault(shift.person_id, shift)
    return list(kept.values())


def _judged(places: list[_Place], people: dict[int, Person], *, at: dt.datetime) -> list[tuple[_Place, tuple[Ready, str]]]:
    ids = sorted({place.shift.person_id for place in places if place.shift.person_id is not None})
    ways = ways_of(ids, "high")
    unproven, phones = _contacts(ids)
    drills = _drills(ids, places, at=at)
    judged = []
    for place in places:
        person_id = place.shift.person_id or 0
        asked, missed, answered = drills.get((person_id, place.schedule.id, place.shift.start), (None, False, False))
        listed, why_not = ways.get(person_id, ((), ""))
        standing = Standing(
            ways=[(way.kind, way.after) for way in listed],
            why_not=why_not,
            active=people[person_id].is_active,
            unproven=unproven.get(person_id, ()),
            has_phone=person_id in phones,
            manages=place.manages,
            by_night=place.schedule.hours != "business",
            asked_until=asked,
            missed=missed,
            answered=answered,
        )
        judged.append((place, judge(standing)))
    return judged


def _contacts(ids: list[int]) -> tuple[dict[int, list[str]], set[int]]:
    """The unproven kinds of each, and who has a proven number. Whether a provider works is another question: a human can dial it."""
    unproven: dict[int, list[str]] = defaultdict(list)
    phones: set[int] = set()
    rows = Contact.objects.filter(person__in=ids, removed_at=None).order_by("position", "id")
    for person_id, kind, verified_at in rows.values_list("person_id", "kind", "verified_at"):
        if verified_at is None:
            unproven[person_id].append(kind)
        elif kind in TELEPHONES:
            phones.add(person_id)
    return unproven, phones


def _drills(ids: list[int], places: list[_Place], *, at: dt.datetime) -> dict[Any, tuple[dt.datetime | None, bool, bool]]:
    """Of each (person, schedule, start): until when its drill may be answered, whether nobody did, whether somebody did.

    Any test page that its person answered within a day before the watch, or since, counts.
    """
    starts = [place.shift.start for place in places]
    since = min(starts, default=at) - COUNTS_FOR
    rows = list(Drill.objects.filter(Q(created_at__gt=since) | Q(shift_start__gt=since), person__in=ids).order_by("created_at"))
    found = {}
    for place in places:
        key = (place.shift.person_id, place.schedule.id, place.shift.start)
        row = _own_or_near(rows, place)
        answered = any(
            each.answered_at is not None and each.answered_at > place.shift.start - COUNTS_FOR
            for each in rows
            if each.person_id == place.shift.person_id
        )
        open_ = row is not None and not answered
        found[key] = (
            row.answer_by if open_ and row is not None and row.answer_by > at else None,
            bool(open_ and row is not None and row.answer_by <= at),
            answered,
        )
    return found


def _own_or_near(rows: list[Drill], place: _Place) -> Drill | None:
    """The drill of this watch, else the one that stood for it: of another watch of theirs that begins within a day of it."""
    theirs = [row for row in rows if row.person_id == place.shift.person_id and row.shift_start is not None]
    near = [row for row in theirs if row.shift_start is not None and abs(row.shift_start - place.shift.start) < COUNTS_FOR]
    own = [row for row in near if row.schedule_id == place.schedule.id and row.shift_start == place.shift.start]
    best = own or near
    return best[-1] if best else None


def managers_without_a_number() -> list[str]:
    """Teams of which no manager has a proven number, where no schedule says which of them has the watch."""
    scheduled = TeamPaging.objects.filter(manager_schedule__isnull=False).values("team_id")
    rows = Membership.objects.filter(role=Membership.Role.MANAGER, team__is_active=True, person__is_active=True, team__desk="paged")
    of_team: dict[str, list[int]] = defaultdict(list)
    for team, person_id in rows.exclude(team__in=scheduled).order_by("team__name").values_list("team__name", "person_id"):
        of_team[team].append(person_id)
    _, phones = _contacts(sorted({person_id for ids in of_team.values() for person_id in ids}))
    return [team for team, ids in of_team.items() if not phones.intersection(ids)]


def described(*, at: dt.datetime) -> list[dict[str, Any]]:
    """The same as data: what the API and the command line answer."""
    return [
        {
            "schedule": one.schedule.name,
            "person": {"handle": one.person.handle, "name": one.person.name},
            "from": one.start,
            "until": one.end,
            "runs": one.runs,
            "state": one.state.value,
            "why": one.why,
            "manages": one.manages,
        }
        for one in readiness(at=at)
    ]
