"""A manager exchanges the watches of two others: an agreed swap that nobody had to offer. Both halves at once, or neither."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import Actor, record_in
from watchbill.kernel import bus
from watchbill.kernel.errors import Invalid, Refused
from watchbill.people.models import Person
from watchbill.schedules.actions.swapping import Offer, check_offer, overrides_of, store_halves_in, swap_entry, swap_of, watched_of
from watchbill.schedules.models import Schedule, Swap
from watchbill.schedules.rules import Exchange


def check_arranged(offer: Offer, *, giver: Person, person: Person, now: dt.datetime) -> Exchange:
    """The exchange that `person` would arrange between `giver` and the other. Invalid or Refused, in a sentence, when it cannot be."""
    if person.id in (giver.id, offer.other.id):
        raise Invalid("One of these watches is yours: offer a swap, so that the other can answer.")
    return check_offer(offer, person=giver, now=now)


@transaction.atomic(durable=True)
def arrange_swap(offer: Offer, *, giver: Person, seen: str, person: Person, by: Actor, now: dt.datetime) -> Swap:
    """Both watches change hands now, and both people are told. `seen`: the mark of the exchange as it was shown; Refused when it is another by now."""
    list(Schedule.objects.select_for_update().filter(id__in={offer.give.id, offer.take.id}).order_by("id"))
    exchange = check_arranged(offer, giver=giver, person=person, now=now)
    if exchange.mark != seen:
        raise Refused("The watches have changed since you looked. Look again, then save it.")
    watched = watched_of(exchange)
    made = swap_of(offer, exchange, asker=giver, now=now)
    store_halves_in(made, exchange, by=by, now=now)
    made.state, made.ended_at, made.ended_by = Swap.State.ACCEPTED, now, person
    made.save(force_insert=True)
    record_in([swap_entry(made, "swap.arrange", why=offer.reason, overrides=overrides_of(made))], by=by, now=now)
    bus.board_changed()
    why = f": {offer.reason}" if offer.reason else "."
    watched.tell_in(f"{person.name} swapped the watches of {giver.name} and {offer.other.name}{why}", now=now)
    return made
