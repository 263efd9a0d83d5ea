"""Which instant is a clock time of a zone? Also in the night that skips it, or has it twice. Pure.

Instants are aware and UTC; clock times are naive and belong to the zone that stands beside them. A time that the night skips is the end of
the gap; one that comes twice is the first (semantics, Schedules).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from functools import lru_cache
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UTC = dt.UTC
ZERO = dt.timedelta(0)
SECOND, DAY = dt.timedelta(seconds=1), dt.timedelta(days=1)
NAIVE_EPOCH = dt.datetime.combine(dt.date(1970, 1, 1), dt.time())
EPOCH, EPOCH_DAY = NAIVE_EPOCH.replace(tzinfo=dt.UTC), NAIVE_EPOCH.toordinal()
WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?)?")


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """The zone of that name. ZoneInfoNotFoundError or ValueError when there is none: the configuration refuses those before."""
    return ZoneInfo(name)


def weekdays(words: Iterable[str]) -> frozenset[int]:
    """`["mon", "sat"]` as Python counts them: Monday is 0. ValueError for another word."""
    return frozenset(DAYS.index(word) for word in words)


def clock_time(local: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """The first instant, in UTC, at which the clock of the zone shows `local` (naive), or a later time if it skips that one."""
    epoch = _steady_epoch(zone, local.toordinal() // 7)
    if epoch is not None:
        return epoch + (local - NAIVE_EPOCH)
    first = local.replace(tzinfo=zone, fold=0)
    before, after = first.utcoffset(), first.replace(fold=1).utcoffset()
    if before is None or after is None:
        raise ValueError(f"{zone} knows no offset")
    if before >= after:
        return (local - before).replace(tzinfo=UTC)
    return _end_of_gap((local - after).replace(tzinfo=UTC, microsecond=0), (local - before).replace(tzinfo=UTC), before, zone)


@lru_cache(maxsize=65_536)
def _steady_epoch(zone: dt.tzinfo, week: int) -> dt.datetime | None:
    """The instant from which the clock times of the week count, when one offset holds from a day before it to a day after: in most weeks.

    Asked once a day: no zone has changed its clocks and changed them back so soon since 1970, where times begin here.
    """
    begins = EPOCH + (7 * week - EPOCH_DAY) * DAY
    offsets = {(begins + n * DAY).astimezone(zone).utcoffset() or ZERO for n in range(-1, 9)}
    return EPOCH - offsets.pop() if len(offsets) == 1 else None


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


def parse_time(text: str, zone: str) -> dt.datetime:
    """The instant, UTC, that somebody wrote: RFC 3339, or `2026-11-02T09:00` or a date (its midnight) of the zone. ValueError with a sentence."""
    try:
        if not WRITTEN.fullmatch(text):
            raise ValueError("another form")
        moment = dt.datetime.fromisoformat(text.upper())
        return moment.astimezone(UTC) if moment.tzinfo else clock_time(moment, zone_of(zone))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text[:60]!r} is no time; expected one such as 2026-11-02T09:00, 2026-11-02T09:00:00Z or 2026-11-02.") from error
