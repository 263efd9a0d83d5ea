"""A person's own ways to be reached: add, put in order, remove. What is added counts only after its code was typed in.

The configuration file goes on owning what it named: a contact of the file that is moved or removed here is shown by its next diff as
*changed here*, and kept so.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.kernel import kinds
from watchbill.kernel.errors import AlreadyDone, Invalid, NotFound, Refused
from watchbill.notifications.actions.devices import BY_DEVICE
from watchbill.notifications.addresses import clear, shown, stored
from watchbill.notifications.models import Contact, ContactCode
from watchbill.notifications.rules import MOST_CONTACTS, TELEPHONES, read_address
from watchbill.people.models import Person

BY_ACCOUNT = "account"  # the mail that somebody signs in with


@transaction.atomic(durable=True)
def add_contact(person: Person, kind: str, address: str, *, by: Actor, now: dt.datetime) -> Contact:
    """Add an own contact, unproven: nothing but its code is sent there. The mail of the account stays a contact beside the first own one.

    Raises Invalid for an address that is none, Refused for a kind that does not work here, AlreadyDone for one that is there.
    """
    try:
        kept = read_address(kind, address)
    except ValueError as error:
        raise Invalid(str(error), field="address") from error
    if not (found := kinds.find(kind)).active:
        raise Refused(f"Nothing can be sent by {kind} here: {found.why_not}")
    there = _all_in(person)
    if len(there) >= MOST_CONTACTS:
        raise Refused(f"You have {MOST_CONTACTS} contacts; that is the most. Remove one that you do not use any more, then add this one.")
    if any(each.kind == kind and clear(each.kind, each.address).lower() == kept.lower() for each in there):
        raise AlreadyDone("You have this contact already.")
    is_mail = kind == "email" and kept.lower() == person.email.lower()
    position = _keep_mail_in(person, there, is_mail=is_mail, now=now)
    proof: dict[str, Any] = {"verified_at": now, "verified_by": BY_ACCOUNT} if is_mail else {}
    made = Contact.objects.create(person=person, kind=kind, address=stored(kind, kept), position=position, own=True, **proof)
    record_in([_evidence("contact.add", made, person)], by=by, now=now)
    return made


@transaction.atomic(durable=True)
def remove_contact(person: Person, contact_id: int, *, by: Actor, now: dt.datetime) -> Contact:
    """Nothing is sent there any more; attempts go on naming it. Raises NotFound when it is not theirs."""
    there = _all_in(person)
    contact = _one_of(there, contact_id)
    contact.removed_at = now
    contact.save(update_fields=["removed_at"])
    ContactCode.objects.filter(contact=contact, ended_at=None).update(ended_at=now)
    record_in([_evidence("contact.remove", contact, person)], by=by, now=now)
    return contact


@transaction.atomic(durable=True)
def move_contact(person: Person, contact_id: int, places: int, *, by: Actor, now: dt.datetime) -> Contact:
    """Up (negative) or down in the order. At the end of it nothing changes."""
    there = _all_in(person)
    contact = _one_of(there, contact_id)
    before = there.index(contact)
    after = min(max(before + places, 0), len(there) - 1)
    there.insert(after, there.pop(before))
    changed = [each for position, each in enumerate(there) if each.position != position]
    for position, each in enumerate(there):
        each.position = position
    Contact.objects.bulk_update(changed, ["position"])
    if after != before:
        record_in([_evidence("contact.move", contact, person, place=after + 1)], by=by, now=now)
    return contact


def _all_in(person: Person) -> list[Contact]:
    """Everything but devices, in order. Who changes contacts of one person does it one after the other."""
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    rows = Contact.objects.filter(person=person, removed_at=None).exclude(verified_by=BY_DEVICE)
    return list(rows.order_by("position", "id"))


def _keep_mail_in(person: Person, there: list[Contact], *, is_mail: bool, now: dt.datetime) -> int:
    """Without any contact the mail of the account is used; from the first own one on it is a contact as every other."""
    if there:
        return there[-1].position + 1
    if not person.email or is_mail:
        return 0
    Contact.objects.create(person=person, kind="email", address=person.email, position=0, own=True, verified_at=now, verified_by=BY_ACCOUNT)
    return 1


def _one_of(there: list[Contact], contact_id: int) -> Contact:
    found = next((each for each in there if each.pk == contact_id), None)
    if found is None:
        raise NotFound("You have no such contact.")
    return found


def _evidence(action: str, contact: Contact, person: Person, **more: Any) -> Entry:
    detail = {"handle": person.handle, "kind": contact.kind, "address": _brief(contact), **more}
    return Entry(action, "contact", str(contact.pk), detail=detail)


def _brief(contact: Contact) -> str:
    """Enough to tell it from others, and no more: whoever reads the audit need not learn a private number or what a webhook's path hides."""
    if contact.kind in TELEPHONES:
        return f"...{contact.address[-4:]}"
    if contact.kind == "webhook":
        return urlsplit(contact.address).hostname or ""
    return shown(contact.kind, contact.address, contact.secret_env)
