"""How does a person steer the walk of a page? Sooner, later, to somebody else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.incidents.models import Incident
from watchbill.kernel.errors import Invalid, NotAllowed, Refused
from watchbill.notifications.actions import cancel_in
from watchbill.paging import actions as paging
from watchbill.paging.models import Page
from watchbill.people.models import Person, Team
from watchbill.people.permissions import Verb
from watchbill.response.actions.acknowledging import hold_of, is_waiting, set_hold
from watchbill.response.actions.case import (
    Case,
    Outcome,
    clock,
    engage_in,
    finish_with_word_in,
    is_resolved,
    keep_access_in,
    open_case_in,
    outcome,
    tell_person_in,
)
from watchbill.response.actions.closing import reason_of
from watchbill.response.actions.opening import respond_page
from watchbill.response.rules import LONGEST_SNOOZE, Hold


@transaction.atomic(durable=True)
def escalate(number: int, *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    """The next step fires at once; on the last one the last resort. An acknowledged page is triggered again, its owner stays (P6).

    When its page is over already, a new one begins at step 1.
    """
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    if case.resolved:
        return is_resolved(case)
    engage_in(case)
    page = case.respond
    case.tell("escalated", f"{person.name} escalated.", page=page)
    case.record("page.escalate", page=page)
    finish_with_word_in(case)
    if page is None:
        paging.open_pages_in([respond_page(case.incident)], now=now)
    else:
        paging.escalate_in(page.id, by=actor, now=now)
    return outcome(case, f"The next step of #{number} is paged now." if page else f"#{number} is paged again from step 1.")


@transaction.atomic(durable=True)
def snooze(number: int, until: dt.datetime, reason: str, *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    """The page sleeps until then, by its owner, with a reason, at most 24 hours.

    Raises Invalid for a time that has passed or is too far, or without a reason; NotAllowed for anybody but the owner (before an owner
    is assigned: whoever acts).
    """
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    if case.resolved:
        return is_resolved(case)
    reason = reason_of(reason, "Say why it can wait.")
    if not now < until <= now + LONGEST_SNOOZE:
        raise Invalid("Snooze until a time within the next 24 hours.", field="until")
    incident, page = case.incident, case.respond
    if person.id != (incident.owner_id or incident.acting_id):
        has = incident.owner or incident.acting
        raise NotAllowed(f"Only the owner may snooze #{number}: {has.name if has else 'nobody yet; acknowledge it first'}.")
    if page is None:
        raise Refused(f"The page of #{number} is over: there is nothing to snooze.")
    if is_waiting(page):
        raise Refused(f"#{number} is being paged: acknowledge it before you snooze it.")
    paging.snooze_in(page.id, until, reason, now=now)
    case.tell("snoozed", f"{person.name} snoozed it until {clock(until)}: {reason}", page=page, until=until.isoformat(), reason=reason)
    case.record("page.snooze", page=page, until=until.isoformat(), reason=reason)
    finish_with_word_in(case)
    return outcome(case, f"#{number} sleeps until {clock(until)}.")


@transaction.atomic(durable=True)
def assign(number: int, to: Person, *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    """Give it to somebody: before any acknowledgement they are paged instead; where the team assigns after triage they own it.

    Raises Refused when it has an owner: that is a hand-off, which the other accepts.
    """
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    if case.resolved:
        return is_resolved(case)
    if not to.is_active:
        raise Invalid(f"The account of {to.name} is closed. Choose somebody else.", field="to")
    if case.incident.status == Incident.Status.TRIGGERED and is_waiting(case.respond):
        return _reassign_in(case, to, person)
    if case.incident.owner is None and case.incident.team.ownership == Team.Ownership.ASSIGNED:
        return _assign_in(case, to, person)
    owner = case.incident.owner
    if owner is None:
        raise Refused(f"Nobody is being paged for #{number} now. Acknowledge it, or escalate to page again.")
    if owner.id == to.id:
        return outcome(case, f"{to.name} owns #{number} already.", won=False)
    raise Refused(f"{owner.name} owns #{number}. To give it to {to.name}, offer a hand-off: nothing moves before it is accepted.")


reassign = assign


@transaction.atomic(durable=True)
def page_people(number: int, to: Sequence[Person], reason: str, *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    """Wake somebody besides: the walk and the owner stay as they are. Whoever is paged may act, and sees a restricted one while it pages."""
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    if case.resolved:
        return is_resolved(case)
    reason = reason_of(reason, "Say in one sentence why you page them; they read it first.")
    if not to or not all(each.is_active for each in to):
        raise Invalid("Name at least one person whose account is open.", field="to")
    page = case.respond
    if page is None:
        raise Refused(f"The page of #{number} is over. Escalate to page again.")
    engage_in(case)
    names = ", ".join(each.name for each in to)
    case.tell("called", f"{person.name} pages {names}: {reason}", page=page, people=[each.id for each in to])
    case.record("page.people", page=page, people=[each.id for each in to], reason=reason)
    finish_with_word_in(case)
    paging.page_people_in(page.id, [each.id for each in to], f"{person.name} asks: {reason}", now=now)
    return outcome(case, f"{names} {'is' if len(to) == 1 else 'are'} being paged.")


def _reassign_in(case: Case, to: Person, person: Person) -> Outcome:
    page = case.respond
    assert isinstance(page, Page)
    cancel_in(page_ids=[page.id], kinds=["page"], now=case.now)
    engage_in(case)
    keep_access_in(case, to.id, "named")
    case.tell("reassigned", f"{person.name} has {to.name} paged instead.", page=page, to=to.id)
    case.record("page.reassign", page=page, to=to.id)
    finish_with_word_in(case)
    paging.aim_in(page.id, to.id, now=case.now)
    return outcome(case, f"{to.name} is paged for #{case.incident.number} instead.")


def _assign_in(case: Case, to: Person, person: Person) -> Outcome:
    """After triage. The acknowledger goes on acting."""
    number = case.incident.number
    set_hold(case, Hold(owner=to.id, acting=case.incident.acting_id or to.id))
    case.because = "assigned"
    case.incident.status = Incident.Status.ACKNOWLEDGED
    case.incident.acknowledged_at = case.incident.acknowledged_at or case.now
    keep_access_in(case, to.id, "named")
    engage_in(case)
    case.tell("owner", f"{person.name} assigned it: {to.name} owns it.", reason="assigned", previous=None, **hold_of(case))
    case.record("incident.owner", owner=to.id, previous=None, reason="assigned")
    if to.id != person.id:
        tell_person_in(case, [to.id], f"{person.name} assigned #{number} to you: you own it.")
    finish_with_word_in(case, "owner", "acting", "status", "acknowledged_at")
    return outcome(case, f"{to.name} owns #{number}.")
