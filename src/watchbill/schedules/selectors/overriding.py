"""Which changes by hand run or are still to come, and how do answers show one?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from watchbill.schedules.models import Override, Schedule


def overrides_of(schedules: Collection[Schedule], *, now: dt.datetime | None) -> QuerySet[Override]:
    """The overrides of these schedules in the order of their beginning; with `now` only those that hold then or later."""
    rows = _rows().filter(schedule__in=schedules)
    return (rows if now is None else rows.filter(withdrawn_at=None, end__gt=now)).order_by("start", "id")


def rest_of_series(row: Override, *, now: dt.datetime) -> QuerySet[Override]:
    """Whatever was made together with this override and runs or is to come, itself included; nothing for one that was made alone."""
    rows = _rows().filter(withdrawn_at=None, end__gt=now).order_by("start", "schedule__position", "id")
    return rows.filter(series=row.series) if row.series is not None else rows.none()


def teams_of(override_id: int) -> set[int]:
    """The teams of all schedules on which something was made together with this override, its own among them."""
    found = Override.objects.filter(pk=override_id).first()
    if found is None:
        return set()
    rows = Override.objects.filter(pk=override_id) if found.series is None else Override.objects.filter(series=found.series)
    return set(rows.values_list("schedule__team_id", flat=True))


def _rows() -> QuerySet[Override]:
    return Override.objects.select_related("schedule", "person", "replaced", "created_by")


def override_object(row: Override) -> dict[str, Any]:
    """One override as the command line and the API show it."""
    return {
        "id": row.id,
        "schedule": row.schedule.name,
        "layer": row.layer_name or None,
        "kind": row.kind,
        "person": {"handle": row.person.handle, "name": row.person.name},
        "replaced": {"handle": row.replaced.handle, "name": row.replaced.name} if row.replaced else None,
        "start": row.start,
        "end": row.end,
        "reason": row.reason,
        "source": row.source,
        "series": row.series,
        "created_by": row.created_by.handle if row.created_by else None,
        "created_at": row.created_at,
        "withdrawn_at": row.withdrawn_at,
    }
