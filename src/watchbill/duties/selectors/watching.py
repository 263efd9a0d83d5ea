"""Who has the watches that duties belong to, and when are these asked for? Reads schedules and working time for the rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from watchbill.duties.models import Duty
from watchbill.duties.rules.windows import Asks, Watch, Window, windows
from watchbill.people.models import Team
from watchbill.people.rules import WorkingTime, parse_duration
from watchbill.people.working import team_calendar, working_times
from watchbill.schedules.rules import ScheduleRule, Shift, final_shifts
from watchbill.schedules.selectors import load

BACK = {"month": dt.timedelta(days=32), "week": dt.timedelta(days=8)}  # how far before a moment that which it belongs to may have begun
NEAR = dt.timedelta(days=2)


def active_duties() -> list[Duty]:
    """Every duty that is asked for, in the file's order. One query."""
    rows = Duty.objects.filter(is_active=True, team__is_active=True, schedule__is_active=True)
    return list(rows.select_related("team", "schedule", "queue__tracker").order_by("position", "id"))


def watches_of(duties: Sequence[Duty], start: dt.datetime, end: dt.datetime, *, now: dt.datetime) -> dict[int, Watch]:
    """Who has the watch of each duty around [start, end), by duty. Three queries, whatever the count."""
    back = max((BACK.get(duty.every, NEAR) for duty in duties), default=NEAR)
    rules = load({duty.schedule_id for duty in duties}, start=start - back, end=end + back) if duties else {}
    rows = {id_: _rows(rule, start, end, back) for id_, rule in rules.items()}
    people = {row.person_id for _, held in rows.values() for row in held if row.person_id is not None}
    working = working_times(people, around=now) if people else {}
    calendars = _calendars([duty.team for duty in duties], now)
    found = {}
    for duty in duties:
        if duty.schedule_id in rows:
            planned, held = rows[duty.schedule_id]
            of_persons = rules[duty.schedule_id].hours == "business"
            found[duty.id] = Watch(planned, held, working, None if of_persons else calendars[duty.team_id])
    return found


def windows_of(duty: Duty, watch: Watch, start: dt.datetime, end: dt.datetime) -> list[Window]:
    """When it is asked for in [start, end). Windows are decided by the rules, as the file says now."""
    quiet = duty.schedule.hours == "business" or duty.team.desk == Team.Desk.QUEUE
    due = parse_duration(duty.due) if duty.due else None
    return windows(Asks(duty.every, duty.times, due, duty.schedule.timezone, quiet), watch, start, end)


def _rows(rule: ScheduleRule, start: dt.datetime, end: dt.datetime, back: dt.timedelta) -> tuple[list[Shift], list[Shift]]:
    """Shifts as planned, and as they are, over the whole of every shift that meets the time."""
    planned = final_shifts(replace(rule, overrides=()), start, end)
    low = min([start - back, *(row.start for row in planned)])
    high = max([end + back, *(row.end for row in planned)])
    return planned, final_shifts(rule, low, high)


def _calendars(teams: Sequence[Team], now: dt.datetime) -> dict[int, WorkingTime | None]:
    return {team.id: team_calendar(team, around=now) for team in teams}
