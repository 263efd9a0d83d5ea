"""What did everybody carry on one schedule, month by month? The past as it was, over edits and withdrawn overrides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from watchbill.people.models import Person
from watchbill.people.working import holiday_spans
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import Month, final_shifts, monthly, months_of
from watchbill.schedules.selectors.loading import load
from watchbill.schedules.selectors.watch import people_objects


def history_of(schedule: Schedule, first: dt.date, count: int, *, now: dt.datetime) -> list[Month]:
    """So many months from the one that holds `first`, in the schedule's zone. What is still to come is not counted. Three queries."""
    months = [replace(month, end=min(month.end, now)) for month in months_of(first, count, schedule.timezone) if month.start < now]
    if not months:
        return []
    start, end = months[0].start, months[-1].end
    rows = final_shifts(load([schedule.id], start=start, end=end)[schedule.id], start, end)
    ids = {row.person_id for row in rows if row.person_id is not None}
    zones = dict(Person.objects.filter(id__in=ids).values_list("id", "timezone"))
    return monthly(rows, months, zones, holiday_spans(ids, start=start, end=end))


def history_objects(schedule: Schedule, months: Sequence[Month]) -> list[dict[str, Any]]:
    """As answers and CSV show it: one row for each month and person. One query."""
    names = people_objects(load.person_id for month in months for load in month.loads)
    return [
        {
            "month": f"{month.first:%Y-%m}",
            "schedule": schedule.name,
            "person": names.get(load.person_id),
            "hours": round(load.watched / dt.timedelta(hours=1), 2),
            "nights": load.nights,
            "weekends": load.weekends,
            "holidays": load.holidays,
        }
        for month in months
        for load in month.loads
    ]
