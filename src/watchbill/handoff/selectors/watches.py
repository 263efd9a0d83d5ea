"""When does somebody's watch on the schedules of a team end?"""

from __future__ import annotations

import datetime as dt

from watchbill.schedules.models import Schedule
from watchbill.schedules.selectors import on_call


def end_of_watch(team_id: int, person_id: int | None, *, now: dt.datetime) -> dt.datetime | None:
    """The end of the watch that this person has there now; the latest, where they have several. None: they have none."""
    ids = list(Schedule.objects.filter(team_id=team_id, is_active=True).order_by("position", "id").values_list("id", flat=True))
    ends = [one.until for those in on_call(ids, at=now).values() for one in those if one.person_id == person_id and not one.shadow]
    return max(ends, default=None)
