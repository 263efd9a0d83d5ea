"""Make, replace and revoke the keys by which monitors speak to a service. A key is shown once; only its hash is kept."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.incidents.models import Service
from watchbill.intake.models import Heartbeat, IntegrationKey
from watchbill.intake.rules import ACTIVE_KINDS, KEY_CHARACTERS, KINDS, MAPPED_KINDS, digest_of, mapping
from watchbill.kernel import bus
from watchbill.kernel.errors import AlreadyDone, Invalid, NotFound

LONGEST_OVERLAP = dt.timedelta(days=90)


@transaction.atomic(durable=True)
def create_key(service: Service | str, kind: str = "events", name: str = "", *, by: Actor, now: dt.datetime) -> tuple[IntegrationKey, str]:
    """A new key of a service (or of the service with this name), and its 32 characters. Audited without them."""
    of = _service(service)
    if kind not in KINDS:
        raise Invalid(f"There is no kind of key named {kind!r}; expected one of {', '.join(KINDS)}.")
    if kind not in ACTIVE_KINDS:
        raise Invalid(f"Keys of kind {kind} are not active yet; make one of kind {' or '.join(ACTIVE_KINDS)}.")
    return make_key_in(of, kind, name, by=by, now=now)


def make_key_in(
    service: Service, kind: str, name: str, *, by: Actor, now: dt.datetime, heartbeat: Heartbeat | None = None
) -> tuple[IntegrationKey, str]:
    """The key and its characters, audited without them, in the open transaction."""
    key, secret = _made(service, kind, name, now=now, heartbeat=heartbeat)
    record_in([_entry("key.create", key, service)], by=by, now=now)
    bus.signal(bus.KEYS)
    return key, secret


@transaction.atomic(durable=True)
def rotate_key(key_id: int, overlap: dt.timedelta, *, by: Actor, now: dt.datetime) -> tuple[IntegrationKey, str]:
    """A new key in the place of this one, which goes on working for the overlap. The new one has its name and its mapping."""
    if not dt.timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Invalid(f"The old key can go on working for up to {LONGEST_OVERLAP.days} days; 24h is usual.")
    old = _locked(key_id)
    if old.revoked_at is not None or (old.ends_at is not None and old.ends_at <= now):
        raise AlreadyDone(f"Key {key_id} takes no events any more; make a new one with `watchbill key create`.")
    follower = IntegrationKey.objects.filter(follows=old).first()
    if follower is not None:
        raise AlreadyDone(f"Key {key_id} was replaced by key {follower.id} already; rotate that one.")
    key, secret = _made(old.service, old.kind, old.name, now=now, mapping=old.mapping, heartbeat=old.heartbeat, follows=old)
    old.ends_at = min(now + overlap, old.ends_at) if old.ends_at else now + overlap
    old.save(update_fields=["ends_at"])
    record_in([_entry("key.rotate", old, old.service, to=key.id, ends_at=old.ends_at.isoformat())], by=by, now=now)
    bus.signal(bus.KEYS)
    return key, secret


@transaction.atomic(durable=True)
def set_mapping(key_id: int, wanted: Mapping[str, Any], *, by: Actor, now: dt.datetime) -> IntegrationKey:
    """Where the fields of an alert stand in what this key's monitor sends. Empty: by their usual names. Counts for events from now on."""
    if found := mapping.problems(wanted):
        raise Invalid(" ".join(found))
    key = _locked(key_id)
    if key.kind not in MAPPED_KINDS:
        raise Invalid(f"Key {key_id} is of kind {key.kind}, whose format is known; a mapping is for keys of kind generic.")
    before, key.mapping = key.mapping or {}, dict(wanted) or None
    key.save(update_fields=["mapping"])
    record_in([_entry("key.mapping", key, key.service, before=before, after=key.mapping or {})], by=by, now=now)
    return key


@transaction.atomic(durable=True)
def revoke_key(key_id: int, *, by: Actor, now: dt.datetime) -> IntegrationKey:
    """From now on this key opens nothing; every front door knows it at once, and within a second when a signal was lost."""
    key = _locked(key_id)
    if key.revoked_at is not None:
        raise AlreadyDone(f"Key {key_id} was revoked already.")
    key.revoked_at = now
    key.save(update_fields=["revoked_at"])
    record_in([_entry("key.revoke", key, key.service)], by=by, now=now)
    bus.signal(bus.KEYS)
    return key


def _service(service: Service | str) -> Service:
    if isinstance(service, Service):
        return service
    found = Service.objects.filter(name=service, is_active=True).first()
    if found is None:
        raise NotFound(f"There is no service named {service!r}; `watchbill export` shows those that exist.")
    return found


def _made(of: Service, kind: str, name: str, *, now: dt.datetime, **more: Any) -> tuple[IntegrationKey, str]:
    secret = secrets.token_hex(KEY_CHARACTERS // 2)
    fields = {"service": of, "kind": kind, "name": name, "digest": digest_of(secret), "hint": secret[-4:], "created_at": now, **more}
    return IntegrationKey.objects.create(**fields), secret


def _locked(key_id: int) -> IntegrationKey:
    key = IntegrationKey.objects.select_for_update(of=("self",)).select_related("service").filter(pk=key_id).first()
    if key is None:
        raise NotFound(f"There is no key {key_id}; `watchbill key list` shows those that exist.")
    return key


def _entry(action: str, key: IntegrationKey, service: Service, **more: Any) -> Entry:
    return Entry(
        action=action,
        kind="key",
        object_id=str(key.id),
        team_id=service.team_id,
        restricted=service.restricted,
        detail={"service": service.name, "kind": key.kind, "hint": key.hint, **more},
    )
