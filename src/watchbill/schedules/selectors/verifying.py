"""Will somebody be on watch at every second of the months to come, and can people stand it?"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from watchbill.people.models import Person, TimeOff
from watchbill.people.rules import add, parse_duration
from watchbill.people.working import holiday_spans
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import Finding, ScheduleRule, Shift, absences, doubles, final_shifts, gaps, hours_of, long_watches, rests
from watchbill.schedules.selectors.loading import load

Span = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True, slots=True)
class Report:
    """What was found on one schedule. A gap is a fault; the warnings are for people to judge."""

    schedule: Schedule
    start: dt.datetime
    end: dt.datetime
    gaps: list[Span]
    warnings: list[tuple[Finding, str]]  # with the name of the other schedule of a double booking
    hours: dict[int, dt.timedelta]  # how long each person watches


def verify(schedules: Collection[Schedule], *, months: int, now: dt.datetime) -> list[Report]:
    """Look at these schedules from now on. Five queries. A watch that only deactivated people have is a gap: nobody is woken.

    Double bookings are looked for among all active schedules of a team: the primary and its backup should not be one person.
    """
    end = add(now, parse_duration(f"{months} months"), zone="UTC")
    teams = {schedule.team_id for schedule in schedules}
    beside = list(Schedule.objects.filter(team_id__in=teams, is_active=True).order_by("position", "id"))
    rules = load({each.id for each in (*schedules, *beside)}, start=now, end=end)
    rows = {id_: final_shifts(rule, now, end) for id_, rule in rules.items()}
    everybody = {row.person_id for shifts in rows.values() for row in shifts if row.person_id is not None}
    away, gone = _away(everybody, now), set(Person.objects.filter(id__in=everybody, is_active=False).values_list("id", flat=True))
    free = holiday_spans(everybody, start=now, end=end)
    reports = []
    for schedule in schedules:
        others = [(other.name, rows[other.id]) for other in beside if other.team_id == schedule.team_id and other.id != schedule.id]
        warnings = list(_warnings(rules[schedule.id], rows[schedule.id], others, away, gone))
        warnings += [(finding, "") for finding in absences(rows[schedule.id], free, "holiday")]
        warnings.sort(key=lambda warning: (warning[0].start, warning[0].kind, warning[0].person_id))
        reports.append(Report(schedule, now, end, gaps(rules[schedule.id], now, end, gone=gone), warnings, hours_of(rows[schedule.id])))
    return reports


def _warnings(
    rule: ScheduleRule, rows: list[Shift], others: list[tuple[str, list[Shift]]], away: dict[int, list[Span]], gone: set[int]
) -> Iterator[tuple[Finding, str]]:
    for name, other in others:
        yield from ((finding, name) for finding in doubles(rows, other))
    if rule.hours != "business":  # nobody is woken there: nights are rest
        yield from ((finding, "") for finding in (*rests(rows), *long_watches(rows)))
    yield from ((finding, "") for finding in absences(rows, away))
    for row in rows:
        if row.person_id in gone and row.person_id is not None:
            yield Finding("inactive", row.person_id, row.start, row.end), ""


def _away(person_ids: set[int], now: dt.datetime) -> dict[int, list[Span]]:
    found: dict[int, list[Span]] = defaultdict(list)
    for person_id, start, end in TimeOff.objects.filter(person_id__in=person_ids, end__gt=now).values_list("person_id", "start", "end"):
        found[person_id].append((start, end))
    return found
