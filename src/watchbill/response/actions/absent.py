"""A week before a watch of somebody who is away: the managers of its team hear of it, once, unless somebody covers it by then."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import ENGINE, Entry, record_in
from watchbill.notifications.actions import Ask, plan_in
from watchbill.people.models import Organization, Person
from watchbill.response.callsheet import managers_of
from watchbill.schedules.models import Schedule, ToldClash
from watchbill.schedules.selectors import Meeting, meetings

BEFORE = dt.timedelta(weeks=1)
MOST = 20  # in one look


def tell_of_absent(*, now: dt.datetime) -> int:
    """Tell of watches of the coming week that meet time off and that still belong to whoever is away. Answers for how many."""
    coming = meetings(now, now + BEFORE)
    since = min((each.shift_start for each in coming), default=now)
    rows = ToldClash.objects.filter(shift_start__gte=since).values_list("schedule_id", "person_id", "shift_start")
    told = set(rows) if coming else set()
    new = {(each.schedule.id, each.person_id, each.shift_start): each for each in reversed(coming)}
    due = [each for key, each in reversed(new.items()) if key not in told]
    return sum(_tell(each, now=now) for each in due[:MOST])


@transaction.atomic(durable=True)
def _tell(each: Meeting, *, now: dt.datetime) -> bool:
    key = {"schedule": each.schedule, "person_id": each.person_id, "shift_start": each.shift_start}
    _, made = ToldClash.objects.get_or_create(**key, defaults={"told_at": now})
    if not made:  # another node was faster
        return False
    person = Person.objects.get(pk=each.person_id)
    told = who_hears(each.schedule, person, now=now)
    content = {
        "number": None,
        "title": f"{person.name} is away and has the watch {each.schedule.name}",
        "severity": "",
        "service": "",
        "reason": f"From {_utc(each.start)} to {_utc(each.end)} nobody covers it. Give the watch to somebody else.",
        "restricted": False,
        "path": f"/schedules/{each.schedule.id}",
        "opened_at": None,
    }
    plan_in([Ask(one, "status", None, None, None, None, "low", content) for one in told], now=now)
    detail = {"person": person.handle, "start": each.start.isoformat(), "end": each.end.isoformat(), "told": told}
    entry = Entry("time_off.uncovered", "schedule", str(each.schedule.id), team_id=each.schedule.team_id, detail=detail)
    record_in([entry], by=ENGINE, now=now)
    return True


def who_hears(schedule: Schedule, person: Person, *, now: dt.datetime) -> list[int]:
    """The managers but the one who is away; without any, whoever is the last resort."""
    managers = [each for each in managers_of(schedule.team, now=now) if each != person.pk]
    if managers:
        return managers
    last = schedule.team.last_resort_id or Organization.objects.values_list("last_resort_id", flat=True).first()
    return [last] if last is not None else []


def _utc(at: dt.datetime) -> str:
    return f"{at.astimezone(dt.UTC):%A %d %B at %H:%M} UTC"
