"""How does a month become weeks, days, and what stands in each? Pure: entries with a start and an end are cut at the midnights of one zone.

A day is what the calendar of the zone says: of 23 or 25 hours when the clocks change in it, of none at all where the zone skipped it. On
such a day each time names its zone, since 02:30 may come twice or never.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from watchbill.kernel.errors import Invalid
from watchbill.web import times
from watchbill.web.pictures import midnights

ONE_DAY = dt.timedelta(days=1)
ORDER = {"watch": 0, "gap": 0, "off": 1, "holiday": 2}
NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that lasts. `give` and `take`: what the form of a swap is sent for it, when it is the reader's, or somebody else's."""

    start: dt.datetime
    end: dt.datetime
    kind: str  # watch | gap | off | holiday
    label: str
    is_mine: bool = False
    tags: tuple[str, ...] = ()
    because: str = ""
    link: str = ""
    give: str = ""
    take: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What one day has of an entry. `when` is empty for the whole day; `is_first`: its first day, as far as the month shows it."""

    entry: Entry
    when: str
    is_first: bool


@dataclass(frozen=True, slots=True)
class Day:
    """One day with its parts: watches and gaps in order, then who is away, then holidays."""

    date: dt.date
    start: dt.datetime
    end: dt.datetime
    is_inside: bool  # of the month; others fill its weeks
    is_today: bool
    is_over: bool  # before yesterday: a phone begins after it
    note: str
    parts: tuple[Part, ...]

    @property
    def weekday(self) -> str:
        """Its name."""
        return NAMES[self.date.weekday()]

    @property
    def is_weekend(self) -> bool:
        """Saturday or Sunday."""
        return self.date.weekday() >= 5

    @property
    def has_gap(self) -> bool:
        """Does anybody miss?"""
        return any(part.entry.kind == "gap" for part in self.parts)


def first_of(text: str, otherwise: dt.date, name: str) -> dt.date:
    """The month that an address names, as its first day. Invalid, with a sentence, for what is none or out of reach."""
    if not text:
        return otherwise
    try:
        first = dt.date.fromisoformat(f"{text}-01")
        if not 1972 <= first.year < 2199:
            raise ValueError(text)
    except ValueError as error:
        raise Invalid(f"That month was not understood; expected for example {name}=2026-03.") from error
    return first


def borders_of(first: dt.date, zone: dt.tzinfo) -> list[dt.datetime]:
    """The midnights of all weeks that the month touches, Monday to Monday. `first` is the first of the month."""
    start = first - first.weekday() * ONE_DAY
    last = later(first, 1) - ONE_DAY
    end = last + (7 - last.weekday()) * ONE_DAY
    return midnights(start, (end - start).days, zone)


def later(first: dt.date, months: int) -> dt.date:
    """The first of the month so many months on, or back."""
    number = first.year * 12 + first.month - 1 + months
    return dt.date(number // 12, number % 12 + 1, 1)


def days_of(first: dt.date, zone: dt.tzinfo, entries: Sequence[Entry], *, now: dt.datetime) -> list[Day]:
    """The days of the month, with those before and after that make its weeks whole, and what stands in each."""
    start = first - first.weekday() * ONE_DAY
    ordered = sorted(entries, key=lambda each: (ORDER[each.kind], each.start, each.end, each.label))
    made = []
    for n, (begins, ends) in enumerate(pairwise(borders_of(first, zone))):
        day = start + n * ONE_DAY
        odd = ends - begins != ONE_DAY
        inside = [each for each in ordered if each.start < ends and each.end > begins and begins < ends]
        made.append(
            Day(
                date=day,
                start=begins,
                end=ends,
                is_inside=(day.year, day.month) == (first.year, first.month),
                is_today=begins <= now < ends,
                is_over=ends + ONE_DAY <= now,
                note=_note(ends - begins),
                parts=tuple(
                    Part(each, _when(each, begins, ends, zone, name_zone=odd), each.start >= begins or day == first) for each in inside
                ),
            )
        )
    return made


def _note(length: dt.timedelta) -> str:
    if length == ONE_DAY:
        return ""
    if not length:
        return "No such day here: the zone skipped it"
    way = "forward" if length < ONE_DAY else "back"
    return f"Clocks go {way}: {times.span(length.total_seconds())}"


def _when(entry: Entry, begins: dt.datetime, ends: dt.datetime, zone: dt.tzinfo, *, name_zone: bool) -> str:
    """The part of the entry in this day, in words."""
    start, end = (times.clock(at, zone) + (f" {times.zone_word(at, zone)}" if name_zone else "") for at in (entry.start, entry.end))
    if entry.start <= begins:
        return "" if entry.end >= ends else f"until {end}"
    return f"from {start}" if entry.end >= ends else f"{start} to {end}"
