"""Which instant is a clock time of a zone? Also in the night that skips it, or has it twice. Pure.

Instants are aware and UTC; clock times are naive and belong to the zone that stands beside them. A time that the night skips is the end of
the gap; one that comes twice is the first (semantics, Schedules).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UTC = dt.UTC
SECOND = dt.timedelta(seconds=1)


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """The zone of that name. ZoneInfoNotFoundError or ValueError when there is none: the configuration refuses those before."""
    return ZoneInfo(name)


def weekdays(words: Iterable[str]) -> frozenset[int]:
    """`["mon", "sat"]` as Python counts them: Monday is 0. ValueError for another word."""
    return frozenset(DAYS.index(word) for word in words)


def clock_time(local: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """The first instant, in UTC, at which the clock of the zone shows `local` (naive), or a later time if it skips that one."""
    first = local.replace(tzinfo=zone, fold=0)
    before, after = first.utcoffset(), first.replace(fold=1).utcoffset()
    if before is None or after is None:
        raise ValueError(f"{zone} knows no offset")
    if before >= after:
        return (local - before).replace(tzinfo=UTC)
    return _end_of_gap((local - after).replace(tzinfo=UTC, microsecond=0), (local - before).replace(tzinfo=UTC), before, zone)


def _end_of_gap(low: dt.datetime, high: dt.datetime, before: dt.timedelta, zone: dt.tzinfo) -> dt.datetime:
    """The second in (low, high] at which the offset stops being `before`."""
    seconds = int((high - low).total_seconds()) + 1
    bottom, top = 0, seconds
    while top - bottom > 1:
        middle = (bottom + top) // 2
        if (low + middle * SECOND).astimezone(zone).utcoffset() == before:
            bottom = middle
        else:
            top = middle
    return low + top * SECOND
