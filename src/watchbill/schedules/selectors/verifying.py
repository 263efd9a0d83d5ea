"""Will somebody be on watch at every second of the months to come, and can people stand it?"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace

from watchbill.people.models import Person, TimeOff
from watchbill.people.rules import add, parse_duration
from watchbill.people.working import holiday_spans
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import Facts, Finding, Verdict, final_shifts, judge
from watchbill.schedules.selectors.loading import load

Span = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True, slots=True)
class Report:
    """What was found on one schedule, from `start` to `end`."""

    schedule: Schedule
    start: dt.datetime
    end: dt.datetime
    verdict: Verdict

    @property
    def gaps(self) -> list[Span]:
        """The stretches in which nobody has the watch."""
        return list(self.verdict.gaps)

    @property
    def warnings(self) -> list[tuple[Finding, str]]:
        """With the name of the other schedule of a double booking."""
        return list(self.verdict.warnings)

    @property
    def hours(self) -> dict[int, dt.timedelta]:
        """How long each person watches."""
        return {load.person_id: load.watched for load in self.verdict.loads}


def verify(schedules: Collection[Schedule], *, months: int, now: dt.datetime) -> list[Report]:
    """Look at these schedules from now on. Five queries.

    Double bookings are looked for among all active schedules of a team: the primary and its backup should not be one person.
    """
    end = add(now, parse_duration(f"{months} months"), zone="UTC")
    teams = {schedule.team_id for schedule in schedules}
    beside = list(Schedule.objects.filter(team_id__in=teams, is_active=True).order_by("position", "id"))
    rules = load({each.id for each in (*schedules, *beside)}, start=now, end=end)
    rows = {id_: final_shifts(rule, now, end) for id_, rule in rules.items()}
    everybody = {row.person_id for shifts in rows.values() for row in shifts if row.person_id is not None}
    people = list(Person.objects.filter(id__in=everybody).values_list("id", "timezone", "is_active"))
    facts = Facts(
        away=_away(everybody, now),
        free=holiday_spans(everybody, start=now, end=end),
        zones={id_: zone for id_, zone, _ in people},
        gone={id_ for id_, _, is_active in people if not is_active},
    )
    reports = []
    for schedule in schedules:
        others = [(other.name, rows[other.id]) for other in beside if other.team_id == schedule.team_id and other.id != schedule.id]
        reports.append(Report(schedule, now, end, judge(rules[schedule.id], now, end, replace(facts, beside=others), rows[schedule.id])))
    return reports


def _away(person_ids: set[int], now: dt.datetime) -> dict[int, list[Span]]:
    found: dict[int, list[Span]] = defaultdict(list)
    for person_id, start, end in TimeOff.objects.filter(person_id__in=person_ids, end__gt=now).values_list("person_id", "start", "end"):
        found[person_id].append((start, end))
    return found
