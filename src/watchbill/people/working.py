"""Who works when? Reads hours, holidays and time off, and gives them to the rules as data."""

from __future__ import annotations

import datetime as dt
import importlib
from collections import defaultdict
from collections.abc import Collection
from functools import lru_cache

from watchbill.people.models import Person, Team, TimeOff
from watchbill.people.rules import WorkingTime, clock_time, parse_hours, zone_of

MARGIN = dt.timedelta(days=31)  # how far back absence still matters to a wait that is running


def working_times(person_ids: Collection[int], *, around: dt.datetime) -> dict[int, WorkingTime]:
    """The working time of each person, good for questions from a month before `around` to a year after it. Two queries."""
    people = Person.objects.filter(id__in=person_ids).values_list("id", "timezone", "holidays", "hours")
    away: dict[int, list[tuple[dt.datetime, dt.datetime]]] = defaultdict(list)
    absences = TimeOff.objects.filter(person_id__in=person_ids, end__gt=around - MARGIN).order_by("start")
    for person_id, leaves, back in absences.values_list("person_id", "start", "end"):
        away[person_id].append((leaves, back))
    found = {}
    for person_id, zone, holidays, hours in people:
        days, start, end = parse_hours(hours)
        found[person_id] = WorkingTime(zone, days, start, end, holiday_dates(holidays, around=around), tuple(away[person_id]))
    return found


def team_calendar(team: Team, *, around: dt.datetime) -> WorkingTime | None:
    """The team's own working time, when it has a calendar. No query."""
    calendar = team.calendar
    if not calendar:
        return None
    days, start, end = parse_hours(calendar)
    closed = frozenset(dt.date.fromisoformat(day) for day in calendar.get("closed") or ())
    off = holiday_dates(calendar.get("holidays") or "", around=around) | closed
    return WorkingTime(calendar.get("timezone") or "UTC", days, start, end, off)


def holiday_dates(code: str, *, around: dt.datetime) -> frozenset[dt.date]:
    """Public holidays of "GB" or "DE-BY" from the year before `around` to the year after it. Nothing for no code, or one that is unknown."""
    if not code:
        return frozenset()
    return frozenset().union(*(_holidays(code, year) for year in range(around.year - 1, around.year + 2)))


def holiday_spans(person_ids: Collection[int], *, start: dt.datetime, end: dt.datetime) -> dict[int, list[tuple[dt.datetime, dt.datetime]]]:
    """The public holidays of each person that meet [start, end), as days of their zone, in order. One query."""
    found: dict[int, list[tuple[dt.datetime, dt.datetime]]] = {}
    for person_id, zone, code in Person.objects.filter(id__in=person_ids).exclude(holidays="").values_list("id", "timezone", "holidays"):
        days = sorted(day for year in range(start.year - 1, end.year + 2) for day in _holidays(code, year))
        midnights = [(clock_midnight(day, zone), clock_midnight(day + dt.timedelta(days=1), zone)) for day in days]
        found[person_id] = [(begins, ends) for begins, ends in midnights if begins < end and ends > start]
    return found


def clock_midnight(day: dt.date, zone: str) -> dt.datetime:
    """When the day begins in the zone."""
    return clock_time(dt.datetime.combine(day, dt.time()), zone_of(zone))


def prepare_holidays(*, now: dt.datetime) -> None:
    """Read the calendars that people use before anybody waits for them: the first reading takes up to a second."""
    used = set(Person.objects.filter(is_active=True).values_list("holidays", flat=True))
    used |= {(calendar or {}).get("holidays") or "" for calendar in Team.objects.values_list("calendar", flat=True)}
    for code in used:
        holiday_dates(code, around=now)


@lru_cache(maxsize=4096)
def _holidays(code: str, year: int) -> frozenset[dt.date]:
    library = importlib.import_module("holidays")  # half a second and 14 MB: only for those who use it
    country, _, part = code.partition("-")
    try:
        return frozenset(library.country_holidays(country, subdiv=part or None, years=year))
    except NotImplementedError:  # the library dropped it after it was configured
        return frozenset()
