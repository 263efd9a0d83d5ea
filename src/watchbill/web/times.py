"""How is a time said? Pure: absolute in one zone, with its name; relative in words; a countdown in figures.

Every function takes aware times. A zone is a `tzinfo`; where the database of zones has no letters for it ("+08"), it is said as UTC+8.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo

from watchbill.kernel.lengths import DAY, HOUR, MINUTE, span

__all__ = ["DAY", "HOUR", "MINUTE", "span"]  # those of all lengths, beside the times

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def iso(at: dt.datetime) -> str:
    """RFC 3339 in UTC, to the millisecond: what the script counts from."""
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def zone_word(at: dt.datetime, zone: dt.tzinfo) -> str:
    """The short name of the zone at that moment: WAT, BST, UTC, UTC+8."""
    name = at.astimezone(zone).tzname() or "UTC"
    if name[0] not in "+-":
        return name
    hours, minutes = name[1:3].lstrip("0") or "0", name[3:5]
    return f"UTC{name[0]}{hours}" + (f":{minutes}" if minutes not in ("", "00") else "")


def clock(at: dt.datetime, zone: dt.tzinfo, *, seconds: bool = False) -> str:
    """The time of day, without a zone."""
    return at.astimezone(zone).strftime("%H:%M:%S" if seconds else "%H:%M")


def day(at: dt.datetime, zone: dt.tzinfo, *, now: dt.datetime) -> str:
    """The date, with its year when that is not this year: Mon 30 Mar, Tue 2 Dec 2025."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    year = f" {local.year}" if local.year != today.year else ""
    return f"{WEEKDAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}{year}"


def moment(at: dt.datetime, zone: dt.tzinfo, *, now: dt.datetime, seconds: bool = False) -> str:
    """A time with its zone, and with its day unless that is today: 03:53 WAT; Mon 30 Mar, 09:00 WAT."""
    said = f"{clock(at, zone, seconds=seconds)} {zone_word(at, zone)}"
    return said if same_day(at, now, zone) else f"{day(at, zone, now=now)}, {said}"


def twin(at: dt.datetime, zone: dt.tzinfo, *, seconds: bool = False) -> str:
    """The same moment in UTC, for whoever lives elsewhere; empty for whoever lives in UTC. Names the day when it is another one."""
    if zone_word(at, zone) == "UTC":
        return ""
    utc = at.astimezone(dt.UTC)
    said = f"{clock(at, dt.UTC, seconds=seconds)} UTC"
    return said if utc.date() == at.astimezone(zone).date() else f"{WEEKDAYS[utc.weekday()]} {said}"


def same_day(one: dt.datetime, other: dt.datetime, zone: dt.tzinfo) -> bool:
    """Do both fall on the same date of the zone?"""
    return one.astimezone(zone).date() == other.astimezone(zone).date()


def countdown(seconds: float) -> str:
    """What is left, in figures: 5:45; 1:05:45; from six hours on in words; nothing left is 0:00."""
    left = int(seconds + 0.999) if seconds > 0 else 0
    if left >= 6 * HOUR:
        return span(left)
    hours, minutes, rest = left // HOUR, left % HOUR // MINUTE, left % MINUTE
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def zone_of(name: str) -> dt.tzinfo:
    """The zone of that name; UTC when this machine does not know it."""
    try:
        return zoneinfo.ZoneInfo(name or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return dt.UTC
