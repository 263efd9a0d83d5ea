"""Which maintenances run now? Asked by the clock, not by what the engine has done about them: a late engine wakes nobody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db import connection

from watchbill.intake.models import Alert, Maintenance
from watchbill.intake.rules import Draft, Quiet, Verb, matcher

RUNNING = """
SELECT id FROM intake_maintenance WHERE service_id = ANY(%s) AND state <> 'over' AND starts_at <= %s AND ends_at > %s
ORDER BY id FOR NO KEY UPDATE
"""


def running_in(service_ids: Collection[int], *, now: dt.datetime) -> dict[int, list[Quiet]]:
    """Those of these services, kept as they are until the end of the open transaction: whoever ends one waits, and finds what we held back."""
    found: dict[int, list[Quiet]] = {}
    with connection.cursor() as cursor:  # asked for every event, and nearly always answered with nothing
        cursor.execute(RUNNING, [list(service_ids), now, now])
        ids = [id_ for (id_,) in cursor.fetchall()]
    for row in Maintenance.objects.filter(pk__in=ids).order_by("id") if ids else ():
        found.setdefault(row.service_id, []).append(quiet_of(row))
    return found


def quiet_of(row: Maintenance) -> Quiet:
    return Quiet(row.id, row.ends_at, matcher(row.when), row.reason)


def draft_of(alert: Alert) -> Draft:
    """What an alert says, as it said it last."""
    return Draft(
        Verb.TRIGGER,
        alert.dedup_key,
        summary=alert.summary,
        source=alert.source,
        component=alert.component,
        group=alert.group,
        event_class=alert.event_class,
        details=alert.details,
    )
