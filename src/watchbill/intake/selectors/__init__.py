"""What came in, and what may come in? Read only; for those who configure the installation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import connection
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


def untouched(*, now: dt.datetime, grace: dt.timedelta) -> list[int]:
    """Events that were stored `grace` ago and that nobody has tried to take in, the oldest first, 20 at most."""
    rows = Event.objects.filter(state=Event.State.PENDING, tries=0, received_at__lte=now - grace).order_by("id")
    return list(rows.values_list("id", flat=True)[:20])


QUIET_WORK = """
SELECT EXISTS (SELECT 1 FROM intake_maintenance WHERE due_at <= %(now)s)
    OR EXISTS (SELECT 1 FROM intake_maintenance WHERE state = 'running' AND starts_at <= %(now)s AND ends_at > %(now)s),
  EXISTS (SELECT 1 FROM intake_heartbeat WHERE is_active AND due_at <= %(now)s)
    OR EXISTS (SELECT 1 FROM intake_heartbeat WHERE is_active AND late_at IS NOT NULL AND last_at > late_at)
"""


def quiet_work(*, now: dt.datetime) -> tuple[bool, bool]:
    """Is there something to look at: of maintenances, one that begins, runs or ends; of heartbeats, one that is due or came back?"""
    with connection.cursor() as cursor:
        cursor.execute(QUIET_WORK, {"now": now})
        maintenances, beats = cursor.fetchone()
    return bool(maintenances), bool(beats)


def next_quiet(*, after: dt.datetime) -> dt.datetime | None:
    """When the engine must look at a maintenance or a heartbeat, if it must after that moment."""
    due = [
        Maintenance.objects.filter(due_at__gt=after).order_by("due_at").values_list("due_at", flat=True).first(),
        Heartbeat.objects.filter(due_at__gt=after, is_active=True).order_by("due_at").values_list("due_at", flat=True).first(),
    ]
    return min((at for at in due if at is not None), default=None)
