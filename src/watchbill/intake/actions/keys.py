"""Make and revoke the keys by which monitors speak to a service. A key is shown once; only its hash is kept."""

from __future__ import annotations

import datetime as dt
import secrets

from django.db import transaction

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.incidents.models import Service
from watchbill.intake.models import Heartbeat, IntegrationKey
from watchbill.intake.rules import KEY_CHARACTERS, digest_of
from watchbill.kernel import bus
from watchbill.kernel.errors import AlreadyDone, Invalid, NotFound

ACTIVE_KINDS = ("events", "alertmanager")
KINDS = (*ACTIVE_KINDS, "grafana", "opsgenie", "generic", "email")


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
    secret = secrets.token_hex(KEY_CHARACTERS // 2)
    key = IntegrationKey.objects.create(
        service=service, kind=kind, name=name, digest=digest_of(secret), hint=secret[-4:], created_at=now, heartbeat=heartbeat
    )
    record_in([_entry("key.create", key, service)], by=by, now=now)
    bus.signal(bus.KEYS)
    return key, secret


@transaction.atomic(durable=True)
def revoke_key(key_id: int, *, by: Actor, now: dt.datetime) -> IntegrationKey:
    """From now on this key opens nothing; every front door knows it at once, and within a second when a signal was lost."""
    key = IntegrationKey.objects.select_for_update(of=("self",)).select_related("service").filter(pk=key_id).first()
    if key is None:
        raise NotFound(f"There is no key {key_id}; `watchbill key list` shows those that exist.")
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


def _entry(action: str, key: IntegrationKey, service: Service) -> Entry:
    return Entry(
        action=action,
        kind="key",
        object_id=str(key.id),
        team_id=service.team_id,
        restricted=service.restricted,
        detail={"service": service.name, "kind": key.kind, "hint": key.hint},
    )
