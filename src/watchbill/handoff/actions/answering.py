"""The receiver reads back and accepts, asks, or declines; the giver withdraws. Two who accept at once make one: the incident's row is locked first."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import ENGINE, Actor
from watchbill.handoff import rules
from watchbill.handoff.actions.offering import begin, offer_in
from watchbill.handoff.actions.telling import ask_in, assignee_in, quiet_in, record_outside_in, tell_in, urgency_of
from watchbill.handoff.models import Handoff, Question
from watchbill.incidents.actions import join_in
from watchbill.incidents.rules import plain
from watchbill.kernel.errors import AlreadyDone, Invalid, NotAllowed, NotFound, Refused
from watchbill.people.models import Person
from watchbill.people.permissions import Verb
from watchbill.response.actions.acknowledging import hold_of, set_hold, who_has
from watchbill.response.actions.case import Case, clock, finish_in, finish_with_word_in, keep_access_in, lock_in, open_case_in
from watchbill.response.rules import Hold

LONGEST_TEXT = 5000
UNKNOWN = "There is no hand-off {id} here. Look at the incident for its offer."
BECAUSE = {"shift": "hand-off", "break": "break", "permanent": "handed over for good"}
ENDED = {"accepted": "accepted", "declined": "declined", "withdrawn": "withdrawn", "expired": "over, unanswered"}


@transaction.atomic(durable=True)
def accept(handoff_id: int, readback: str, *, person: Person, actor: Actor, now: dt.datetime) -> Handoff:
    """I have read it, this is what I understood, I have it. What the kind moves, moves now.

    Raises Invalid without a read-back, NotAllowed for anybody but the receiver, Refused when it is over.
    """
    case, row = _open_in(handoff_id, person=person, actor=actor, now=now)
    _receiver_only(row, person, "accept")
    _still_open(case, row)
    text = _text(readback, "readback", "Read it back: say in your own words what is going on and what you do first.")
    giver, incident, before = row.giver, case.incident, case.hold
    if giver.id not in (before.owner, before.acting):
        raise Refused(f"{giver.name} has #{incident.number} no more, so they cannot give it: {who_has(case)}.")
    after = rules.moves(row.kind, incident.team.ownership, before, giver.id, person.id)
    row.readback = text
    _end_in(case, row, Handoff.State.ACCEPTED)
    set_hold(case, after)
    case.because = "back from a break" if row.returns_id else BECAUSE[row.kind]
    keep_access_in(case, person.id, "named")
    for engaged in {before.owner, before.acting, giver.id, person.id} - {after.owner, None}:
        join_in(incident.id, engaged or 0, now=now)
    case.tell("handed_over", _taken_text(case, row, before, after), handoff=row.id, readback=text, previous=before.owner, **hold_of(case))
    case.record("handoff.accept", handoff=row.id, owner=after.owner, acting=after.acting, previous=[before.owner, before.acting])
    if after.owner != before.owner:
        case.record("incident.owner", owner=after.owner, previous=before.owner, reason=case.because)
    told = f"{person.name} accepted the hand-off. {who_has(case)}."
    tell_in(case, [giver.id, before.owner, before.acting], told, but=person.id)
    record_outside_in(case, row)
    finish_with_word_in(case, "owner", "acting")
    return row


@transaction.atomic(durable=True)
def decline(handoff_id: int, why: str, *, person: Person, actor: Actor, now: dt.datetime) -> Handoff:
    """No, and why. The owner stays; the giver is told. Raises Invalid without a reason."""
    case, row = _open_in(handoff_id, person=person, actor=actor, now=now)
    _receiver_only(row, person, "decline")
    _still_open(case, row)
    row.why = _text(why, "why", "Say why you decline: whoever offered it reads that and goes on from there.")
    _end_in(case, row, Handoff.State.DECLINED)
    case.tell("handoff_declined", f"{person.name} declined the hand-off: {row.why} {who_has(case)}.", handoff=row.id)
    case.record("handoff.decline", handoff=row.id, why=row.why)
    tell_in(
        case, [row.giver_id, case.incident.owner_id], f"{person.name} declined the hand-off, it is still yours: {row.why}", but=person.id
    )
    finish_with_word_in(case)
    return row


@transaction.atomic(durable=True)
def withdraw(handoff_id: int, *, person: Person, actor: Actor, now: dt.datetime) -> Handoff:
    """The giver takes the offer back; nothing has moved."""
    case, row = _open_in(handoff_id, person=person, actor=actor, now=now)
    if person.id != row.giver_id:
        raise NotAllowed(f"Only {row.giver.name}, who offered it, can withdraw it. Whoever was asked can decline.")
    _still_open(case, row)
    _end_in(case, row, Handoff.State.WITHDRAWN)
    case.tell("handoff_withdrawn", f"{person.name} withdrew the hand-off. {who_has(case)}.", handoff=row.id)
    case.record("handoff.withdraw", handoff=row.id)
    tell_in(
        case, [row.receiver_id, case.incident.owner_id], f"{person.name} withdrew the hand-off: nothing is asked of you.", but=person.id
    )
    finish_with_word_in(case)
    return row


@transaction.atomic(durable=True)
def ask(handoff_id: int, text: str, *, person: Person, actor: Actor, now: dt.datetime) -> Question:
    """The receiver asks before they answer; the giver is notified."""
    case, row = _open_in(handoff_id, person=person, actor=actor, now=now)
    _receiver_only(row, person, "ask")
    _still_open(case, row)
    asked = _text(text, "text", "Write the question.")
    made = Question.objects.create(handoff=row, asked_by=person, text=asked, asked_at=now)
    case.tell("handoff_question", f"{person.name} asks {row.giver.name}: {asked}", handoff=row.id)
    case.record("handoff.ask", handoff=row.id, question=made.id)
    ask_in(
        case.incident, row, [row.giver_id], f"{person.name} asks about the hand-off: {asked}", urgency=urgency_of(case.incident), now=now
    )
    finish_with_word_in(case)
    return made


@transaction.atomic(durable=True)
def reply(question_id: int, text: str, *, person: Person, actor: Actor, now: dt.datetime) -> Question:
    """The giver answers; the receiver is notified."""
    question = Question.objects.filter(pk=question_id).select_related("handoff").first()
    if question is None:
        raise NotFound("There is no such question here.")
    case, row = _open_in(question.handoff_id, person=person, actor=actor, now=now)
    if person.id != row.giver_id:
        raise NotAllowed(f"Only {row.giver.name}, who offered it, answers.")
    _still_open(case, row)
    question.refresh_from_db()
    if question.answered_at is not None:
        raise AlreadyDone("This question is answered already.")
    question.answer = _text(text, "text", "Write the answer.")
    question.answered_by, question.answered_at = person, now
    question.save(update_fields=["answer", "answered_by", "answered_at"])
    case.tell("handoff_answer", f"{person.name} answers: {question.answer}", handoff=row.id)
    case.record("handoff.answer", handoff=row.id, question=question.id)
    reason = f"{person.name} answers: {question.answer}"
    ask_in(case.incident, row, [row.receiver_id or 0], reason, urgency=urgency_of(case.incident), now=now)
    finish_with_word_in(case)
    return question


@transaction.atomic(durable=True)
def come_back(handoff_id: int, *, person: Person, actor: Actor, now: dt.datetime) -> Handoff:
    """A break ends before its time, or had none: it is offered back. Either of the two says so."""
    case, row = _open_in(handoff_id, person=person, actor=actor, now=now)
    if person.id not in (row.giver_id, row.receiver_id):
        raise NotAllowed("Only the two between whom the break is can end it.")
    made = offer_back_in(case, row)
    if made is None:
        raise Refused(f"There is nothing to give back: {who_has(case)}.")
    finish_with_word_in(case)
    return made


def offer_back_in(case: Case, row: Handoff) -> Handoff | None:
    """The return offers itself: the same words, the other way. None when there is nothing to give back, or it is offered already."""
    if row.kind != "break" or row.state != Handoff.State.ACCEPTED or row.returns_id is not None or case.resolved:
        return None
    giver, receiver = row.receiver, row.giver
    if giver is None or case.incident.acting_id != giver.id or not receiver.is_active:
        return None
    if Handoff.objects.filter(incident=case.incident, state=Handoff.State.OFFERED).exists():
        return None
    made = Handoff(incident=case.incident, kind="break", giver=giver, receiver=receiver, returns=row, created_at=case.now)
    for name in ("summary", "related", "engaged", "bridge", "channels", "next_steps", "open_questions", "decisions", "pending"):
        setattr(made, name, getattr(row, name))
    begin(made, now=case.now)
    made.save()
    offer_in(case, made)
    return made


def expire_in(case: Case, row: Handoff, why: str) -> None:
    """Nobody answered, and now it is too late: the owner stays, both are told."""
    row.why = why
    _end_in(case, row, Handoff.State.EXPIRED)
    case.tell("handoff_expired", f"The hand-off from {row.giver.name} is over: {why} {who_has(case)}.", handoff=row.id)
    case.record("handoff.expire", handoff=row.id, why=why)
    tell_in(case, [row.giver_id, row.receiver_id, case.incident.owner_id], f"The hand-off is over: {why} {who_has(case)}.")
    finish_in(case)


def locked_offer_in(handoff_id: int, incident_id: int, *, now: dt.datetime) -> tuple[Case, Handoff] | None:
    """For the engine: the incident, then the offer. None when it is no offer any more."""
    case = lock_in(incident_id, actor=ENGINE, now=now)
    row = _locked(handoff_id)
    return (case, row) if case is not None and row is not None and row.state == Handoff.State.OFFERED else None


def _open_in(handoff_id: int, *, person: Person, actor: Actor, now: dt.datetime) -> tuple[Case, Handoff]:
    """What the person must not learn of is not found; a draft is its giver's alone."""
    unknown = NotFound(UNKNOWN.format(id=handoff_id))
    found = Handoff.objects.filter(pk=handoff_id).exclude(state=Handoff.State.DRAFT).select_related("incident").first()
    if found is None:
        raise unknown
    try:
        case = open_case_in(found.incident.number, Verb.SEE, person=person, actor=actor, now=now)
    except NotFound:
        raise unknown from None
    row = _locked(handoff_id)
    if row is None:
        raise unknown
    return case, row


def _locked(handoff_id: int) -> Handoff | None:
    rows = Handoff.objects.select_for_update(no_key=True, of=("self",)).select_related("giver", "receiver", "incident__team")
    return rows.filter(pk=handoff_id).first()


def _receiver_only(row: Handoff, person: Person, act: str) -> None:
    if person.id != row.receiver_id:
        raise NotAllowed(f"Only {row.receiver.name if row.receiver else 'whoever was asked'}, to whom it is offered, can {act}.")


def _still_open(case: Case, row: Handoff) -> None:
    if row.state != Handoff.State.OFFERED:
        when = f" at {clock(row.ended_at)}" if row.ended_at else ""
        raise AlreadyDone(f"This hand-off was {ENDED[row.state]}{when}. {who_has(case)}.")
    if case.resolved:
        raise Refused(f"#{case.incident.number} is resolved: there is nothing to hand over any more.")
    if row.expires_at is not None and row.expires_at <= case.now:
        raise Refused(f"This offer ended at {clock(row.expires_at)}, and nothing moved. It can be offered again.")


def _end_in(case: Case, row: Handoff, state: str) -> None:
    row.state, row.ended_at, row.due_at = state, case.now, None
    row.save(update_fields=["state", "ended_at", "due_at", "readback", "why"])
    assignee_in(case)
    quiet_in(case, row)


def _text(text: str, field: str, why: str) -> str:
    clean = plain(text).strip()
    if not clean:
        raise Invalid(why, field=field)
    if len(clean) > LONGEST_TEXT:
        raise Invalid(f"It has {len(clean)} characters; keep it under {LONGEST_TEXT}.", field=field)
    return clean


def _taken_text(case: Case, row: Handoff, before: Hold, after: Hold) -> str:
    """What the story says: who has what now, and by what words."""
    name = row.receiver.name if row.receiver else ""
    moved = "owns it" if after.owner != before.owner else "works on it"
    owner = case.incident.owner
    stays = f"; {owner.name} stays the owner" if owner is not None and after.owner == before.owner and owner.id != row.receiver_id else ""
    return f"{name} accepted the hand-off from {row.giver.name} and {moved} now{stays}. Read back: {row.readback}"
