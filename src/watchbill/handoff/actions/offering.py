"""Somebody offers what they have to the next one. Nothing moves: they have it until the other has read it back and accepted."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.handoff import rules
from watchbill.handoff.actions.telling import KIND_WORDS, ask_in, assignee_in, urgency_of
from watchbill.handoff.models import Handoff
from watchbill.handoff.rules import Words
from watchbill.handoff.selectors.watches import end_of_watch
from watchbill.incidents.models import Incident
from watchbill.incidents.rules import plain
from watchbill.kernel.errors import Invalid, NotAllowed, Refused
from watchbill.people.models import Person
from watchbill.people.permissions import Verb
from watchbill.response.actions.acknowledging import who_has
from watchbill.response.actions.case import Case, clock, engage_in, finish_in, finish_with_word_in, keep_access_in, open_case_in

LINES = ("related", "engaged", "channels", "open_questions", "decisions", "pending")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to offer."""

    to: Person
    words: Words
    kind: str = "shift"
    returns_at: dt.datetime | None = None


@transaction.atomic(durable=True)
def offer(number: int, wanted: Wanted, *, person: Person, actor: Actor, now: dt.datetime) -> Handoff:
    """Offer one incident. Raises Invalid with what is missing, NotAllowed for whoever does not have it, Refused when it cannot be now."""
    return _offer_in(open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now), wanted, person)


@transaction.atomic(durable=True)
def offer_all(wanted: Mapping[int, Wanted], *, person: Person, actor: Actor, now: dt.datetime) -> list[Handoff]:
    """One document for the end of a watch: an offer for each incident, all of them or none, in the order of their numbers."""
    if not wanted:
        raise Invalid("Choose at least one incident to hand over.", field="number")
    batch = uuid.uuid4()
    ids = dict(Incident.objects.filter(number__in=wanted).values_list("number", "id"))
    made = []
    for number in sorted(
        wanted, key=lambda each: ids.get(each, 0)
    ):  # locks in one order, so that two at a time do not wait for one another
        case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
        made.append(_offer_in(case, wanted[number], person, batch=batch))
    return made


@transaction.atomic(durable=True)
def keep_draft(number: int, wanted: Wanted | None, words: Words, *, person: Person, actor: Actor, now: dt.datetime) -> Handoff:
    """Keep what is written so far; it is seen by nobody else. Raises Invalid for what is too long."""
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    _has_it(case, person)
    words = _clean(words)
    if problem := rules.too_long(words):
        raise Invalid(problem.why, field=problem.field)
    values = {**_columns(words), "receiver": wanted.to if wanted else None, "kind": wanted.kind if wanted else "shift"}
    values["returns_at"] = wanted.returns_at if wanted else None
    row, made = Handoff.objects.update_or_create(
        incident=case.incident, giver=person, state=Handoff.State.DRAFT, defaults=values, create_defaults={**values, "created_at": now}
    )
    if made:
        case.record("handoff.draft", handoff=row.id)
    finish_in(case)
    return row


def offer_in(case: Case, handoff: Handoff) -> None:
    """The receiver is asked from now on. The caller has written the row and closes the act."""
    incident, receiver = case.incident, handoff.receiver
    assert receiver is not None
    keep_access_in(case, receiver.id, "named")
    back = f", back {clock(handoff.returns_at)}" if handoff.returns_at and handoff.kind == "break" else ""
    text = f"{handoff.giver.name} offers it to {receiver.name} ({KIND_WORDS[handoff.kind]}{back}). Nothing moves before {receiver.name} accepts."
    case.tell("handoff_offered", text, handoff=handoff.id, to=receiver.id)
    case.record("handoff.offer", handoff=handoff.id, to=receiver.id, handoff_kind=handoff.kind)
    reason = f"{handoff.giver.name} hands it to you ({KIND_WORDS[handoff.kind]}): read it back and accept, or decline."
    ask_in(incident, handoff, [receiver.id], reason, urgency=urgency_of(incident), now=case.now)
    assignee_in(case)  # else it moves when it is accepted


def schedule(handoff: Handoff) -> rules.Offer:
    """What the rules need to know of an offer."""
    assert handoff.offered_at is not None
    assert handoff.expires_at is not None
    return rules.Offer(
        handoff.kind,
        handoff.offered_at,
        handoff.expires_at,
        handoff.shift_ends_at,
        reminded=handoff.reminded_at is not None,
        paged=handoff.paged_at is not None,
        escalated=handoff.escalated_at is not None,
    )


def begin(handoff: Handoff, *, now: dt.datetime) -> None:
    """Set the times of an offer that is made now; the caller saves it."""
    incident = handoff.incident
    handoff.state = Handoff.State.OFFERED
    handoff.offered_at, handoff.expires_at = now, now + rules.LASTS
    handoff.shift_ends_at = end_of_watch(incident.team_id, handoff.giver_id, now=now) if handoff.kind == "shift" else None
    handoff.watch_ends_at = end_of_watch(incident.team_id, handoff.receiver_id, now=now) if handoff.kind == "shift" else None
    handoff.due_at = rules.look(schedule(handoff), now=now).again_at


def _offer_in(case: Case, wanted: Wanted, person: Person, batch: uuid.UUID | None = None) -> Handoff:
    incident, now = case.incident, case.now
    if case.resolved:
        raise Refused(f"#{incident.number} is resolved: there is nothing to hand over. Reopen it when it is not over.")
    _has_it(case, person)
    words = _clean(wanted.words)
    _check_words(words)
    _check_receiver(case, wanted, person)
    standing = Handoff.objects.filter(incident=incident, state=Handoff.State.OFFERED).select_related("receiver", "giver").first()
    if standing is not None and standing.receiver is not None:
        raise Refused(f"#{incident.number} is offered to {standing.receiver.name} already. Wait for the answer, or withdraw that offer.")
    row = Handoff.objects.filter(incident=incident, giver=person, state=Handoff.State.DRAFT).first()
    row = row or Handoff(incident=incident, giver=person, created_at=now)
    for name, value in _columns(words).items():
        setattr(row, name, value)
    row.incident, row.giver, row.receiver, row.batch = incident, person, wanted.to, batch
    row.kind, row.returns_at = wanted.kind, wanted.returns_at
    begin(row, now=now)
    row.save()
    engage_in(case)
    offer_in(case, row)
    finish_with_word_in(case)
    return row


def _has_it(case: Case, person: Person) -> None:
    if person.id not in (case.incident.owner_id, case.incident.acting_id):
        raise NotAllowed(f"Only whoever has #{case.incident.number} can hand it over: {who_has(case)}.")


def _check_words(words: Words) -> None:
    gaps = rules.missing(words)
    if gaps:
        listed = [{"field": gap.field, "why": gap.why} for gap in gaps]
        raise Invalid(f"It cannot be offered yet. {' '.join(gap.why for gap in gaps)}", field=gaps[0].field, missing=listed)
    if problem := rules.too_long(words):
        raise Invalid(problem.why, field=problem.field)


def _check_receiver(case: Case, wanted: Wanted, person: Person) -> None:
    incident, now = case.incident, case.now
    if wanted.kind not in rules.KINDS:
        raise Invalid(f"The kind is {wanted.kind!r}; it can be shift, break or permanent.", field="kind")
    if wanted.returns_at is not None:
        if wanted.kind != "break":
            raise Invalid("Only a break has a time of return. Leave it out, or choose a break.", field="returns_at")
        if not now < wanted.returns_at <= now + rules.LONGEST_BREAK:
            raise Invalid("A break ends after now and within 7 days. For longer, hand it over for good.", field="returns_at")
    if not wanted.to.is_active:
        raise Invalid(f"The account of {wanted.to.name} is closed. Choose somebody else.", field="to")
    if problem := rules.why_not(wanted.kind, incident.team.ownership, case.hold, person.id, wanted.to.id):
        raise Invalid(problem, field="to")


def _clean(words: Words) -> Words:
    """As it can be kept: no NUL, no empty lines at the end of lists."""
    return Words(
        summary=plain(words.summary).strip(),
        bridge=plain(words.bridge).strip(),
        next_steps=tuple(
            rules.Step(plain(step.who).strip(), plain(step.what).strip())
            for step in words.next_steps
            if step.who.strip() or step.what.strip()
        ),
        **{name: tuple(text for line in getattr(words, name) if (text := plain(line).strip())) for name in LINES},
    )


def _columns(words: Words) -> dict[str, Any]:
    return {
        "summary": words.summary,
        "bridge": words.bridge,
        "next_steps": [{"who": step.who, "what": step.what} for step in words.next_steps],
        **{name: list(getattr(words, name)) for name in LINES},
    }
