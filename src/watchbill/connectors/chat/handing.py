"""Hand an incident over in a chat: the acts, rules and records of the pages, in a form. What is known of a restricted one stays out of chats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from watchbill.connectors.chat.callers import Caller, open_talk
from watchbill.handoff import actions
from watchbill.handoff.actions import Wanted
from watchbill.handoff.lines import words_in
from watchbill.handoff.models import Handoff
from watchbill.handoff.rules import Words
from watchbill.handoff.selectors import draft_of, open_offer, words_of
from watchbill.handoff.selectors.drafting import draft_words, who_could
from watchbill.incidents.models import Incident
from watchbill.kernel.errors import Invalid, NotAllowed, Refused
from watchbill.people.models import Membership, Person
from watchbill.people.selectors import viewer_of

THERE = "Hand it over there"
MOST_PEOPLE = 100  # that a form of a chat lets one choose from
KINDS = {"shift": "My watch ends", "break": "A break: I come back", "permanent": "For good: the other owns it"}


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form of an offer begins with. `people`: (handle, name and why they), whoever has the watch next first."""

    number: int
    people: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...]
    words: Words


def draft(number: int, who: Caller) -> Draft:
    """Raises NotAllowed for whoever does not have it, Refused while it is offered or where it is restricted."""
    found, viewer = open_talk(number, who, THERE), viewer_of(who.person)
    if who.person.id not in (found.owner_id, found.acting_id) or found.status != Incident.Status.ACKNOWLEDGED:
        raise NotAllowed(f"Only whoever has #{number} can hand it over.")
    standing = open_offer(viewer, found)
    if standing is not None and standing.receiver is not None:
        raise Refused(f"#{number} is offered to {standing.receiver.name} already.")
    kept = draft_of(viewer, found)
    words = words_of(kept) if kept is not None else draft_words(found, who.person)
    kinds = tuple((kind, said) for kind, said in KINDS.items() if kind != "permanent" or found.owner_id == who.person.id)
    return Draft(number, tuple(_people(found, who)), kinds, words)


def offer(number: int, said: Mapping[str, str], who: Caller) -> str:
    """What the form says becomes an offer. Raises Invalid, with the field, for what is missing."""
    open_talk(number, who, THERE)
    to = Person.objects.filter(handle=said.get("to", ""), is_active=True).first()
    if to is None:
        raise Invalid("Choose who has it next.", field="to")
    made = actions.offer(number, Wanted(to, words_in(said), said.get("kind", "shift")), person=who.person, actor=who.actor, now=who.now)
    return f"{to.name} is asked. #{number} is yours until they accept. Hand-off {made.id}."


def asked(number: int, who: Caller) -> Handoff:
    """The offer that waits for this person's answer. Raises Refused when there is none, NotAllowed when it is somebody else's."""
    row = open_offer(viewer_of(who.person), open_talk(number, who, "Read it and answer there"))
    if row is None or row.receiver is None:
        raise Refused(f"No hand-off of #{number} waits for an answer.")
    if row.receiver_id != who.person.id:
        raise NotAllowed(f"#{number} is offered to {row.receiver.name}: only they can answer.")
    return row


def accept(handoff_id: int, readback: str, who: Caller) -> str:
    """Read back and taken. Raises Invalid without a read-back."""
    row = actions.accept(handoff_id, readback, person=who.person, actor=who.actor, now=who.now)
    return f"You have #{row.incident.number} now; {row.giver.name} is told."


def decline(handoff_id: int, why: str, who: Caller) -> str:
    """No, and why."""
    row = actions.decline(handoff_id, why, person=who.person, actor=who.actor, now=who.now)
    return f"Declined; {row.giver.name} is told and keeps #{row.incident.number}."


def _people(found: Incident, who: Caller) -> list[tuple[str, str]]:
    could = [(person.handle, f"{person.name}: {why}") for person, why in who_could(found, who.person, now=who.now)]
    known = {handle for handle, _ in could} | {who.person.handle}
    team = Membership.objects.filter(team_id=found.team_id, person__is_active=True).select_related("person").order_by("person__name")
    others = [(each.person.handle, each.person.name) for each in team if each.person.handle not in known]
    return [*could, *others][:MOST_PEOPLE]
