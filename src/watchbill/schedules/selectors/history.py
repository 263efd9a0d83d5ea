"""What did everybody carry on one schedule, month by month or week by week, and what will they?

The past as it was, over edits and withdrawn overrides; what is to come as it is planned now.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from watchbill.people.models import Person
from watchbill.people.working import holiday_spans
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import Period, carried, final_shifts, months_of, weeks_of
from watchbill.schedules.selectors.loading import load
from watchbill.schedules.selectors.watch import people_objects


def history_of(
    schedule: Schedule, first: dt.date, count: int, *, now: dt.datetime, weekly: bool = False, planned: bool = False
) -> list[Period]:
    """So many months, or weeks, from the one that holds `first`, in the schedule's zone. What is to come is not counted unless `planned`. Three queries."""
    calendar = weeks_of if weekly else months_of
    periods = list(calendar(first, count, schedule.timezone))
    if not planned:
        periods = [replace(each, end=min(each.end, now)) for each in periods if each.start < now]
    if not periods:
        return []
    start, end = periods[0].start, periods[-1].end
    rows = final_shifts(load([schedule.id], start=start, end=end)[schedule.id], start, end)
    ids = {row.person_id for row in rows if row.person_id is not None}
    zones = dict(Person.objects.filter(id__in=ids).values_list("id", "timezone"))
    return carried(rows, periods, zones, holiday_spans(ids, start=start, end=end))


def history_objects(schedule: Schedule, periods: Sequence[Period], *, weekly: bool = False) -> list[dict[str, Any]]:
    """As answers and CSV show it: one row for each month, or week (by its Monday), and person. One query."""
    names = people_objects(load.person_id for period in periods for load in period.loads)
    return [
        {
            **({"week": period.first.isoformat()} if weekly else {"month": f"{period.first:%Y-%m}"}),
            "schedule": schedule.name,
            "person": names.get(load.person_id),
            "hours": round(load.watched / dt.timedelta(hours=1), 2),
            "nights": load.nights,
            "weekends": load.weekends,
            "holidays": load.holidays,
        }
        for period in periods
        for load in period.loads
    ]
