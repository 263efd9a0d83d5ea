"""Which watches want somebody, who could take one, and how does an answer show it?"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

from django.db.models import QuerySet

from watchbill.kernel.errors import NotFound
from watchbill.people.models import Membership, Person, TimeOff
from watchbill.people.working import working_times
from watchbill.schedules.models import Cover, Schedule
from watchbill.schedules.rules import could_cover, watches_around
from watchbill.schedules.selectors.loading import load


def covers() -> QuerySet[Cover]:
    """All requests with what answers name of them."""
    return Cover.objects.select_related("asker", "taker", "schedule", "schedule__team", "override")


def cover_by_id(cover_id: int) -> Cover:
    """One request; NotFound says where they are listed."""
    found = covers().filter(pk=cover_id).first()
    if found is None:
        raise NotFound(f"There is no request for cover {cover_id}. `watchbill cover list` shows them.", cover=cover_id)
    return found


def covers_for(person: Person, *, now: dt.datetime) -> QuerySet[Cover]:
    """The open requests that this person was asked, the next watch first."""
    return covers().filter(state=Cover.State.OPEN, end__gt=now, asked__contains=[person.id]).order_by("start", "id")


def who_could(schedule: Schedule, start: dt.datetime, end: dt.datetime, *, but: int) -> list[int]:
    """Who of the team may stand the watch, is free, rested and not away. Four queries, and two more for hours of business."""
    members = Membership.objects.filter(team_id=schedule.team_id, person__is_active=True).exclude(role="viewer").exclude(person_id=but)
    people = list(members.order_by("position", "id").values_list("person_id", flat=True))
    rules = load(list(Schedule.objects.filter(is_active=True).values_list("id", flat=True)), start=start, end=end)
    away = defaultdict(list)
    rows = TimeOff.objects.filter(person_id__in=people, start__lt=end, end__gt=start)
    for person_id, begins, ends in rows.values_list("person_id", "start", "end"):
        away[person_id].append((begins, ends))
    by_day = any(rule.hours == "business" for rule in rules.values())
    working = working_times(people, around=start) if by_day else {}
    return could_cover(start, end, people, watches=watches_around(rules.values(), start, end, working), away=away)


def cover_object(row: Cover, *, now: dt.datetime) -> dict[str, Any]:
    """One request as the command line and the API show it."""
    late = row.state == Cover.State.OPEN and row.end <= now
    return {
        "id": row.id,
        "state": Cover.State.EXPIRED.value if late else row.state,
        "from": {"handle": row.asker.handle, "name": row.asker.name},
        "schedule": row.schedule.name,
        "layer": row.layer_name or None,
        "start": row.start,
        "end": row.end,
        "reason": row.reason,
        "asked": len(row.asked),
        "opened_at": row.opened_at,
        "reminded_at": row.reminded_at,
        "escalated_at": row.escalated_at,
        "ended_at": row.ended_at,
        "taker": {"handle": row.taker.handle, "name": row.taker.name} if row.taker else None,
        "override": row.override_id,
    }
