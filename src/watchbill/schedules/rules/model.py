"""What is a schedule, to the rules? Plain values, made by `selectors` from what is stored.

Instants are aware and UTC. Clock times and dates belong to the zone of their layer.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

from watchbill.people.rules import add_months, clock_time, parse_duration, zone_of

DAY = dt.timedelta(days=1)
WHOLE_SCHEDULE = -1  # the rank of a shift that belongs to no layer


class Shift(NamedTuple):
    """One occurrence of a layer, or the part of it that an override left; or a gap, which has no person.

    `rank` is the position of the layer and `hides` says that it hides lower ones: both for the rules and for pictures, not for people.
    """

    start: dt.datetime
    end: dt.datetime
    person_id: int | None
    source: str = "layer"  # layer | override | swap | gap
    layer: str | None = None
    shadow: bool = False
    rank: int = WHOLE_SCHEDULE
    hides: bool = False
    follows: bool = False  # until the rows are final: had the watch, and becomes the shadow of whoever has it now


@dataclass(frozen=True, slots=True)
class Length:
    """How long the clock runs for a shift: a span of clock time, or months."""

    span: dt.timedelta = dt.timedelta(0)
    months: int = 0

    def end(self, nominal: dt.datetime) -> dt.datetime:
        """What the clock shows at the end of a shift that began when it showed `nominal` (both naive)."""
        if self.months:
            nominal = dt.datetime.combine(add_months(nominal.date(), self.months), nominal.time())
        return nominal + self.span

    @property
    def reach(self) -> int:
        """Days within which every shift of this length is over, with two to spare for the clocks."""
        return 31 * self.months + self.span // DAY + 2


@dataclass(frozen=True, slots=True)
class Turn:
    """How long somebody has it: so many days of the calendar, months or shifts."""

    unit: str  # days | months | shifts
    number: int


@dataclass(frozen=True, slots=True)
class LayerRule:
    """One version of a layer. A shift belongs to the version that is valid when it starts."""

    name: str
    days: frozenset[int]  # Monday is 0
    start: dt.time
    length: Length
    turn: Turn
    order: tuple[tuple[int, ...], ...]
    starting: dt.date
    anchor: dt.date  # turns are counted from here ...
    anchor_index: int = 0  # ... and this entry of `order` has the first
    zone: str = "UTC"
    position: int = 0
    hides: bool = False  # combine: stack
    shadow: bool = False
    valid_from: dt.datetime | None = None
    valid_until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class OverrideRule:
    """A change by hand, for the window in which it was in force."""

    kind: str  # take | replace | add | remove | shadow | reverse_shadow
    person_id: int
    start: dt.datetime
    end: dt.datetime
    replaced_id: int | None = None
    layer: str | None = None  # None: the whole schedule
    source: str = "override"


@dataclass(frozen=True, slots=True)
class ScheduleRule:
    """Everything that decides who has the watch. Overrides stand in the order in which they were made: later ones win."""

    layers: tuple[LayerRule, ...] = ()
    overrides: tuple[OverrideRule, ...] = ()
    id: int = 0
    name: str = ""
    zone: str = "UTC"
    hours: str = "any"
    team_id: int = 0


def until_of(valid_until: dt.datetime | None, ending: dt.date | None, zone: str) -> dt.datetime | None:
    """Until when a version of a layer starts shifts: until an edit ended it, at the latest until the midnight with which `ending` begins."""
    if ending is None:
        return valid_until
    ends = clock_time(dt.datetime.combine(ending, dt.time()), zone_of(zone))
    return ends if valid_until is None else min(valid_until, ends)


def parse_length(text: str) -> Length:
    """The length of a shift. ValueError with a sentence unless it is clock time, longer than nothing and at most about a year."""
    duration = parse_duration(text)
    if duration.is_zero:
        raise ValueError(f"A shift of {text} is over when it begins; expected a length such as 12h, 48h or 1w.")
    if duration.elapsed is not None:
        length = Length(span=duration.elapsed)
    elif duration.days is not None:
        length = Length(span=duration.days * DAY)
    elif duration.months is not None:
        length = Length(months=duration.months)
    else:
        raise ValueError(f"A shift cannot be {text} long; expected clock time such as 12h, 48h or 1w.")
    if length.reach > 54 * 7 + 2:
        raise ValueError(f"A shift of {text} is longer than a year; expected a length such as 12h, 48h or 1w.")
    return length


def parse_turn(text: str) -> Turn:
    """The length of a turn. ValueError with a sentence unless it is whole days, months or shifts."""
    duration = parse_duration(text)
    expected = "expected whole days such as 24h, 1w or 3 days, or 1 month, or 1 shift"
    if duration.is_zero:
        raise ValueError(f"A turn of {text} never comes; {expected}.")
    if duration.shifts is not None:
        return Turn("shifts", duration.shifts)
    if duration.months is not None:
        return Turn("months", duration.months)
    if duration.days is not None:
        return Turn("days", duration.days)
    if duration.elapsed is not None and duration.elapsed % DAY == dt.timedelta(0):
        return Turn("days", duration.elapsed // DAY)
    raise ValueError(f"A turn of {text} does not end with a day; {expected}.")
