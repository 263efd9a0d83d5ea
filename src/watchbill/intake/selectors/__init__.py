"""What came in, and what may come in? Read only; for those who configure the installation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from watchbill.intake.models import Event, Heartbeat, IntegrationKey, Maintenance


def keys(*, all_of_them: bool = False) -> QuerySet[IntegrationKey]:
    """The keys with their services; the revoked ones only when asked for."""
    found = IntegrationKey.objects.select_related("service").order_by("service__name", "id")
    return found if all_of_them else found.filter(revoked_at__isnull=True)


def usable(now: dt.datetime) -> Q:
    """The condition under which a key opens the door."""
    return Q(revoked_at__isnull=True) & (Q(ends_at__isnull=True) | Q(ends_at__gt=now)) & Q(service__is_active=True)


def describe(key: IntegrationKey) -> Mapping[str, Any]:
    """A key as it is listed: never its characters, only the last four."""
    return {
        "id": key.id,
        "service": key.service.name,
        "kind": key.kind,
        "name": key.name,
        "hint": key.hint,
        "created_at": key.created_at,
        "ends_at": key.ends_at,
        "revoked_at": key.revoked_at,
        "last_event_at": key.last_event_at,
    }


def set_aside() -> QuerySet[Event]:
    """Events that could not be taken in, the oldest first: each has its error in `outcome`."""
    return Event.objects.filter(state=Event.State.ASIDE).order_by("id")


def waiting() -> int:
    """How many stored events have not had their effect yet."""
    return Event.objects.filter(state=Event.State.PENDING).count()


def next_quiet(*, after: dt.datetime) -> dt.datetime | None:
    """When the engine must look at a maintenance or a heartbeat, if it must after that moment."""
    due = [
        Maintenance.objects.filter(due_at__gt=after).order_by("due_at").values_list("due_at", flat=True).first(),
        Heartbeat.objects.filter(due_at__gt=after, is_active=True).order_by("due_at").values_list("due_at", flat=True).first(),
    ]
    return min((at for at in due if at is not None), default=None)
