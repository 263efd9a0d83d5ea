"""Which watches of a picture can be offered for a swap, and what does the form call them?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from watchbill.people.models import Person
from watchbill.people.permissions import RANK, Verb, decide
from watchbill.response.covering import may_agree_for
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import Shift
from watchbill.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Marks:
    """What the pictures of one schedule need to know for swaps by one reader."""

    schedule_id: int
    person_id: int
    now: dt.datetime
    may: bool
    may_for_others: bool  # a manager: exchanges the watches of two others

    def of(self, shift: Shift, person: Person) -> tuple[str, str]:
        """What the form is sent for this watch: as given when it is the reader's, as taken when it is not; nothing where it cannot be."""
        if shift.shadow or shift.start <= self.now:
            return "", ""
        value, mine = value_of(self.schedule_id, shift.start, person), person.id == self.person_id
        if mine:
            return (value if self.may else ""), ""
        return "", (value if self.may or self.may_for_others else "")


def marks_of(schedule: Schedule, visit: Visit) -> Marks:
    """Whoever stands watches of the team and may change them by hand can swap; whoever may agree for others exchanges theirs."""
    stands = RANK.get(visit.viewer.roles.get(schedule.team_id, ""), 0) >= RANK["responder"]
    may = stands and decide(visit.viewer, Verb.COVER, team_id=schedule.team_id).allowed
    return Marks(schedule.id, visit.person.id, visit.now, may, may_agree_for(visit.viewer, schedule.team_id, now=visit.now).allowed)


def value_of(schedule_id: int, start: dt.datetime, person: Person) -> str:
    """A watch as the forms name it, to the microsecond: what is left after a change by hand may begin between two seconds."""
    return f"{schedule_id} {start.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S.%f}Z {person.handle}"
