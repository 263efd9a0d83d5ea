"""Which maintenances run now? Asked by the clock, not by what the engine has done about them: a late engine wakes nobody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from watchbill.intake.models import Alert, Maintenance
from watchbill.intake.rules import Draft, Quiet, Verb, matcher


def running_in(service_ids: Collection[int], *, now: dt.datetime) -> dict[int, list[Quiet]]:
    """Those of these services, kept as they are until the end of the open transaction: whoever ends one waits, and finds what we held back."""
    found: dict[int, list[Quiet]] = {}
    rows = Maintenance.objects.select_for_update(no_key=True).filter(service_id__in=service_ids, starts_at__lte=now, ends_at__gt=now)
    for row in rows.exclude(state=Maintenance.State.OVER).order_by("id"):
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
