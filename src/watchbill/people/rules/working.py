"""When does somebody work? Pure: holidays and time off come in as data.

Working time of a person: their hours (Monday to Friday 09:00-17:00 in their zone unless said) without public holidays and time off; of a
team: its calendar (semantics, Scales). Hours whose end is not after their start go over midnight and belong to the day on which they open.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count, islice
from typing import Any
from zoneinfo import ZoneInfo

from watchbill.people.rules.clock import UTC, clock_time, weekdays, zone_of

Span = tuple[dt.datetime, dt.datetime]
WORKDAYS = frozenset(range(5))
OPENS, CLOSES = dt.time(9), dt.time(17)
WAKES, SLEEPS = 7, 23  # hours of the day in which somebody may be expected to be awake
DAY = dt.timedelta(days=1)
SEARCHED = 3 * 366  # days; whoever is away for longer is treated as back, so that no wait lasts for ever


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """Weekly hours in a zone, less holidays and time off. `days`: Monday is 0. `time_off`: spans of instants."""

    zone: str = "UTC"
    days: frozenset[int] = WORKDAYS
    start: dt.time = OPENS
    end: dt.time = CLOSES
    off_dates: frozenset[dt.date] = frozenset()
    time_off: tuple[Span, ...] = ()

    @property
    def tz(self) -> ZoneInfo:
        return zone_of(self.zone)

    def is_working(self, at: dt.datetime) -> bool:
        """Is `at` inside the hours? The opening belongs to them, the closing does not."""
        return self._opened(at) is not None

    def is_waking(self, at: dt.datetime) -> bool:
        """Is it between 07:00 and 23:00 there, whether they work or not?"""
        return WAKES <= at.astimezone(self.tz).hour < SLEEPS

    def next_opening(self, at: dt.datetime) -> dt.datetime:
        """`at` itself while they work, else the next moment at which they do. UTC."""
        return next(self._pieces(at))[0]

    def stretches(self, start: dt.datetime, end: dt.datetime) -> list[Span]:
        """The work in [start, end), in order, cut at both ends."""
        found = []
        for opens, closes in self._pieces(start):
            if opens >= end:
                break
            found.append((opens, min(closes, end)))
        return found

    def add_working(self, at: dt.datetime, length: dt.timedelta) -> dt.datetime:
        """When so much working time after `at` has gone by. Nothing at all is over at once; a day's whole work at the closing."""
        at = at.astimezone(UTC)
        if length <= dt.timedelta(0):
            return at
        for start, end in self._pieces(at):
            if length <= end - start:
                return start + length
            length -= end - start
        raise AssertionError("pieces never end")

    def add_business_days(self, at: dt.datetime, n: int) -> dt.datetime:
        """The same local time `n` working days later; from outside the hours, counted from the next opening (0: that opening)."""
        opening = self.next_opening(at)
        opened = self._opened(opening) or opening.astimezone(self.tz).date()
        local = opening.astimezone(self.tz).replace(tzinfo=None, fold=0)
        past_midnight = local.date() - opened
        day = next(islice(self._working_days(opened), n - 1, None)) if n > 0 else opened
        return self.next_opening(clock_time(dt.datetime.combine(day + past_midnight, local.time()), self.tz))

    def _opened(self, at: dt.datetime) -> dt.date | None:
        """The day on which the hours that hold `at` opened."""
        today = at.astimezone(self.tz).date()
        days = (today, today - DAY)
        return next((day for day in days if any(start <= at < end for start, end in self._open(day))), None)

    def _working_days(self, after: dt.date) -> Iterator[dt.date]:
        for n in count(1):
            day = after + n * DAY
            if self._open(day, relaxed=n > SEARCHED):
                yield day

    def _pieces(self, at: dt.datetime) -> Iterator[Span]:
        """Stretches of work from `at` on, in order, without end."""
        at = at.astimezone(UTC)
        yesterday = at.astimezone(self.tz).date() - DAY
        for n in count():
            for start, end in self._open(yesterday + n * DAY, relaxed=n > SEARCHED):
                if end > at:
                    yield max(start, at), end

    def _open(self, day: dt.date, *, relaxed: bool = False) -> list[Span]:
        """The stretches of the hours that open on this day. `relaxed`: absence counts no longer."""
        if day.weekday() not in self.days or (day in self.off_dates and not relaxed):
            return []
        closes = day if self.end > self.start else day + DAY
        opening = clock_time(dt.datetime.combine(day, self.start), self.tz)
        closing = clock_time(dt.datetime.combine(closes, self.end), self.tz)
        open_ = [(opening, closing)] if opening < closing else []
        if relaxed or not self.time_off:
            return open_
        for away, back in self.time_off:
            if away < closing and back > opening:
                open_ = [part for start, end in open_ for part in ((start, min(end, away)), (max(start, back), end)) if part[0] < part[1]]
        return open_


def default_hours(zone: str) -> WorkingTime:
    """Monday to Friday, 09:00-17:00."""
    return WorkingTime(zone=zone)


def parse_hours(words: Mapping[str, Any] | None) -> tuple[frozenset[int], dt.time, dt.time]:
    """`{days, from, to}` of the file; what is missing is the default. No days at all is the default too: somebody must come back."""
    words = words or {}
    days = weekdays(words.get("days") or ()) or WORKDAYS
    return days, dt.time.fromisoformat(words.get("from") or "09:00"), dt.time.fromisoformat(words.get("to") or "17:00")
