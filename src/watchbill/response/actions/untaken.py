"""A request for cover that nobody takes, and an offer of a swap that nobody answers: people are reminded, then others hear of it, once each."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q

from watchbill.audit.actions import ENGINE, record_in
from watchbill.kernel import bus
from watchbill.response.actions.absent import who_hears
from watchbill.schedules.actions.covering import cover_entry, locked_cover_in, still_stands
from watchbill.schedules.actions.swapping import locked_swap_in, swap_entry
from watchbill.schedules.actions.telling import tell_of_cover_in, tell_of_swap_in
from watchbill.schedules.models import Cover, Swap
from watchbill.schedules.rules import ESCALATED, REMINDED, Nudge, nudge_of, urgency_of
from watchbill.schedules.selectors.covering import who_could

MOST = 50  # in one look


def tell_of_untaken(*, now: dt.datetime) -> int:
    """Remind of what begins within a day, and take further what begins within half a day. Answers for how many."""
    soon = Q(reminded_at=None) | Q(escalated_at=None)
    covers = Cover.objects.filter(soon, state=Cover.State.OPEN, start__lte=now + REMINDED, end__gt=now)
    swaps = Swap.objects.filter(soon, state=Swap.State.OFFERED, expires_at__lte=now + REMINDED, expires_at__gt=now)
    done = [_of_cover(id_, now=now) for id_ in covers.order_by("start", "id").values_list("id", flat=True)[:MOST]]
    done += [_of_swap(id_, now=now) for id_ in swaps.order_by("expires_at", "id").values_list("id", flat=True)[:MOST]]
    return sum(done)


@transaction.atomic(durable=True)
def _of_cover(cover_id: int, *, now: dt.datetime) -> bool:
    found = locked_cover_in(cover_id)
    due = _due(found, found.opened_at, found.start, now=now) if found.state == Cover.State.OPEN else Nudge.NOTHING
    if not due:
        return False
    if not still_stands(found):  # changed by hand since: there is nothing to take
        _stamp(found, Nudge.ESCALATE, now)
        return False
    could = who_could(found.schedule, max(found.start, now), found.end, but=found.asker_id)
    asked = [each for each in found.asked if each in could]
    if due == Nudge.REMIND and asked:
        tell_of_cover_in(found, asked, f"Nobody covers for {found.asker.name} yet: can you take it?", now=now)
        record_in([cover_entry(found, "cover.remind", people=asked)], by=ENGINE, now=now)
        _stamp(found, due, now)
    else:  # where nobody could any more, waiting helps nobody
        told = who_hears(found.schedule, found.asker, now=now)
        title = f"Nobody covers for {found.asker.name} on {found.schedule.name}: give the watch to somebody"
        tell_of_cover_in(found, told, title, now=now, urgency=urgency_of(found.start, now=now))
        record_in([cover_entry(found, "cover.escalate", people=told)], by=ENGINE, now=now)
        _stamp(found, Nudge.ESCALATE, now)
    return True


@transaction.atomic(durable=True)
def _of_swap(swap_id: int, *, now: dt.datetime) -> bool:
    """Whoever was asked is reminded; whoever offered hears half a day before that they keep their watch. Nothing is uncovered by it."""
    found = locked_swap_in(swap_id)
    due = _due(found, found.offered_at, found.expires_at, now=now) if found.state == Swap.State.OFFERED else Nudge.NOTHING
    if not due:
        return False
    early = found.offered_at < found.expires_at - ESCALATED  # whoever offered later than that knows as much by themselves
    if due == Nudge.REMIND:
        tell_of_swap_in(found, found.other, f"{found.asker.name} waits for your answer to a swap", now=now)
        record_in([swap_entry(found, "swap.remind")], by=ENGINE, now=now)
    elif early:
        tell_of_swap_in(found, found.asker, f"{found.other.name} has not answered your swap: the watch is still yours", now=now)
        record_in([swap_entry(found, "swap.unanswered")], by=ENGINE, now=now)
    _stamp(found, due, now)
    return early


def _due(found: Cover | Swap, opened_at: dt.datetime, begins: dt.datetime, *, now: dt.datetime) -> Nudge:
    reminded, escalated = found.reminded_at is not None, found.escalated_at is not None
    return nudge_of(opened_at, begins, reminded=reminded, escalated=escalated, now=now)


def _stamp(found: Cover | Swap, done: Nudge, now: dt.datetime) -> None:
    found.reminded_at = found.reminded_at or now
    found.escalated_at = now if done == Nudge.ESCALATE else None
    found.save(update_fields=["reminded_at", "escalated_at"])
    bus.board_changed()
