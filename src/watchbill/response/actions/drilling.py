"""The drill before a watch: whoever has it next gets a test page while they may be awake, and their managers hear when it stays unanswered."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from watchbill.audit.actions import ENGINE, Entry, record_in
from watchbill.notifications.actions import Ask, open_drill, plan_in
from watchbill.notifications.models import Contact, Drill
from watchbill.notifications.rules import COUNTS_FOR, TELEPHONES, drill_at
from watchbill.notifications.rules.words import WORDS
from watchbill.paging.models import TeamPaging
from watchbill.people.models import Person, Team
from watchbill.people.rules import zone_of
from watchbill.people.working import working_times
from watchbill.response.callsheet import managers_of
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import final_shifts
from watchbill.schedules.selectors import load, shifts_of_person

ANSWER_WITHIN = dt.timedelta(hours=2)
PROVEN_WITHIN = dt.timedelta(hours=1)
SHORTEST = dt.timedelta(minutes=10)  # to answer in, and between a drill and its watch
DAY = dt.timedelta(days=1)
MOST = 5  # of each sort in one look: a round of the engine must not wait long for what has hours of time


@dataclass(frozen=True, slots=True)
class _Due:
    person_id: int
    schedule: Schedule
    start: dt.datetime


def drill(*, now: dt.datetime) -> int:
    """Send the drills that are due and tell of those that nobody answered. Answers for how many."""
    before: dt.timedelta = settings.DRILL_BEFORE
    sent = sum(_send(due, now=now) for due in _due(before, now=now)[:MOST]) if before else 0
    return sent + tell_unanswered(now=now) + tell_unproven(now=now)


def _due(before: dt.timedelta, *, now: dt.datetime) -> list[_Due]:
    """Whose drill is due: their clock says that they are awake, none of theirs went out for a watch within a day of this one, and they
    answered no test page within a day before it."""
    coming = _coming(before, now=now)
    ids = {due.person_id for due in coming}
    rows = Drill.objects.filter(Q(created_at__gt=now - COUNTS_FOR - DAY) | Q(shift_start__gt=now - COUNTS_FOR), person__in=ids)
    asked: dict[int, list[dt.datetime]] = defaultdict(list)  # for a watch that begins then
    answered: dict[int, list[dt.datetime]] = defaultdict(list)
    for row in rows:
        if row.shift_start is not None:
            asked[row.person_id].append(row.shift_start)
        if row.answered_at is not None:
            answered[row.person_id].append(row.answered_at)
    working = working_times(sorted(ids), around=now)
    found = []
    for due in coming:
        is_waking = working[due.person_id].is_waking
        if (
            is_waking(now)
            and drill_at(due.start, before, is_waking) <= now
            and not any(abs(at - due.start) < COUNTS_FOR for at in asked[due.person_id])
            and not any(at > due.start - COUNTS_FOR for at in answered[due.person_id])
        ):
            asked[due.person_id].append(due.start)  # one for all watches that begin within a day of it
            found.append(due)
    return found


def _coming(before: dt.timedelta, *, now: dt.datetime) -> list[_Due]:
    """Watches that begin soon enough. Who goes on with a watch that they have is not asked again."""
    schedules = {schedule.id: schedule for schedule in Schedule.objects.filter(is_active=True).select_related("team").order_by("id")}
    horizon = now + before + DAY
    found: dict[tuple[int, int, dt.datetime], _Due] = {}
    for schedule_id, rule in load(list(schedules), start=now, end=horizon).items():
        shifts = [shift for shift in final_shifts(rule, now, horizon) if not shift.shadow and shift.person_id is not None]
        until = {(shift.person_id, shift.end) for shift in shifts}
        for shift in shifts:
            if shift.start >= now + SHORTEST and (shift.person_id, shift.start) not in until and shift.person_id is not None:
                found[shift.person_id, schedule_id, shift.start] = _Due(shift.person_id, schedules[schedule_id], shift.start)
    active = set(Person.objects.filter(id__in={key[0] for key in found}, is_active=True).values_list("id", flat=True))
    return sorted((due for due in found.values() if due.person_id in active), key=lambda due: due.start)


def _send(due: _Due, *, now: dt.datetime) -> bool:
    person = Person.objects.get(pk=due.person_id)
    reason = f"Your watch {due.schedule.name} begins on {_local(due.start, person)}. Say that you got it."
    answer_by = max(min(now + ANSWER_WITHIN, due.start), now + SHORTEST)
    made = open_drill(due.person_id, (due.schedule.id, due.start), reason, answer_by=answer_by, now=now)
    if made is None:
        return False
    _tell_of_no_number(due, person, now=now)
    unproven = Contact.objects.filter(person=person, removed_at=None, verified_at=None).order_by("position", "id")
    if kinds := list(dict.fromkeys(unproven.values_list("kind", flat=True))):
        named = ", ".join(WORDS.get(kind, kind) for kind in kinds)
        with transaction.atomic(durable=True):
            _tell_in(
                sorted(_who_relies_on(person, due.start, due.schedule, now=now)),
                f"{person.name} has contacts that were never proven: {named}",
                f"Their watch {due.schedule.name} begins on {_utc(due.start)}. No page goes to an unproven contact.",
                now=now,
            )
    return True


@transaction.atomic(durable=True)
def _tell_of_no_number(due: _Due, person: Person, *, now: dt.datetime) -> None:
    """Who manages must be reachable by telephone. Without a proven number, they and the other managers hear of it before the watch."""
    proven = Contact.objects.filter(person=person, removed_at=None, verified_at__isnull=False, kind__in=TELEPHONES)
    if not TeamPaging.objects.filter(manager_schedule=due.schedule).exists() or proven.exists():
        return
    told = sorted({person.pk, *_who_relies_on(person, due.start, due.schedule, now=now)})
    title = f"{person.name} has no proven telephone number for {due.schedule.name}"
    _tell_in(told, title, f"The watch begins on {_utc(due.start)}. Add a number on the page You, and prove it by its code.", now=now)


def tell_unanswered(*, now: dt.datetime) -> int:
    """Drills whose time to answer is over: the managers of the team hear of each once, in time to give the watch to somebody else."""
    late = Drill.objects.filter(schedule_id__isnull=False, answered_at=None, told_at=None, answer_by__lte=now)
    return sum(_tell(drill_id, now=now) for drill_id in late.order_by("answer_by", "id").values_list("id", flat=True)[:MOST])


@transaction.atomic(durable=True)
def _tell(drill_id: int, *, now: dt.datetime) -> bool:
    row = Drill.objects.select_for_update(of=("self",)).select_related("person").get(pk=drill_id)
    if row.told_at is not None or row.answered_at is not None:
        return False
    row.told_at = now
    row.save(update_fields=["told_at"])
    proven = Drill.objects.filter(person=row.person, answered_at__gt=row.created_at - COUNTS_FOR).exists()
    schedule = Schedule.objects.select_related("team").filter(pk=row.schedule_id or 0, is_active=True).first()
    if proven or schedule is None or row.shift_start is None:
        return False
    why = "did not answer the test page" if row.notifications else "cannot be reached by anything"
    told = sorted(_who_relies_on(row.person, row.shift_start, schedule, now=now))
    _tell_in(
        told,
        f"{row.person.name} {why} before {schedule.name}",
        f"The watch begins on {_utc(row.shift_start)}. Call them, or give the watch to somebody else.",
        now=now,
    )
    detail = {"handle": row.person.handle, "drill": row.pk, "schedule": schedule.name, "told": told}
    record_in([Entry("drill.unanswered", "person", str(row.person_id), detail=detail)], by=ENGINE, now=now)
    return True


@transaction.atomic(durable=True)
def tell_unproven(*, now: dt.datetime) -> int:
    """Own contacts of which no code was typed in for an hour: the managers of their person's teams hear of each once."""
    late = Contact.objects.select_for_update(of=("self",), skip_locked=True).filter(
        own=True,
        verified_at=None,
        removed_at=None,
        unproven_told_at=None,
        person__is_active=True,
        codes__created_at__lt=now - PROVEN_WITHIN,
    )
    rows = {contact.pk: contact for contact in late.select_related("person").order_by("pk")[:MOST]}
    for contact in rows.values():
        teams = Team.objects.filter(memberships__person=contact.person, is_active=True).order_by("pk")
        managers = {each for team in teams for each in managers_of(team, now=now)} - {contact.person_id}
        way = WORDS.get(contact.kind, contact.kind)
        title = f"{contact.person.name} added a contact and did not prove it: {way}"
        _tell_in(sorted(managers), title, "No page goes there. They type in the code on the page You, or remove the contact.", now=now)
        detail = {"handle": contact.person.handle, "kind": contact.kind, "told": sorted(managers)}
        record_in([Entry("contact.unproven", "contact", str(contact.pk), detail=detail)], by=ENGINE, now=now)
    Contact.objects.filter(pk__in=rows).update(unproven_told_at=now)
    return len(rows)


def _who_relies_on(person: Person, start: dt.datetime, schedule: Schedule, *, now: dt.datetime) -> set[int]:
    """The managers of every team whose watch this person begins within a day of then: one drill stood for all of them."""
    near = shifts_of_person(person.pk, start - COUNTS_FOR, start + COUNTS_FOR)
    teams = {schedule.team_id, *(other.team_id for other, shift in near if abs(shift.start - start) < COUNTS_FOR)}
    return {each for team in Team.objects.filter(pk__in=teams) for each in managers_of(team, now=now)} - {person.pk}


def _tell_in(people: Sequence[int], title: str, reason: str, *, now: dt.datetime) -> None:
    content = {"number": None, "title": title, "severity": "", "service": "", "reason": reason, "restricted": False, "path": "/"}
    plan_in([Ask(each, "status", None, None, None, None, "low", {**content, "opened_at": None}) for each in people], now=now)


def _local(at: dt.datetime, person: Person) -> str:
    return f"{at.astimezone(zone_of(person.timezone)):%A %d %B at %H:%M} ({person.timezone})"


def _utc(at: dt.datetime) -> str:
    return f"{at.astimezone(dt.UTC):%A %d %B at %H:%M} UTC"
