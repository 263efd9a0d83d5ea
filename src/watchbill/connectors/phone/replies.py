"""What does somebody who answers a text message want? `A 418`, `A`, `R 418`, `E 418`, STOP, START, HELP."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from watchbill.audit.actions import Actor
from watchbill.connectors.phone.acts import ACKNOWLEDGE, ESCALATE, RESOLVE, act
from watchbill.connectors.phone.receiving import once
from watchbill.connectors.sms.texts import HELP
from watchbill.incidents.models import Incident
from watchbill.notifications.actions import Told, answer_drill, silence, speak_again
from watchbill.notifications.models import Contact, Notification, Receipt
from watchbill.notifications.rules import Verdict, e164
from watchbill.notifications.selectors import last_text_to, owners_of, page_told_last, pages_in
from watchbill.people.models import Person

VIA = "sms"
ANSWERS_FOR = dt.timedelta(hours=24)  # so long `A` alone means the last message
REFUSED_ONCE_IN = dt.timedelta(hours=1)  # an unknown number is told so once, so that two robots do not talk
WORDS = {"a": ACKNOWLEDGE, "ack": ACKNOWLEDGE, "r": RESOLVE, "e": ESCALATE}
STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit"})
START = frozenset({"start", "unstop"})
MOST_NUMBERS = 20
NOT_KNOWN = "This number is no proven contact here: nothing was done. Sign in instead."
SHARED = "This number belongs to several people here, so nobody knows who answers: nothing was done. Sign in instead."
DRILL_ANSWERED = "Thank you: this number reaches you."
NOTHING_SENT = "No message of the last 24 hours waits for an answer: nothing was done. Name the incident, as A 418."


@dataclass(frozen=True, slots=True)
class Asked:
    """What was written. `what`: an act, stop, start or help; no numbers: everything of the last message."""

    what: str
    numbers: tuple[int, ...] = ()


def read(text: str) -> Asked:
    """Read an answer. Whatever is not understood asks for help, and never acts."""
    word, _, rest = " ".join(text.lower().split()).partition(" ")
    if compact := re.fullmatch(r"([are])#?([0-9]{1,18})", word):
        word, rest = compact[1], f"{compact[2]} {rest}"
    if not rest and word in STOP:
        return Asked("stop")
    if not rest and word in START:
        return Asked("start")
    numbers = re.split(r"[ ,]+", rest.strip()) if rest.strip() else []
    plain = [number.removeprefix("#") for number in numbers]
    if word not in WORDS or len(plain) > MOST_NUMBERS or not all(re.fullmatch(r"[0-9]{1,18}", number) for number in plain):
        return Asked("help")
    return Asked(WORDS[word], tuple(dict.fromkeys(int(number) for number in plain)))


def answer(provider: str, sid: str, sender: str, text: str, *, now: dt.datetime) -> str:
    """Do what a message from that number asks for; what to answer, or nothing. The same message twice is done once."""
    number = e164(sender)
    contacts = owners_of(number) if number else []
    people = {contact.person.id: contact.person for contact in contacts}
    told = Told(provider, sid, "reply", detail="" if people else _unknown(number or sender))
    if len(people) != 1:
        return once(told, lambda: None, lambda: _refuse(people, told, now), now=now)
    (person,) = people.values()
    asked = read(text)
    found: list[Notification] = []

    def about() -> Notification | None:
        return found[0] if found else None

    do = _doing(asked, person, contacts, found, now)
    return once(Told(provider, sid, "reply", Verdict.REACHED, "answered", person_id=person.pk), about, do, now=now)


def _doing(asked: Asked, person: Person, contacts: list[Contact], found: list[Notification], now: dt.datetime) -> Callable[[], str]:
    def do() -> str:
        last = last_text_to([contact.pk for contact in contacts], since=now - ANSWERS_FOR)
        if last is not None:
            found.append(last)
        if asked.what in ("stop", "start"):
            return _set(asked.what, person, contacts, now)
        if asked.what == "help":
            return HELP
        return _act(asked, person, last, now)

    return do


def _act(asked: Asked, person: Person, last: Notification | None, now: dt.datetime) -> str:
    if asked.numbers:
        ids = dict(Incident.objects.filter(number__in=asked.numbers).values_list("number", "id"))
        on = [(number, page_told_last(person.pk, ids[number]) if number in ids else None) for number in asked.numbers]
    elif last is not None and last.content.get("drill"):
        return DRILL_ANSWERED if asked.what == ACKNOWLEDGE and answer_drill(last, via=VIA, now=now) else HELP
    else:
        pages = pages_in(last.pk) if last is not None else []
        if not pages:
            return NOTHING_SENT
        numbers = dict(Incident.objects.filter(id__in=[incident for incident, _ in pages]).values_list("id", "number"))
        on = [(numbers[incident], page) for incident, page in pages if incident in numbers]
        if asked.what != ACKNOWLEDGE and len(on) > 1:
            return f"The last message named {len(on)} incidents. Say which, as {asked.what[0].upper()} {on[0][0]}. Nothing was done."
    return " ".join(act(asked.what, on, person=person, via=VIA, now=now))


def _set(what: str, person: Person, contacts: list[Contact], now: dt.datetime) -> str:
    actor = Actor(name=person.handle, via=VIA, person_id=person.pk)
    if what == "stop":
        silence(contacts, by=actor, now=now)
        return "You get no more text messages. Pages reach you by your other ways only, and your managers are told. START brings them back."
    changed = speak_again(contacts, by=actor, now=now)
    return "You get text messages again." if changed else "You get text messages. HELP says how to answer them."


def _refuse(people: dict[int, Person], told: Told, now: dt.datetime) -> str:
    if people:
        return SHARED
    recent = Receipt.objects.filter(provider=told.provider, event="reply", detail=told.detail, at__gt=now - REFUSED_ONCE_IN)
    return "" if recent.exists() else NOT_KNOWN


def _unknown(number: str) -> str:
    """Who it was, so that it is told once; the number itself is nobody's here and is not kept."""
    return f"unknown {hashlib.sha256(number.encode()).hexdigest()[:16]}"
