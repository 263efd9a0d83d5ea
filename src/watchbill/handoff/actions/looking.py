"""Offers that nobody answers, breaks that end, offers that have lost their ground: the engine looks, each time by what is true now."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F, Q

from watchbill.audit.actions import ENGINE
from watchbill.handoff import rules
from watchbill.handoff.actions.answering import expire_in, locked_offer_in, offer_back_in
from watchbill.handoff.actions.offering import schedule
from watchbill.handoff.actions.telling import ask_in, urgency_of
from watchbill.handoff.models import Handoff
from watchbill.handoff.rules import LASTS, Look
from watchbill.handoff.selectors.watches import end_of_watch
from watchbill.incidents.models import Incident
from watchbill.paging.actions import NewPage, open_pages_in
from watchbill.response.actions.acknowledging import who_has
from watchbill.response.actions.case import Case, clock, finish_in, lock_in
from watchbill.response.callsheet import managers_of

MOST = 50  # in one look
OUTLIVES = f"{int(LASTS.total_seconds() // 3600) + 1}h"  # a page about an offer ends with the offer, and wakes no last resort


def look_at_handoffs(*, now: dt.datetime) -> int:
    """End what has lost its ground, remind, page and tell the manager of what nobody answers, offer back what a break lent. Answers for how many."""
    done = [_end(*ids, now=now) for ids in _groundless(now)]
    due = Handoff.objects.filter(due_at__lte=now, state=Handoff.State.OFFERED).order_by("due_at", "id")
    done += [_nudge(*ids, now=now) for ids in due.values_list("id", "incident_id")[:MOST]]
    done += [_return(*ids, now=now) for ids in _over_breaks(now)]
    return sum(done)


def _groundless(now: dt.datetime) -> list[tuple[int, int]]:
    """Offers whose incident is resolved, whose receiver has left or gone off watch, or whose giver has it no more."""
    rows = Handoff.objects.filter(state=Handoff.State.OFFERED)
    has_it = Q(incident__owner=F("giver")) | Q(incident__acting=F("giver"))
    lost = (
        Q(incident__status=Incident.Status.RESOLVED) | Q(receiver__is_active=False) | Q(giver__is_active=False) | Q(watch_ends_at__lte=now)
    )
    lost |= ~Q(pk__in=rows.filter(has_it).values("pk"))
    return list(rows.filter(lost).order_by("id").values_list("id", "incident_id")[:MOST])


@transaction.atomic(durable=True)
def _end(handoff_id: int, incident_id: int, *, now: dt.datetime) -> bool:
    found = locked_offer_in(handoff_id, incident_id, now=now)
    why = _why_over(*found) if found else ""
    if found is None or not why:
        return False
    expire_in(*found, why)
    return True


def _why_over(case: Case, row: Handoff) -> str:
    assert row.receiver is not None
    if case.resolved:
        into = case.incident.merged_into
        return f"it was merged into #{into.number}." if into is not None else "the incident is resolved."
    if not row.receiver.is_active:
        return f"{row.receiver.name} has left."
    if row.giver_id not in (case.incident.owner_id, case.incident.acting_id):
        return f"{row.giver.name} has it no more."
    if row.watch_ends_at is not None and row.watch_ends_at <= case.now:
        row.watch_ends_at = end_of_watch(case.incident.team_id, row.receiver_id, now=case.now)  # a watch that touches the next goes on
        row.save(update_fields=["watch_ends_at"])
        return "" if row.watch_ends_at else f"the watch of {row.receiver.name} ended before they answered."
    return ""


@transaction.atomic(durable=True)
def _nudge(handoff_id: int, incident_id: int, *, now: dt.datetime) -> bool:
    found = locked_offer_in(handoff_id, incident_id, now=now)
    if found is None:
        return False
    case, row = found
    due = rules.look(schedule(row), now=now)
    if due.expire:
        expire_in(case, row, "nobody answered in time.")
        return True
    _do(case, row, due)
    row.due_at = due.again_at
    row.save(update_fields=["due_at", "reminded_at", "paged_at", "escalated_at", "page_id"])
    finish_in(case)
    return due.remind or due.page or due.escalate


def _do(case: Case, row: Handoff, due: Look) -> None:
    incident, now = case.incident, case.now
    assert row.receiver is not None
    if due.remind:
        row.reminded_at = now
        reason = f"{row.giver.name} waits for your answer to the hand-off."
        ask_in(incident, row, [row.receiver.id], reason, urgency=urgency_of(incident), now=now)
        case.tell("handoff_reminded", f"{row.receiver.name} is reminded of the hand-off.", handoff=row.id)
    if due.page:
        row.reminded_at, row.paged_at = row.reminded_at or now, now
        target = {"kind": "person", "id": row.receiver.id, "name": row.receiver.handle}
        page = NewPage(incident.id, incident.team_id, "handoff", "high", targets=[target], restricted=incident.restricted, wait=OUTLIVES)
        (row.page_id,) = open_pages_in([page], now=now)
        case.tell("handoff_paged", f"{row.receiver.name} has not answered the hand-off and is paged.", handoff=row.id)
    if due.escalate:
        row.escalated_at = now
        told = _managers(case)
        reason = f"{row.receiver.name} has not answered the hand-off from {row.giver.name}. {who_has(case)}."
        ask_in(incident, row, told, reason, urgency="high", now=now)
        case.tell("handoff_escalated", "Nobody answers the hand-off: the manager is told.", handoff=row.id, people=told)
    if due.remind or due.page or due.escalate:
        case.record("handoff.nudge", handoff=row.id, reminded=due.remind, paged=due.page, manager=due.escalate)


def _managers(case: Case) -> list[int]:
    """Of a restricted incident only those who may know of it: managing alone opens nothing."""
    managers = managers_of(case.incident.team, now=case.now)
    if not case.incident.restricted:
        return managers
    let_in = set(case.incident.access.filter(ended_at=None).values_list("person_id", flat=True))
    return [each for each in managers if each in let_in]


def _over_breaks(now: dt.datetime) -> list[tuple[int, int]]:
    """Breaks whose time is over, and whose receiver still acts; what is offered back once is not offered again by itself."""
    rows = Handoff.objects.filter(
        state=Handoff.State.ACCEPTED, kind="break", returns=None, returns_at__lte=now, incident__acting=F("receiver")
    ).exclude(incident__status=Incident.Status.RESOLVED)
    back = Handoff.objects.filter(returns__isnull=False).values("returns_id")
    return list(rows.exclude(pk__in=back).order_by("returns_at", "id").values_list("id", "incident_id")[:MOST])


@transaction.atomic(durable=True)
def _return(handoff_id: int, incident_id: int, *, now: dt.datetime) -> bool:
    case = lock_in(incident_id, actor=ENGINE, now=now)
    row = Handoff.objects.select_for_update(no_key=True, of=("self",)).select_related("giver", "receiver").filter(pk=handoff_id).first()
    if case is None or row is None or row.returns_at is None:
        return False
    case.tell("break_over", f"The break of {row.giver.name} was until {clock(row.returns_at)}: it offers itself back.", handoff=row.id)
    made = offer_back_in(case, row)
    if made is None:
        return False
    finish_in(case)
    return True
