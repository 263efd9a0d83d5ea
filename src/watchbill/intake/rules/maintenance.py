"""Which alerts does a maintenance cover, and when does one that recurs come next? Pure.

A maintenance that recurs keeps its clock times: 02:00 to 04:00 of its zone is 02:00 to 04:00 in summer and in winter.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from watchbill.intake.rules.drafts import Draft
from watchbill.intake.rules.matching import Matcher, fits
from watchbill.people.rules import clock_time, zone_of

LONGEST = dt.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Quiet:
    """A maintenance that runs now: until when, and for which alerts (all of its service without conditions)."""

    id: int
    until: dt.datetime
    conditions: Matcher = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Begin and end of the first time as the clock of the zone shows them (naive), again every so many days, never begun after `until`."""

    zone: str
    begins: dt.datetime
    ends: dt.datetime
    days: int
    until: dt.datetime | None = None


def quiet_for(running: Sequence[Quiet], draft: Draft, severity: str) -> tuple[Quiet, ...]:
    """The maintenances that cover this alert."""
    return tuple(one for one in running if fits(one.conditions, draft, severity))


def occurrence(plan: Recurrence, *, after: dt.datetime) -> tuple[dt.datetime, dt.datetime] | None:
    """Begin and end of the first time that is not over at `after`, in UTC; None: it does not come again."""
    zone = zone_of(plan.zone)
    turn = max(0, (after.astimezone(zone).replace(tzinfo=None) - plan.ends).days // plan.days - 1)
    while True:
        away = dt.timedelta(days=plan.days * turn)
        begins, ends = clock_time(plan.begins + away, zone), clock_time(plan.ends + away, zone)
        if plan.until is not None and begins >= plan.until:
            return None
        if ends > after and ends > begins:
            return begins, ends
        turn += 1
