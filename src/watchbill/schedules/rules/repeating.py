"""When is the same change due week after week? On the same clock times, whatever the clocks did in between. Pure."""

from __future__ import annotations

import datetime as dt

from watchbill.people.rules import clock_time, zone_of

WEEK = dt.timedelta(weeks=1)
MOST = 26  # half a year: for longer, the rotation is edited
Span = tuple[dt.datetime, dt.datetime]


def weekly(start: dt.datetime, end: dt.datetime, until: dt.date, zone: str) -> list[Span]:
    """The window, and the same one on each later week that begins on `until` or earlier. ValueError with a sentence where that makes no sense."""
    here = zone_of(zone)
    begins, ends = (at.astimezone(here).replace(tzinfo=None) for at in (start, end))
    if ends - begins > WEEK:
        raise ValueError("A change of every week lasts a week at most; expected an earlier end.")
    if until < begins.date() + WEEK:
        raise ValueError(f"Until {until.isoformat()} it happens once; expected {(begins.date() + WEEK).isoformat()} or a later day.")
    times = (until - begins.date()) // WEEK + 1
    if times > MOST:
        last = begins.date() + (MOST - 1) * WEEK
        raise ValueError(f"That is {times} times, and {MOST} are the most; expected {last.isoformat()} or an earlier day.")
    later = [(clock_time(begins + n * WEEK, here), clock_time(ends + n * WEEK, here)) for n in range(1, times)]
    return [(start, end), *((one, other) for one, other in later if one < other)]
