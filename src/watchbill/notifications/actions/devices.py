"""Devices that ring by web push: a person makes their browser ring, tries it, removes it; a push service says that it is gone.

A device is verified by how it was made: its person was signed in on it.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import secrets
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import transaction
from django.db.models import Max

from watchbill.audit.actions import ENGINE, Actor, Entry, record_in
from watchbill.kernel import bus
from watchbill.kernel.errors import Invalid, NotFound, Refused
from watchbill.kernel.secrets import encrypt
from watchbill.notifications.actions.outbox import Row, insert_in
from watchbill.notifications.actions.planning import plan_in
from watchbill.notifications.messages import Ask
from watchbill.notifications.models import Contact, Device
from watchbill.notifications.rules import MOST_DEVICES, NotASubscription, Subscription, label_of, subscription_of
from watchbill.notifications.selectors import opened
from watchbill.people.models import Person

BY_DEVICE = "device"
TEST_TITLE = "This is a test: the device rings"
TEST_REASON = "You asked for it. There is nothing to acknowledge."
AT_MOST_EVERY = dt.timedelta(minutes=1)  # a success is noted so often
MOVED = "Somebody else signed in on this browser and made it ring for them."


@transaction.atomic(durable=True)
def add_device(person: Person, subscription: Any, *, user_agent: str, actor: Actor, now: dt.datetime) -> Device:
    """Make this browser ring for this person. Doing so again changes nothing; of another person it is taken, and they are told.

    Raises Invalid for what is no subscription, Refused when the person has ten devices already.
    """
    given = _read(subscription)
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    hashed = _hash(given.endpoint)
    known = Device.objects.select_related("contact").filter(endpoint_hash=hashed).exclude(subscription="").first()
    if known is not None and known.contact.person_id == person.pk:
        known.subscription, known.last_error, known.last_error_at = _seal(given), "", None
        known.save(update_fields=["subscription", "last_error", "last_error_at"])
        return known
    if known is not None:
        _lose_in(known, MOVED, now=now)
    mine = Contact.objects.filter(person=person, removed_at=None)
    if mine.filter(kind="push", verified_by=BY_DEVICE).count() >= MOST_DEVICES:
        raise Refused(f"{MOST_DEVICES} devices ring for you already. Remove one that you do not use any more, then add this one.")
    last = mine.aggregate(last=Max("position"))["last"]
    contact = Contact.objects.create(
        person=person,
        kind="push",
        address=f"device/{secrets.token_hex(12)}",
        position=(-1 if last is None else last) + 1,
        verified_at=now,
        verified_by=BY_DEVICE,
    )
    made = Device.objects.create(
        contact=contact, endpoint_hash=hashed, subscription=_seal(given), label=label_of(user_agent[:1000]), created_at=now
    )
    record_in([_evidence("device.add", made, person.handle)], by=actor, now=now)
    return made


@transaction.atomic(durable=True)
def remove_device(person: Person, contact_id: int, *, actor: Actor, now: dt.datetime) -> Device:
    """Its person does not want it to ring any more. Raises NotFound when it is not theirs."""
    device = _own_in(person, contact_id)
    _erase_in(device, now=now)
    record_in([_evidence("device.remove", device, person.handle)], by=actor, now=now)
    return device


@transaction.atomic(durable=True)
def try_device(person: Person, contact_id: int, *, now: dt.datetime) -> Device:
    """Queue a test for this device alone. Raises NotFound when it is not theirs."""
    device = _own_in(person, contact_id)
    content = {"number": None, "title": TEST_TITLE, "severity": "", "service": "", "reason": TEST_REASON, "restricted": False}
    raw = msgspec.Raw(msgspec.json.encode({**content, "opened_at": None}))
    insert_in([Row(person.pk, contact_id, "drill", None, None, None, None, "high", 0, now, False, raw)], now=now)
    bus.wake_engine()
    return device


@transaction.atomic(durable=True)
def renew_device(old: Any, new: Any, *, now: dt.datetime) -> None:
    """The browser changed its subscription by itself. Who knows the old one, secret and all, is that browser. Raises NotFound otherwise."""
    before, after = _read(old), _read(new)
    hashed = _hash(before.endpoint)
    device = (
        Device.objects.select_for_update(of=("self",))
        .select_related("contact__person")
        .filter(endpoint_hash=hashed)
        .exclude(subscription="")
        .first()
    )
    if device is None or not secrets.compare_digest(opened(device).auth, before.auth):
        raise NotFound("This device does not ring for anybody. Sign in and choose Ring on this device.")
    if Device.objects.filter(endpoint_hash=_hash(after.endpoint)).exclude(subscription="").exclude(pk=device.pk).exists():
        raise Refused("That subscription belongs to another device.")
    device.endpoint_hash, device.subscription = _hash(after.endpoint), _seal(after)
    device.save(update_fields=["endpoint_hash", "subscription"])
    person = device.contact.person
    by = Actor(name=person.handle, via="push", person_id=person.pk)
    record_in([_evidence("device.renew", device, person.handle)], by=by, now=now)


@transaction.atomic(durable=True)
def device_gone(address: str, why: str, *, now: dt.datetime) -> None:
    """The push service says that nothing more arrives there: the device is removed, and its person told by their other methods."""
    device = _of(address)
    if device is not None and device.subscription:
        _lose_in(device, why, now=now)


def device_heard(address: str, *, now: dt.datetime, error: str = "") -> None:
    """A push service took a message for this device, or did not."""
    if error:
        Device.objects.filter(contact__address=address, contact__kind="push").update(last_error=error[:300], last_error_at=now)
        return
    old = Device.objects.filter(contact__address=address, contact__kind="push").exclude(
        last_success_at__gt=now - AT_MOST_EVERY, last_error=""
    )
    old.update(last_success_at=now, last_error="", last_error_at=None)


def _of(address: str) -> Device | None:
    return Device.objects.select_related("contact__person").filter(contact__kind="push", contact__address=address).first()


def _own_in(person: Person, contact_id: int) -> Device:
    device = (
        Device.objects.select_for_update(of=("self",))
        .select_related("contact")
        .filter(pk=contact_id, contact__person=person, contact__removed_at=None)
        .first()
    )
    if device is None:
        raise NotFound("There is no such device of yours. It may be removed already.")
    return device


def _lose_in(device: Device, why: str, *, now: dt.datetime) -> None:
    person = device.contact.person
    device.gone_why = why[:300]
    _erase_in(device, now=now)
    record_in([_evidence("device.gone", device, person.handle, why=why)], by=ENGINE, now=now)
    told = {
        "number": None,
        "title": f"{device.label} does not ring for you any more",
        "severity": "",
        "service": "",
        "reason": f"{why} To ring again, open your page on that device and choose Ring on this device.",
        "restricted": False,
        "opened_at": None,
    }
    plan_in([Ask(person.pk, "status", None, None, None, None, "low", told, methods="all")], now=now)


def _erase_in(device: Device, *, now: dt.datetime) -> None:
    device.subscription = ""
    device.save(update_fields=["subscription", "gone_why"])
    Contact.objects.filter(pk=device.contact_id, removed_at=None).update(removed_at=now)


def _evidence(action: str, device: Device, handle: str, **more: Any) -> Entry:
    return Entry(action, "contact", str(device.contact_id), detail={"handle": handle, "device": device.label, **more})


def _read(subscription: Any) -> Subscription:
    try:
        given = subscription_of(subscription)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64.urlsafe_b64decode(given.p256dh + "=="))
    except NotASubscription as error:
        raise Invalid(f"This is not a subscription of a browser: {error}.", field="subscription") from error
    except ValueError as error:
        raise Invalid("This is not a subscription of a browser: expected a P-256 point as p256dh.", field="subscription") from error
    return given


def _seal(given: Subscription) -> str:
    return encrypt(json.dumps({"endpoint": given.endpoint, "p256dh": given.p256dh, "auth": given.auth}))


def _hash(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()
