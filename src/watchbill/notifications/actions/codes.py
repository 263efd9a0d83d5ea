"""Verify a person's own contact: a code goes through the channel itself, and its person types it in.

Each code is new, has six digits, lives ten minutes and bears five attempts; five an hour for a person. It is kept as a keyed hash; in the
outbox it waits encrypted.
"""

from __future__ import annotations

import datetime as dt
import secrets

import msgspec
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.kernel import bus, kinds
from watchbill.kernel.errors import AlreadyDone, Invalid, NotFound, Refused
from watchbill.notifications.actions.outbox import Row, insert_in
from watchbill.notifications.contents import sealed
from watchbill.notifications.models import Contact, ContactCode, Notification
from watchbill.people.models import Person

LIFE = dt.timedelta(minutes=10)
HOUR = dt.timedelta(hours=1)
MOST_IN_AN_HOUR = 5
MOST_ATTEMPTS = 5
REASON = "Type it in on your page in Watchbill within ten minutes. If you did not ask for it, do nothing."
PURPOSE = "code"


@transaction.atomic(durable=True)
def send_code(contact_id: int, *, person: Person, by: Actor, now: dt.datetime) -> None:
    """Send a new code; older ones end. NotFound for a contact of somebody else, Refused for the sixth within an hour."""
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)  # one at a time, so that the limit holds
    contact = _own_in(contact_id, person)
    kind = kinds.find(contact.kind)
    if not kind.active:
        raise Refused(f"No code can be sent by {contact.kind}: {kind.why_not}")
    if ContactCode.objects.filter(person=person, created_at__gt=now - HOUR).count() >= MOST_IN_AN_HOUR:
        raise Refused(f"{MOST_IN_AN_HOUR} codes were sent to you within an hour; that is the most. Try again later.")
    ContactCode.objects.filter(contact=contact, ended_at=None).update(ended_at=now)
    waiting = Notification.objects.filter(person=person, contact=contact, state="queued", content__purpose=PURPOSE)
    waiting.update(state="cancelled", finished_at=now)
    code = f"{secrets.randbelow(1_000_000):06}"
    told = {"title": f"Your Watchbill code is {code}", "reason": REASON, "code": code}
    content = sealed(told, number=None, purpose=PURPOSE, restricted=False, path="/you")
    row = Row(person.pk, contact.pk, "drill", None, None, None, None, "high", 0, now, False, msgspec.Raw(msgspec.json.encode(content)))
    insert_in([row], now=now)
    digest = _digest(contact.pk, code)
    ContactCode.objects.create(contact=contact, person=person, digest=digest, created_at=now, expires_at=now + LIFE, notification_id=row.id)
    record_in([Entry("contact.code", "contact", str(contact.pk), detail={"handle": person.handle, "kind": contact.kind})], by=by, now=now)
    bus.wake_engine()


def type_code(contact_id: int, code: str, *, person: Person, by: Actor, now: dt.datetime) -> None:
    """Verify the contact when this is its code. Invalid when it is not; a wrong one is counted. Refused when none is open any more."""
    with transaction.atomic(durable=True):
        contact = _own_in(contact_id, person)
        sent = ContactCode.objects.select_for_update(no_key=True).filter(contact=contact, ended_at=None, expires_at__gt=now).first()
        if sent is None or sent.attempts >= MOST_ATTEMPTS:
            raise Refused("This code is over: it was older than ten minutes, or five wrong ones were typed. Send a new one.")
        right = constant_time_compare(sent.digest, _digest(contact.pk, "".join(code.split())))
        if right:
            sent.ended_at = now
            contact.verified_at, contact.verified_by = now, "code"
            contact.save(update_fields=["verified_at", "verified_by"])
        else:
            sent.attempts += 1
        sent.save(update_fields=["ended_at", "attempts"])
        action = "contact.verify" if right else "contact.wrong_code"
        record_in([Entry(action, "contact", str(contact.pk), detail={"handle": person.handle, "kind": contact.kind})], by=by, now=now)
    if not right:
        left = MOST_ATTEMPTS - sent.attempts
        raise Invalid(f"That is not the code that was sent. {left} attempt{'s are' if left != 1 else ' is'} left.")


def _own_in(contact_id: int, person: Person) -> Contact:
    contact = Contact.objects.select_for_update(no_key=True).filter(pk=contact_id, person=person, removed_at=None).first()
    if contact is None:
        raise NotFound("You have no such contact.")
    if contact.verified_at is not None:
        raise AlreadyDone("This contact is verified already.")
    return contact


def _digest(contact_id: int, code: str) -> str:
    return salted_hmac("watchbill.contact.code", f"{contact_id}.{code}", algorithm="sha256").hexdigest()
