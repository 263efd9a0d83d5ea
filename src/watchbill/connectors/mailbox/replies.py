"""Answers to our own mails: acknowledge, resolve, escalate, or a note, by whoever the mail was sent to.

The address that is answered to carries our signature over the one notification it stands on; the sender must be a proven mail contact of
the person who was notified. Both can be seen by whoever reads that mailbox, as the links in the mail can. A robot is never answered.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.connectors.mailbox import judging, keeping
from watchbill.connectors.mailbox.answers import ACKNOWLEDGE, NOTE, NOTHING, Said, understood
from watchbill.connectors.mailbox.letters import digest
from watchbill.connectors.mailbox.purposes import Arrived
from watchbill.connectors.phone.acts import act
from watchbill.connectors.phone.receiving import once
from watchbill.incidents.models import Incident
from watchbill.intake.models import Mail
from watchbill.kernel.errors import NotFound, WatchbillError
from watchbill.notifications.actions import Told
from watchbill.notifications.actions.answering import tell_one_in
from watchbill.notifications.models import Contact, Notification, Receipt
from watchbill.notifications.rules import Verdict
from watchbill.notifications.selectors import pages_in
from watchbill.notifications.signing import is_reply, read_reply
from watchbill.people.models import Person
from watchbill.response.actions import note

VIA = "mail"
HOUR = dt.timedelta(hours=1)
MOST = 20  # answers to one mail in an hour: two robots that nobody recognized end there
HELP = "Nothing was done: write ack, resolve or escalate as the first line; anything else becomes a note."
NOT_IN_IT = "The mail that you answered does not name #{number}. Nothing was done."
WHICH = "The mail that you answered names {count} incidents. Say which, as {what} {number}. Nothing was done."
FOREIGN = (
    "Somebody answered this mail from {address}, which is no proven contact of yours: nothing was done. If it was you, answer from {own}."
)


def take(arrived: Arrived, now: dt.datetime) -> bool:
    """Do what an answer asks for, once, and tell its writer what became of it. False: it is no answer."""
    tokens = [detail for detail in keeping.details(arrived.letter) if is_reply(detail)]
    if not tokens:
        return False
    verdict, reason = _answered(arrived, tokens[0], now)
    keeping.remember(arrived, verdict, reason, now)
    return True


def _answered(arrived: Arrived, token: str, now: dt.datetime) -> tuple[Mail.Verdict, str]:
    letter = arrived.letter
    try:
        notification = Notification.objects.select_related("person", "contact").filter(pk=read_reply(token)).first()
    except NotFound as error:
        return Mail.Verdict.REFUSED, error.message
    if notification is None or not notification.person.is_active:
        return Mail.Verdict.REFUSED, "The notification that it answers is gone, or its person is."
    if why := judging.why_no_human(letter):
        return Mail.Verdict.REFUSED, why
    recent = Receipt.objects.filter(provider=VIA, notification=notification, at__gt=now - HOUR)
    if recent.count() >= MOST:
        return Mail.Verdict.REFUSED, f"More than {MOST} answers to one mail in an hour."
    own = _own_addresses(notification)
    sid = digest(arrived.raw, letter).hex()
    if letter.sender not in own:
        _tell_foreign(notification, sid, letter.sender or "several addresses", own, now)
        return Mail.Verdict.REFUSED, "Its sender is no proven contact of the person who was notified."
    if why := judging.forged(letter, arrived.mailbox.authserv):
        _tell_foreign(notification, sid, f"{letter.sender}, and the mail server says that it is forged", own, now)
        return Mail.Verdict.REFUSED, why
    said = understood(letter.text)
    told = Told(VIA, sid, "reply", Verdict.REACHED, "answered by mail", person_id=notification.person_id)

    def do() -> str:
        answer = _done(said, notification, now)
        _tell(notification, own[letter.sender], answer, letter.message_id, now)
        return answer

    once(told, lambda: notification, do, now=now)
    return Mail.Verdict.REPLY, said.what


def _own_addresses(notification: Notification) -> dict[str, int | None]:
    """The proven mail addresses of the person, and which contact each is; the account's own when the mail went there."""
    proven = Contact.objects.filter(person=notification.person, kind="email", removed_at=None, verified_at__isnull=False)
    found: dict[str, int | None] = {} if notification.contact_id is not None else {notification.person.email.lower(): None}
    return found | {contact.address.lower(): contact.pk for contact in proven.order_by("-position", "-pk")}


def _done(said: Said, notification: Notification, now: dt.datetime) -> str:
    """Do it, and say how it went."""
    numbers = dict(Incident.objects.filter(pk__in=[i for i, _ in pages_in(notification.pk)]).values_list("pk", "number"))
    on = [(numbers[incident], page) for incident, page in pages_in(notification.pk) if incident in numbers]
    if said.what == NOTHING or not on:
        return HELP
    if said.number:
        on = [(number, page) for number, page in on if number == said.number]
        if not on:
            return NOT_IN_IT.format(number=said.number)
    if said.what != ACKNOWLEDGE and len(on) > 1:
        if said.what == NOTE:
            return f"The mail that you answered names {len(on)} incidents, so nobody knows which your note is about. Open the incident to write it."
        return WHICH.format(count=len(on), what=said.what, number=on[0][0])
    person = notification.person
    answers = [] if said.what == NOTE else act(said.what, on, person=person, via=VIA, now=now)
    if said.note and len(on) == 1:
        answers.append(_noted(on[0][0], said.note, person, now))
    return " ".join(answers)


def _noted(number: int, text: str, person: Person, now: dt.datetime) -> str:
    try:
        note(number, text, person=person, actor=Actor(name=person.handle, via=VIA, person_id=person.pk), now=now)
    except WatchbillError as refusal:
        return refusal.message
    return f"Your note to #{number} is kept."


@transaction.atomic(durable=True)
def _tell(notification: Notification, contact_id: int | None, answer: str, message_id: str, now: dt.datetime) -> None:
    """One mail back."""
    tell_one_in(notification, contact_id, answer, answers=message_id, restricted=_hidden(notification), now=now)


def _tell_foreign(notification: Notification, sid: str, address: str, own: dict[str, int | None], now: dt.datetime) -> None:
    """Tell the person, once an hour, that somebody else answers for them."""
    before = Receipt.objects.filter(provider=VIA, notification=notification, event="foreign", at__gt=now - HOUR).exists()

    def do() -> str:
        text = FOREIGN.format(address=address[:120], own=" or ".join(sorted(own)) or "your own address")
        if not before:
            with transaction.atomic(durable=True):
                tell_one_in(notification, notification.contact_id, text, answers="", restricted=_hidden(notification), now=now)
        return text

    once(Told(VIA, sid, "foreign", detail="refused"), lambda: notification, do, now=now)


def _hidden(notification: Notification) -> str:
    """The code name of a restricted incident; empty for others."""
    return Incident.objects.filter(pk=notification.incident_id or 0, restricted=True).values_list("code_name", flat=True).first() or ""
