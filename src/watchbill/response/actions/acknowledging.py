"""Who has it? An acknowledgement makes an owner, once; everybody later is told who it is.

Two people who press in the same instant wait for one another on the incident's row: the second reads what the first wrote.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.incidents.actions import join_in
from watchbill.incidents.models import Incident
from watchbill.kernel.errors import Invalid, NotAllowed, Refused
from watchbill.notifications.actions import cancel_in, tell_status_in
from watchbill.paging import actions as paging
from watchbill.paging.models import Firing, Page
from watchbill.people.models import Person
from watchbill.people.permissions import Verb
from watchbill.response.actions.case import (
    Case,
    Outcome,
    answered_in,
    clock,
    engage_in,
    finish_in,
    finish_with_word_in,
    is_resolved,
    keep_access_in,
    latest,
    lock_in,
    open_case_in,
    outcome,
    tell_person_in,
)
from watchbill.response.rules import Hold, Taken, acknowledged_by
from watchbill.response.selectors import on_call_of

WAITING = (Page.Status.TRIGGERED, Page.Status.EXHAUSTED)


@transaction.atomic(durable=True)
def acknowledge(
    number: int, *, person: Person, actor: Actor, now: dt.datetime, take_over: bool = False, page_id: int | None = None
) -> Outcome:
    """Somebody has it. Doing so again changes nothing; whoever comes second is told who has it.

    1. Nobody had it: the ownership policy of the team says who owns and who acts.
    2. Its page waits again (escalated, silent owner): the acknowledger acts at once, the owner stays; with `take_over` and a silent owner
       the acknowledger owns it: an accepted permanent hand-off, reason "owner silent". What was given back is owned by whoever acknowledges.
    3. The others who were notified are told; what still waits to be sent for the page is cancelled in the same transaction.

    `page_id`: the page that the message was about; one of purpose coordinate is acknowledged without making an owner.
    """
    case = open_case_in(number, Verb.ACKNOWLEDGE, person=person, actor=actor, now=now)
    other = Page.objects.filter(pk=page_id, incident=case.incident).exclude(purpose=Page.Purpose.RESPOND).first() if page_id else None
    if other is not None:
        return _acknowledge_other_in(case, other, person)
    return acknowledge_in(case, person, take_over=take_over)


def acknowledge_in(case: Case, person: Person, *, take_over: bool = False) -> Outcome:
    """Acknowledge the respond page of a locked case."""
    if case.resolved:
        _lost_in(case, person)
        return is_resolved(case)
    page = case.respond
    if is_waiting(page) or (page is None and case.incident.status == Incident.Status.TRIGGERED):
        return take_in(case, person, page, take_over=take_over)
    if take_over and _asked_to_take_over(case, person):
        return take_in(case, person, page, take_over=True)
    return _second_in(case, person)


def is_waiting(page: Page | None) -> bool:
    """Does it wait for somebody, counting a walk that is only held?"""
    if page is None:
        return False
    return page.status in WAITING or (page.status == Page.Status.PAUSED and page.paused_status in WAITING)


def take_in(case: Case, person: Person, page: Page | None, *, take_over: bool = False) -> Outcome:
    """`person` has it now, as the ownership policy says. The page, if any is open, is silent from here on."""
    before, incident = case.hold, case.incident
    silent, given_back = owner_is_silent(case) or _asked_to_take_over(case, person), _was_given_back(case)
    ownership = incident.team.ownership
    on_call = on_call_of(incident.team_id, now=case.now) if ownership == "on_call" and before.owner is None else []
    taken = acknowledged_by(person.id, before, ownership, on_call=on_call, owner_silent=silent, given_back=given_back, take_over=take_over)
    if page is not None and is_waiting(page):
        silence_in(case, page, person)
    set_hold(case, taken.hold)
    case.because = _why_taken(before, taken.hold, given_back=given_back)
    incident.status = Incident.Status.ACKNOWLEDGED
    incident.acknowledged_at = incident.acknowledged_at or case.now
    incident.word_at = case.now
    incident.cleared_unseen = False
    keep_access_in(case, person.id)
    _tell_taken(case, person, page, before, taken)
    _tell_others_in(case, person, before, taken)
    finish_in(case, "owner", "acting", "status", "acknowledged_at", "word_at", "cleared_unseen")
    return outcome(case, _taken_message(case, person, taken), ask_take_over=taken.ask_take_over)


def silence_in(case: Case, page: Page, person: Person) -> None:
    """The page is acknowledged: nobody else is asked, and what waits to be sent for it is not sent."""
    paging.acknowledge_in(page.id, person.id, now=case.now)
    cancel_in(page_ids=[page.id], kinds=["page"], now=case.now)


def set_hold(case: Case, hold: Hold) -> None:
    """Put owner and acting on the incident; the caller saves them."""
    people = Person.objects.in_bulk({each for each in (hold.owner, hold.acting) if each is not None})
    case.incident.owner = people[hold.owner] if hold.owner is not None else None
    case.incident.acting = people[hold.acting] if hold.acting is not None else None


def owner_is_silent(case: Case) -> bool:
    """Did the engine trigger the page again because its owner said nothing, and has neither they nor anybody acknowledged since?"""
    if case.incident.owner_id is None or not is_waiting(case.respond):
        return False
    taken = latest(case, "acknowledged", "owner")
    story = case.incident.timeline.filter(id__gt=taken.id if taken else 0)
    again = story.filter(kind="escalated", actor_id=None, via="engine").order_by("-id").first()
    return again is not None and not story.filter(id__gt=again.id, actor_id=case.incident.owner_id).exists()


@transaction.atomic(durable=True)
def give_back(number: int, reason: str, *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    """Whoever has it cannot go on: its page is triggered again. The owner stays until somebody acknowledges, who then owns it.

    From step 1; from step 2 when the giver is whom step 1 asks. One that nobody has any more is triggered, as before any acknowledgement.

    Raises NotAllowed unless the person owns it or acts on it, Invalid without a reason.
    """
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    if case.resolved:
        return is_resolved(case)
    if not reason.strip():
        raise Invalid("Say why you give it back, so that whoever takes it knows.", field="reason")
    incident = case.incident
    if person.id not in (incident.owner_id, incident.acting_id):
        raise NotAllowed(f"Only whoever has #{number} can give it back: {who_has(case)}.")
    page = case.respond
    if page is None:
        raise Refused(f"The page of #{number} is over. Escalate to page somebody again.")
    if is_waiting(page):
        return outcome(case, f"#{number} waits for somebody already.", won=False)
    owns = person.id == incident.owner_id
    set_hold(case, Hold(owner=incident.owner_id, acting=None if owns else incident.owner_id))
    case.because = "given back"
    if incident.owner_id is None:
        incident.status = Incident.Status.TRIGGERED
    case.tell(
        "given_back", f"{person.name} gave it back: {reason.strip()}", page=page, reason=reason.strip(), by_owner=owns, **hold_of(case)
    )
    case.record("page.give_back", page=page, reason=reason.strip())
    finish_in(case, "owner", "acting", "status")
    paging.start_again_in(page.id, now=now, skip_first=_was_asked_first(page, person))
    return outcome(case, f"#{number} is being paged again. {who_has(case)} until somebody acknowledges.")


def source_ack_in(incident_ids: list[int], *, source: str, now: dt.datetime) -> None:
    """The source acknowledged its alert. It is no person: a line of the story, nothing else (P26).

    Only where the service says `source_ack: stops` does the on-call of the current step own it, and is told.
    """
    actor = Actor(name=source, via="source")
    for incident_id in sorted(set(incident_ids)):
        case = lock_in(incident_id, actor=actor, now=now)
        if case is None or case.resolved:
            continue
        person = _asked_last(case) if is_waiting(case.respond) and _source_stops(case.incident) else None
        means = (
            "That makes no owner here." if person is None else f"The service lets that stop the page: {person.name} was asked and has it."
        )
        case.tell("source_acknowledged", f"{source} says that somebody acknowledged it there. {means}", page=case.respond)
        if person is None:
            finish_in(case)
            continue
        take_in(case, person, case.respond)
        tell_person_in(case, [person.id], f"{source} stopped the page: #{case.incident.number} is yours.")


def _was_asked_first(page: Page, person: Person) -> bool:
    """Is this one of those whom step 1 asked? Asking them again would lose its wait."""
    first = Firing.objects.filter(page=page, step=0, kind="step").order_by("-n").first()
    return first is not None and person.id in first.people


def _source_stops(incident: Incident) -> bool:
    return incident.service is not None and incident.service.source_ack == "stops"


def _asked_last(case: Case) -> Person | None:
    """The first of those whom the current step asked. Whoever was paged by hand besides has no watch, and a reminder is no step."""
    firing = Firing.objects.filter(page=case.respond).exclude(kind__in=("manual", "ping", "cleared")).order_by("-n").first()
    people = Person.objects.filter(is_active=True).in_bulk(firing.people) if firing else {}
    return next((people[each] for each in (firing.people if firing else []) if each in people), None)


def _asked_to_take_over(case: Case, person: Person) -> bool:
    """Did the latest acknowledgement make this person act for a silent owner, who has said nothing since?"""
    if case.incident.acting_id != person.id or case.incident.owner_id in (None, person.id):
        return False
    line = latest(case, "acknowledged", "owner")
    if line is None or line.actor_id != person.id or not line.data.get("ask_take_over"):
        return False
    return not case.incident.timeline.filter(id__gt=line.id, actor_id=case.incident.owner_id).exists()


def _was_given_back(case: Case) -> bool:
    """Did its owner give it back, and has nobody acknowledged it since?"""
    line = latest(case, "given_back", "acknowledged", "owner")
    return line is not None and line.kind == "given_back" and bool(line.data.get("by_owner"))


def _second_in(case: Case, person: Person) -> Outcome:
    """Somebody has it already: this person (nothing to do), or another (they are told)."""
    incident = case.incident
    if person.id in (incident.owner_id, incident.acting_id):
        if case.respond is not None and case.respond.pinged_at is not None:  # the reminder is answered by the button that it shows
            case.tell("acknowledged", f"{person.name} acknowledged again: still at it.", page=case.respond, **hold_of(case))
            case.record("page.acknowledge", page=case.respond, won=True, again=True)
            finish_with_word_in(case)
        return outcome(case, f"You have #{incident.number} already.")
    answered_in(case)
    _lost_in(case, person)
    return outcome(case, f"{who_has(case)}{_since(case)}.", won=False)


def _lost_in(case: Case, person: Person) -> None:
    """Evidence that they tried, once per person and page."""
    page = case.respond
    known = case.incident.timeline.filter(kind="tried_to_acknowledge", actor_id=person.id, page_id=page.id if page else None)
    if not known.exists():
        case.tell("tried_to_acknowledge", f"{person.name} tried to acknowledge: {who_has(case)}.", page=page)
        case.record("page.acknowledge", page=page, won=False)
    finish_in(case)


def _acknowledge_other_in(case: Case, page: Page, person: Person) -> Outcome:
    """The manager engages for coordination: their page is silent, the owner stays whoever it is."""
    number = case.incident.number
    if page.status == Page.Status.RESOLVED:
        return outcome(case, f"That page about #{number} is over. {who_has(case)}.", won=False)
    if page.purpose != Page.Purpose.COORDINATE:
        raise Refused(f"The page about #{number} is ended by answering what it asks, not by acknowledging.")
    if not is_waiting(page):
        return outcome(case, f"#{number} is being coordinated already.", won=page.acknowledged_by_id == person.id)
    silence_in(case, page, person)
    keep_access_in(case, person.id)
    engage_in(case)
    case.tell("acknowledged", f"{person.name} coordinates.", page=page, purpose=page.purpose)
    case.record("page.acknowledge", page=page, won=True)
    finish_in(case)
    return outcome(case, f"You coordinate #{number}. {who_has(case)}.")


def _tell_taken(case: Case, person: Person, page: Page | None, before: Hold, taken: Taken) -> None:
    hold = taken.hold
    moved = hold.owner != before.owner
    did = "acknowledged" if case.person is not None else "has it, and did not acknowledge: the source stopped the page"
    text = f"{person.name} {did}{' and owns it' if moved and hold.owner == person.id and case.person is not None else ''}."
    case.tell("acknowledged", text, page=page, ask_take_over=taken.ask_take_over, **hold_of(case))
    case.record("page.acknowledge", page=page, won=True, owner=hold.owner, acting=hold.acting)
    if moved:
        reason = "" if before.owner is None else case.because
        name = case.incident.owner.name if case.incident.owner else "Nobody"
        case.tell("owner", f"{name} owns it{f' ({reason})' if reason else ''}.", previous=before.owner, reason=reason, **hold_of(case))
        case.record("incident.owner", owner=hold.owner, previous=before.owner, reason=reason)
    if hold.acting not in (before.acting, hold.owner):
        case.tell("acting", f"{person.name} works on it.", previous=before.acting, **hold_of(case))
        case.record("incident.acting", acting=hold.acting, previous=before.acting)


def _tell_others_in(case: Case, person: Person, before: Hold, taken: Taken) -> None:
    """Those who were notified learn who has it; an owner who did not acknowledge themselves learns that they own it, or no longer do."""
    hold, number = taken.hold, case.incident.number
    for engaged in {before.owner, before.acting, person.id} - {hold.owner}:
        if engaged is not None:
            join_in(case.incident.id, engaged, now=case.now)
    tell_status_in(case.incident, status_text(case), except_person=person.id, now=case.now)
    if hold.owner is not None and hold.owner not in (person.id, before.owner):
        keep_access_in(case, hold.owner, "named")
        tell_person_in(case, [hold.owner], f"You have the watch, so you own #{number}. {person.name} acknowledged and works on it.")
    if before.owner is not None and before.owner != person.id:
        reason = f"{person.name} {'took it over' if hold.owner == person.id else 'works on it; you still own it'}."
        tell_person_in(case, [before.owner], reason)


def _taken_message(case: Case, person: Person, taken: Taken) -> str:
    number, owner = case.incident.number, case.incident.owner
    if owner is not None and owner.id == person.id:
        return f"You own #{number}. The others who were notified are told."
    if taken.ask_take_over and owner is not None:
        return f"You work on #{number}. {owner.name} owns it and has been silent: take it over?"
    if owner is not None:
        return f"You work on #{number}. {owner.name} owns it."
    return f"You work on #{number}. It has no owner until it is assigned."


def _why_taken(before: Hold, after: Hold, *, given_back: bool) -> str:
    """Why it is with whom it is after an acknowledgement, for the ledger."""
    if before.owner is None or after.owner == before.owner:
        return "acknowledged"
    return "given back" if given_back else "owner silent"


def who_has(case: Case) -> str:
    owner, acting = case.incident.owner, case.incident.acting
    if owner is None and acting is None:
        return f"Nobody has #{case.incident.number}"
    if owner is None or acting is None or owner.id == acting.id:
        return f"{(owner or acting or case.person).name} has #{case.incident.number}"  # type: ignore[union-attr]
    return f"{owner.name} owns #{case.incident.number}, {acting.name} works on it"


def status_text(case: Case) -> str:
    """What those who were notified are told. Of a restricted one: that it is taken care of, no names."""
    if case.incident.restricted:
        return f"#{case.incident.number} is {'resolved' if case.resolved else 'taken care of'}."
    return f"{who_has(case)}."


def _since(case: Case) -> str:
    page = case.respond
    at = page.acknowledged_at if page else case.incident.acknowledged_at
    return f" since {clock(at)}" if at else ""


def hold_of(case: Case) -> dict[str, Any]:
    """Who has it, as the ledger reads it from the story."""
    return {"owner": case.incident.owner_id, "acting": case.incident.acting_id}
