"""Swaps: offered, accepted, declined, withdrawn, expired, undone. Accepting makes both halves in one transaction, or neither."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.kernel import bus
from watchbill.kernel.errors import AlreadyDone, Invalid, NotAllowed, Refused
from watchbill.people.models import Person
from watchbill.schedules.actions.asking import expired_in, locked_in
from watchbill.schedules.actions.changing import REASON_LENGTH, Change, store_in
from watchbill.schedules.actions.telling import Watched, tell_of_swap_in
from watchbill.schedules.models import Override, Schedule, Swap
from watchbill.schedules.rules import Exchange, half_of, why_no_exchange, why_not_undone
from watchbill.schedules.selectors import load, swap_by_id
from watchbill.schedules.selectors.swapping import exchange_of, members_of, names_of, rules_for, swaps


@dataclass(frozen=True, slots=True)
class Offer:
    """Whoever offers gives the shift that they have at `give_at`, and takes the one that `other` has at `take_at`."""

    other: Person
    give: Schedule
    give_at: dt.datetime
    take: Schedule
    take_at: dt.datetime
    reason: str = ""


@transaction.atomic(durable=True)
def offer_swap(offer: Offer, *, person: Person, by: Actor, now: dt.datetime) -> Swap:
    """Ask somebody to exchange two shifts. Nothing changes before they accept."""
    exchange = check_offer(offer, person=person, now=now)
    made = swap_of(offer, exchange, asker=person, now=now)
    made.save(force_insert=True)
    _record(made, "swap.offer", by, now)
    tell_of_swap_in(made, offer.other, f"{person.name} offers you a swap", now=now)
    return made


def swap_of(offer: Offer, exchange: Exchange, *, asker: Person, now: dt.datetime) -> Swap:
    """The row of it, offered and not saved."""
    return Swap(
        asker=asker,
        other=offer.other,
        given_schedule=offer.give,
        given_start=exchange.given.start,
        given_end=exchange.given.end,
        given_layer=exchange.given.layer or "",
        taken_schedule=offer.take,
        taken_start=exchange.taken.start,
        taken_end=exchange.taken.end,
        taken_layer=exchange.taken.layer or "",
        reason=offer.reason,
        offered_at=now,
        expires_at=exchange.begins,
    )


def check_offer(offer: Offer, *, person: Person, now: dt.datetime) -> Exchange:
    """The exchange that it asks for. Invalid or Refused, in a sentence, when it cannot be offered."""
    if len(offer.reason) > REASON_LENGTH or "\0" in offer.reason:
        raise Invalid(f"A reason has at most {REASON_LENGTH} characters of text.")
    exchange = _exchange(offer, person)
    if why := why_no_exchange(exchange, rules_for(exchange), members=members_of(exchange), names=names_of(exchange), now=now):
        raise Refused(why)
    return exchange


@transaction.atomic(durable=True)
def accept_swap(swap_id: int, *, person: Person, by: Actor, now: dt.datetime, may_for_others: bool = False) -> Swap:
    """Both shifts change hands now. `may_for_others`: whoever accepts is a manager, and does so for the other."""
    found = locked_swap_in(swap_id)
    _must_be(found, found.other, person, may_for_others)
    _must_be_open(found, now)
    exchange = exchange_of(found)
    names = names_of(exchange)
    if why := why_no_exchange(exchange, rules_for(exchange), members=members_of(exchange), names=names, now=now):
        raise Refused(why)
    watched = watched_of(exchange)
    store_halves_in(found, exchange, by=by, now=now)
    _end(found, Swap.State.ACCEPTED, person, now)
    _record(found, "swap.accept", by, now, overrides=overrides_of(found), **_for(found.other, person))
    watched.tell_in(f"{found.asker.name} and {found.other.name} swapped.", now=now)
    return found


@transaction.atomic(durable=True)
def decline_swap(swap_id: int, why: str, *, person: Person, by: Actor, now: dt.datetime, may_for_others: bool = False) -> Swap:
    """No. Nothing has changed, and whoever offered reads why."""
    if len(why) > REASON_LENGTH or "\0" in why:
        raise Invalid(f"A reason has at most {REASON_LENGTH} characters of text.")
    found = locked_swap_in(swap_id)
    _must_be(found, found.other, person, may_for_others)
    _must_be_open(found, now)
    found.answer = why
    _end(found, Swap.State.DECLINED, person, now)
    _record(found, "swap.decline", by, now, why=why, **_for(found.other, person))
    tell_of_swap_in(found, found.asker, f"{found.other.name} declined your swap", now=now)
    return found


@transaction.atomic(durable=True)
def withdraw_swap(swap_id: int, *, person: Person, by: Actor, now: dt.datetime, may_for_others: bool = False) -> Swap:
    """Whoever offered thinks otherwise."""
    found = locked_swap_in(swap_id)
    _must_be(found, found.asker, person, may_for_others)
    _must_be_open(found, now)
    _end(found, Swap.State.WITHDRAWN, person, now)
    _record(found, "swap.withdraw", by, now, **_for(found.asker, person))
    tell_of_swap_in(found, found.other, f"{found.asker.name} withdrew the offer of a swap", now=now)
    return found


@transaction.atomic(durable=True)
def undo_swap(swap_id: int, *, person: Person, by: Actor, now: dt.datetime, may_for_others: bool = False) -> Swap:
    """Both shifts go back, until one of them begins. Either of the two may."""
    found = locked_swap_in(swap_id)
    if person.id not in (found.asker_id, found.other_id) and not may_for_others:
        raise NotAllowed(f"Swap {found.id} is between {found.asker.name} and {found.other.name}; they or a manager can undo it.")
    if found.state != Swap.State.ACCEPTED:
        raise AlreadyDone(f"Swap {found.id} is {found.state}: there is nothing to undo.", swap=found.id)
    exchange = exchange_of(found)
    if why := why_not_undone(exchange, rules_for(exchange), names=names_of(exchange), now=now):
        raise Refused(why)
    watched = watched_of(exchange)
    Override.objects.filter(id__in=[found.given_override_id, found.taken_override_id]).update(withdrawn_at=now)
    found.state, found.undone_at = Swap.State.UNDONE, now
    found.save(update_fields=["state", "undone_at"])
    _record(found, "swap.undo", by, now)
    watched.tell_in(f"The swap of {found.asker.name} and {found.other.name} was undone.", now=now)
    return found


@transaction.atomic(durable=True)
def expire_offers(*, now: dt.datetime) -> int:
    """Write down that offers are over whose earlier shift has begun, and tell whoever offered. Answers how many."""
    late = swaps().filter(state=Swap.State.OFFERED, expires_at__lte=now)
    rows = expired_in(late, lambda row: swap_entry(row, "swap.expire"), now=now)
    for row in rows:
        tell_of_swap_in(row, row.asker, f"{row.other.name} did not answer your swap in time", now=now)
    return len(rows)


def store_halves_in(found: Swap, exchange: Exchange, *, by: Actor, now: dt.datetime) -> None:
    """The overrides of both halves, named in the swap. Whoever calls has locked the schedules, and saves the swap."""
    people = {found.asker_id: found.asker, found.other_id: found.other}
    schedules = {found.given_schedule_id: found.given_schedule, found.taken_schedule_id: found.taken_schedule}
    found.given_override, found.taken_override = (
        store_in(
            schedules[half.schedule_id],
            Change("replace", people[half.taker], half.start, half.end, people[half.giver], half.layer or "", found.reason, "swap"),
            by=by,
            now=now,
        )
        for half in exchange.halves
    )


def overrides_of(found: Swap) -> list[int | None]:
    """The overrides of both halves, for the evidence."""
    return [found.given_override_id, found.taken_override_id]


def locked_swap_in(swap_id: int) -> Swap:
    """The offer, so that nobody answers it meanwhile."""
    found = swap_by_id(swap_id)
    return locked_in(swaps(), swap_id, {found.given_schedule_id, found.taken_schedule_id})


def _exchange(offer: Offer, person: Person) -> Exchange:
    start, end = min(offer.give_at, offer.take_at), max(offer.give_at, offer.take_at)
    rules = load({offer.give.id, offer.take.id}, start=start, end=end)
    given = half_of(rules[offer.give.id], offer.give_at, person.id, offer.other.id)
    taken = half_of(rules[offer.take.id], offer.take_at, offer.other.id, person.id)
    if given is None:
        raise NotAllowed(
            f"{person.name} has no watch on {offer.give.name} then, and nobody gives another's. `watchbill shifts` lists them."
        )
    if taken is None:
        raise Refused(f"{offer.other.name} has no watch on {offer.take.name} then. `watchbill shifts` lists them.")
    return Exchange(given, taken)


def watched_of(exchange: Exchange) -> Watched:
    """The watches that it moves, before it does."""
    return Watched({half.schedule_id for half in exchange.halves}, exchange.begins, max(half.end for half in exchange.halves))


def _must_be(found: Swap, whose: Person, person: Person, may_for_others: bool) -> None:
    if person.id != whose.id and not may_for_others:
        raise NotAllowed(f"Swap {found.id} waits for {whose.name}; they or a manager of the team can answer.")


def _must_be_open(found: Swap, now: dt.datetime) -> None:
    if found.state != Swap.State.OFFERED:
        raise AlreadyDone(f"Swap {found.id} is {found.state} already.", swap=found.id)
    if found.expires_at <= now:
        raise Refused(
            f"Swap {found.id} is over: the earlier of the two watches has begun. Take it over by an override instead.", swap=found.id
        )


def _end(found: Swap, state: Swap.State, person: Person, now: dt.datetime) -> None:
    found.state, found.ended_at, found.ended_by = state, now, person
    found.save(update_fields=["state", "ended_at", "ended_by", "answer", "given_override", "taken_override"])


def _for(whose: Person, person: Person) -> dict[str, Any]:
    """Who is answered for, where a manager does it."""
    return {} if whose.id == person.id else {"for": whose.handle}


def _record(found: Swap, action: str, by: Actor, now: dt.datetime, **more: Any) -> None:
    record_in([swap_entry(found, action, **more)], by=by, now=now)
    bus.board_changed()


def swap_entry(found: Swap, action: str, **more: Any) -> Entry:
    """The evidence of what happened to an offer."""
    detail = {
        "from": found.asker.handle,
        "to": found.other.handle,
        "give": [found.given_schedule.name, found.given_start.isoformat(), found.given_end.isoformat()],
        "take": [found.taken_schedule.name, found.taken_start.isoformat(), found.taken_end.isoformat()],
        **more,
    }
    return Entry(action, "swap", str(found.id), team_id=found.given_schedule.team_id, detail=detail)
