"""Store an event outside of the front door's own connections, for requests that had to look something up first."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.intake.models import Event, IntegrationKey
from watchbill.kernel import bus


@transaction.atomic(durable=True)
def receive(key: IntegrationKey, kind: str, dedup_key: str, body: bytes, *, now: dt.datetime) -> Event:
    """As the front door does: on disk when this returns, and the engine is told."""
    event = Event.objects.create(key=key, service_id=key.service_id, kind=kind, received_at=now, dedup_key=dedup_key, body=body)
    bus.signal(bus.EVENTS)
    return event
