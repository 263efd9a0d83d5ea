"""How long is `15m`, `3 days`, `1 month`, `1 business day`? Pure.

Elapsed: `30s 15m 12h 1d 1w` (also `1h30m`). Of the calendar: `3 days`, `2 weeks`, `1 month`: the same clock time of the zone; a month that is
too short ends on its last day. Of somebody's work: `1 business day`. Of a schedule: `1 shift` (semantics, Scales).
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass

from watchbill.people.rules.clock import UTC, clock_time, zone_of
from watchbill.people.rules.working import WorkingTime, default_hours

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
WRITTEN = (("w", 604800), ("h", 3600), ("m", 60), ("s", 1))
ELAPSED = re.compile(r"(?:[0-9]{1,10}[smhdw])+")
PART = re.compile(r"([0-9]+)([smhdw])")
COUNTED = re.compile(r"([0-9]{1,10}) (day|week|month|business day|shift)s?")
YEARS = 100  # nothing here is meant for longer, and no sum leaves the calendar
MOST_DAYS, MOST_MONTHS = 366 * YEARS, 12 * YEARS
EXPECTED = "expected a duration such as 30s, 15m, 12h, 1w, 3 days, 1 month, 1 business day or 1 shift"


@dataclass(frozen=True, slots=True)
class Duration:
    """One sort of time: exactly one field is not None."""

    elapsed: dt.timedelta | None = None
    days: int | None = None
    months: int | None = None
    business_days: int | None = None
    shifts: int | None = None

    @property
    def is_zero(self) -> bool:
        return not (self.elapsed or self.days or self.months or self.business_days or self.shifts)

    def __str__(self) -> str:
        return format_duration(self)


def parse_duration(text: str) -> Duration:
    """What the text means. ValueError with a sentence when it means nothing."""
    if ELAPSED.fullmatch(text):
        seconds = sum(int(number) * SECONDS[unit] for number, unit in PART.findall(text))
        return Duration(elapsed=dt.timedelta(seconds=_bounded(seconds, MOST_DAYS * 86400, text)))
    found = COUNTED.fullmatch(text)
    if not found:
        raise ValueError(f"{text[:60]!r} is no duration; {EXPECTED}.")
    number, unit = int(found[1]), found[2]
    if unit == "week":
        return Duration(days=_bounded(7 * number, MOST_DAYS, text))
    if unit == "day":
        return Duration(days=_bounded(number, MOST_DAYS, text))
    if unit == "month":
        return Duration(months=_bounded(number, MOST_MONTHS, text))
    if unit == "business day":
        return Duration(business_days=_bounded(number, MOST_DAYS // 10, text))
    return Duration(shifts=_bounded(number, MOST_DAYS, text))


def format_duration(duration: Duration) -> str:
    """As the file writes it: `parse_duration(format_duration(d)) == d`."""
    if duration.elapsed is not None:
        return _elapsed(int(duration.elapsed.total_seconds()))
    counted = (("day", duration.days), ("month", duration.months), ("business day", duration.business_days), ("shift", duration.shifts))
    unit, number = next((unit, number) for unit, number in counted if number is not None)
    return f"{number} {unit}{'' if number == 1 else 's'}"


def add(start: dt.datetime, duration: Duration, *, zone: str, working: WorkingTime | None = None) -> dt.datetime:
    """The instant, UTC, at which the duration that began at `start` is over.

    `zone` decides what a day is; `working` whose business days count: without it, Monday to Friday 09:00-17:00 of the zone.
    ValueError for shifts: only a schedule knows them.
    """
    if duration.elapsed is not None:
        return start.astimezone(UTC) + duration.elapsed
    if duration.business_days is not None:
        return (working or default_hours(zone)).add_business_days(start, duration.business_days)
    if duration.shifts is not None:
        raise ValueError("A number of shifts has an end only on a schedule.")
    if duration.is_zero:
        return start.astimezone(UTC)
    tz = zone_of(zone)
    local = start.astimezone(tz).replace(tzinfo=None, fold=0)
    if duration.months is not None:
        return clock_time(dt.datetime.combine(add_months(local.date(), duration.months), local.time()), tz)
    return clock_time(local + dt.timedelta(days=duration.days or 0), tz)


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day so many months later; 31 January and one month is the last of February."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _bounded(number: int, most: int, text: str) -> int:
    if number > most:
        raise ValueError(f"{text[:60]!r} is longer than a hundred years; {EXPECTED}.")
    return number


def _elapsed(seconds: int) -> str:
    """The largest unit that divides it alone, else parts: 90 minutes are 90m, a minute and a second 61s."""
    unit, size = next(((unit, size) for unit, size in WRITTEN if seconds and seconds % size == 0), ("s", 1))
    return f"{seconds // size}{unit}"
