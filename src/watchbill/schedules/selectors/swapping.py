"""Which swaps wait, for whom, and how does an answer show one?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from watchbill.kernel.errors import NotFound
from watchbill.people.models import Membership, Person
from watchbill.schedules.models import Override, Schedule, Swap
from watchbill.schedules.rules import Exchange, Half, ScheduleRule, broken_by, without_override
from watchbill.schedules.selectors.foreseeing import rule_of
from watchbill.schedules.selectors.loading import load


def swaps() -> QuerySet[Swap]:
    """All swaps with what answers name of them."""
    return Swap.objects.select_related("asker", "other", "ended_by", "given_schedule", "taken_schedule", "given_schedule__team")


def swap_by_id(swap_id: int) -> Swap:
    """One swap; NotFound says where they are listed."""
    found = swaps().filter(pk=swap_id).first()
    if found is None:
        raise NotFound(f"There is no swap {swap_id}. `watchbill swap list` shows them.", swap=swap_id)
    return found


def offers_to(person: Person, *, now: dt.datetime) -> QuerySet[Swap]:
    """The offers that wait for this person, the one that ends first before the others."""
    return swaps().filter(other=person, state=Swap.State.OFFERED, expires_at__gt=now).order_by("expires_at", "id")


def swaps_with(person: Person) -> QuerySet[Swap]:
    """What this person offered or was offered, the latest first."""
    return swaps().filter(Q(asker=person) | Q(other=person)).order_by("-offered_at", "-id")


def exchange_of(row: Swap) -> Exchange:
    """A stored swap as the rules take it."""
    given, taken = row.given_schedule, row.taken_schedule
    return Exchange(
        Half(given.id, given.name, given.team_id, row.given_start, row.given_end, row.given_layer or None, row.asker_id, row.other_id),
        Half(taken.id, taken.name, taken.team_id, row.taken_start, row.taken_end, row.taken_layer or None, row.other_id, row.asker_id),
    )


def rules_for(exchange: Exchange) -> dict[int, ScheduleRule]:
    """The schedules of an exchange, those that are still there."""
    ids = Schedule.objects.filter(id__in={half.schedule_id for half in exchange.halves}, is_active=True).values_list("id", flat=True)
    return load(list(ids), start=exchange.begins, end=max(half.end for half in exchange.halves))


def members_of(exchange: Exchange) -> set[tuple[int, int]]:
    """(team, person) for both people, where they may stand a watch."""
    teams = {half.team_id for half in exchange.halves}
    people = {half.giver for half in exchange.halves}
    rows = Membership.objects.filter(team_id__in=teams, person_id__in=people, person__is_active=True, team__is_active=True)
    return set(rows.exclude(role="viewer").values_list("team_id", "person_id"))


def names_of(exchange: Exchange) -> dict[int, str]:
    """The names of both people."""
    return dict(Person.objects.filter(id__in={half.giver for half in exchange.halves}).values_list("id", "name"))


def swap_broken_by_end(row: Override, *, now: dt.datetime) -> Swap | None:
    """The accepted swap of which one half would fall if this override ended now."""
    near = Q(given_schedule=row.schedule, given_start__lt=row.end, given_end__gt=now)
    near |= Q(taken_schedule=row.schedule, taken_start__lt=row.end, taken_end__gt=now)
    accepted = {exchange_of(swap): swap for swap in swaps().filter(near, state=Swap.State.ACCEPTED)}
    if not accepted:
        return None
    start, end = min(each.begins for each in accepted), max(half.end for each in accepted for half in each.halves)
    ids = {half.schedule_id for each in accepted for half in each.halves}
    before = load(ids, start=start, end=end)
    after = {row.schedule_id: without_override(before[row.schedule_id], rule_of(row), now=now)}
    broken = broken_by(before, after, accepted)
    return accepted[broken] if broken else None


def swap_object(row: Swap, *, now: dt.datetime) -> dict[str, Any]:
    """One swap as the command line and the API show it. An offer whose earlier shift began is over, also before that was written down."""
    late = row.state == Swap.State.OFFERED and row.expires_at <= now
    return {
        "id": row.id,
        "state": Swap.State.EXPIRED.value if late else row.state,
        "from": _person(row.asker),
        "to": _person(row.other),
        "give": _half(row.given_schedule, row.given_start, row.given_end, row.given_layer),
        "take": _half(row.taken_schedule, row.taken_start, row.taken_end, row.taken_layer),
        "reason": row.reason,
        "answer": row.answer,
        "offered_at": row.offered_at,
        "expires_at": row.expires_at,
        "ended_at": row.ended_at,
        "ended_by": row.ended_by.handle if row.ended_by else None,
        "undone_at": row.undone_at,
    }


def swap_objects(rows: Iterable[Swap], *, now: dt.datetime) -> list[dict[str, Any]]:
    """Several."""
    return [swap_object(row, now=now) for row in rows]


def _person(person: Person) -> dict[str, str]:
    return {"handle": person.handle, "name": person.name}


def _half(schedule: Schedule, start: dt.datetime, end: dt.datetime, layer: str) -> dict[str, Any]:
    return {"schedule": schedule.name, "start": start, "end": end, "layer": layer or None}
