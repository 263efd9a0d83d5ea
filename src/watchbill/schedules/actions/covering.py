"""A watch for which somebody is wanted: everybody who could is asked, the first taker has it, the others are told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.kernel import bus
from watchbill.kernel.errors import AlreadyDone, Invalid, NotAllowed, Refused
from watchbill.people.models import Membership, Person
from watchbill.schedules.actions.asking import expired_in, locked_in
from watchbill.schedules.actions.changing import REASON_LENGTH, Change, store_in
from watchbill.schedules.actions.telling import Watched, tell_of_cover_in
from watchbill.schedules.models import Cover, Schedule
from watchbill.schedules.rules import Half, final_shifts, half_of, stands
from watchbill.schedules.selectors import load
from watchbill.schedules.selectors.covering import cover_by_id, covers, who_could


@transaction.atomic(durable=True)
def ask_for_cover(schedule: Schedule, at: dt.datetime, reason: str, *, person: Person, by: Actor, now: dt.datetime) -> Cover:
    """Somebody cannot stand the watch that they have at `at`. Nothing changes before somebody takes it."""
    if len(reason) > REASON_LENGTH or "\0" in reason:
        raise Invalid(f"A reason has at most {REASON_LENGTH} characters of text.")
    Schedule.objects.select_for_update().get(pk=schedule.pk)  # two at once would both find that none is open
    half = half_of(load([schedule.id], start=at, end=at)[schedule.id], at, person.id, person.id)
    if half is None:
        raise NotAllowed(f"{person.name} has no watch on {schedule.name} then, and nobody gives another's. `watchbill shifts` lists them.")
    if half.end <= now:
        raise Refused("That watch is over. The past stays as it was.")
    layer = half.layer or ""
    if Cover.objects.filter(asker=person, schedule=schedule, start=half.start, layer_name=layer, state=Cover.State.OPEN).exists():
        raise AlreadyDone("Cover for that watch is asked for already.")
    asked = who_could(schedule, max(half.start, now), half.end, but=person.id)
    if not asked:
        raise Refused(
            f"Nobody of {schedule.team.name} is free then with 11 hours of rest on both sides. Offer a swap, or ask a manager for an override."
        )
    values = {"start": half.start, "end": half.end, "layer_name": layer, "reason": reason, "asked": asked, "opened_at": now}
    made = Cover.objects.create(asker=person, schedule=schedule, **values)
    _record(made, "cover.ask", by, now, asked=len(asked))
    tell_of_cover_in(made, asked, f"{person.name} asks for cover: the first who takes it has it", now=now)
    return made


@transaction.atomic(durable=True)
def take_cover(cover_id: int, *, person: Person, by: Actor, now: dt.datetime) -> Cover:
    """The watch is theirs from now on, or from its beginning. AlreadyDone names who was first."""
    found = locked_cover_in(cover_id)
    if found.taker is not None:
        raise AlreadyDone(f"{found.taker.name} was first and has that watch.", cover=found.id)
    _must_be_open(found, now)
    if person.id == found.asker_id:
        raise NotAllowed("This is your own request. Withdraw it, and the watch stays yours.")
    if not Membership.objects.filter(team_id=found.schedule.team_id, person=person).exclude(role="viewer").exists():
        raise NotAllowed(f"{person.name} is not in {found.schedule.team.name}, or may not stand its watches.")
    schedule, start = found.schedule, max(found.start, now)
    if not still_stands(found):
        raise Refused(f"The watch of {found.asker.name} was changed meanwhile, so there is nothing to take. Look at the schedule.")
    if person.id not in who_could(schedule, start, found.end, but=found.asker_id):
        raise Refused(f"{person.name} is not free then, has less than 11 hours of rest beside it, or is away.")
    watched = Watched([schedule.id], start, found.end)
    change = Change("replace", person, start, found.end, found.asker, found.layer_name, found.reason)
    found.override = store_in(schedule, change, by=by, now=now)
    found.state, found.taker, found.ended_at = Cover.State.TAKEN, person, now
    found.save(update_fields=["state", "taker", "override", "ended_at"])
    _record(found, "cover.take", by, now, taker=person.handle, override=found.override.id)
    watched.tell_in(f"{person.name} covers for {found.asker.name}.", now=now)
    _tell_others(found, f"{person.name} covers for {found.asker.name}: nothing is asked of you", now)
    return found


@transaction.atomic(durable=True)
def withdraw_cover(cover_id: int, *, person: Person, by: Actor, now: dt.datetime, may_for_others: bool = False) -> Cover:
    """The watch stays with whoever asked."""
    found = locked_cover_in(cover_id)
    if person.id != found.asker_id and not may_for_others:
        raise NotAllowed(f"{found.asker.name} asked for it; they or a manager of the team can withdraw it.")
    _must_be_open(found, now)
    found.state, found.ended_at = Cover.State.WITHDRAWN, now
    found.save(update_fields=["state", "ended_at"])
    _record(found, "cover.withdraw", by, now)
    _tell_others(found, f"{found.asker.name} asks for cover no more", now)
    return found


@transaction.atomic(durable=True)
def expire_covers(*, now: dt.datetime) -> int:
    """Write down that requests are over whose watch has ended, and tell whoever asked. Answers how many."""
    late = covers().filter(state=Cover.State.OPEN, end__lte=now)
    rows = expired_in(late, lambda row: cover_entry(row, "cover.expire"), now=now)
    for row in rows:
        if still_stands(row):
            tell_of_cover_in(row, [row.asker_id], "Nobody took your watch: your request for cover is over", now=now)
    return len(rows)


def locked_cover_in(cover_id: int) -> Cover:
    """The request, so that nobody takes it meanwhile."""
    return locked_in(covers(), cover_id, [cover_by_id(cover_id).schedule_id])


def still_stands(found: Cover) -> bool:
    """Is the watch still the asker's, whole?"""
    half = Half(
        found.schedule_id, found.schedule.name, found.schedule.team_id, found.start, found.end, found.layer_name or None, found.asker_id, 0
    )
    return stands(
        half, final_shifts(load([found.schedule_id], start=found.start, end=found.end)[found.schedule_id], found.start, found.end)
    )


def _must_be_open(found: Cover, now: dt.datetime) -> None:
    if found.state != Cover.State.OPEN:
        raise AlreadyDone(f"That request for cover is {found.state} already.", cover=found.id)
    if found.end <= now:
        raise Refused("That watch is over. The past stays as it was.")


def _tell_others(found: Cover, title: str, now: dt.datetime) -> None:
    others: Iterable[int] = [each for each in found.asked if each != found.taker_id]
    tell_of_cover_in(found, others, title, now=now)


def _record(found: Cover, action: str, by: Actor, now: dt.datetime, **more: Any) -> None:
    record_in([cover_entry(found, action, **more)], by=by, now=now)
    bus.board_changed()


def cover_entry(found: Cover, action: str, **more: Any) -> Entry:
    """The evidence of what happened to a request."""
    detail = {
        "from": found.asker.handle,
        "schedule": found.schedule.name,
        "start": found.start.isoformat(),
        "end": found.end.isoformat(),
        **more,
    }
    return Entry(action, "cover", str(found.id), team_id=found.schedule.team_id, detail=detail)
