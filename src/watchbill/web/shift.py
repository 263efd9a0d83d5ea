"""A watch as a picture: the watch itself, what was owned in it, and when queues were gone through; with its axis."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from watchbill.handoff.selectors.shift import Account, Watch
from watchbill.web import times
from watchbill.web.pictures import Bar, Strip, Tick, Window, strip
from watchbill.web.visit import Visit

ROOM = 300.0  # pixels on the narrowest phone
SPOT = dt.timedelta(minutes=1)  # something that took no time is drawn as the least bar
MARK = 1 / 60  # of the watch: five pixels on the narrowest phone, so that a moment can be seen


@dataclass(frozen=True, slots=True)
class Picture:
    """Its rows and the words of the axis."""

    strips: tuple[Strip, ...]
    ticks: tuple[Tick, ...]


def picture(account: Account, watch: Watch, visit: Visit) -> Picture:
    """Rows with nothing in them are left out, but for the watch itself."""
    window = Window(watch.start, watch.end, ROOM)
    mine = account.person.pk == visit.person.pk
    name = "Your watch" if mine else f"Watch of {account.person.name}"
    said = f"{name} from {_at(watch.start, visit)} to {_at(watch.end, visit)}"
    whole = Bar(watch.start, watch.end, ("",), "me" if mine else "", said)
    owned = [
        Bar(
            row.since,
            row.until or min(watch.end, max(visit.now, row.since + SPOT)),
            (f"#{row.incident.number}",),
            "",
            f"#{row.incident.number} since {_at(row.since, visit)}",
        )
        for row in account.owned
    ]
    moment = (watch.end - watch.start) * MARK
    passes = [Bar(row.at, row.at + moment, ("",), "mark", f"{row.queue.name}, {_at(row.at, visit)}") for row in account.passes]
    rows = [strip("Watch", [whole], window, now=visit.now, height=34, words=said)]
    rows += [strip("Owned", owned, window, now=visit.now, height=30)] if owned else []
    rows += [strip("Reviews", passes, window, now=visit.now, height=30)] if passes else []
    return Picture(tuple(rows), _ticks(window, visit))


def _ticks(window: Window, visit: Visit) -> tuple[Tick, ...]:
    """The two ends, and now where it does not touch them."""
    here = window.place(visit.now) if window.holds(visit.now) else None
    ends = ((0.0, 13.0, window.start), (100.0, 87.0, window.end))
    ticks = [Tick(middle, _at(at, visit)) for x, middle, at in ends if here is None or abs(here - x) > 30]
    if here is not None:
        ticks.append(Tick(min(max(here, 6.0), 94.0), "now", current=True))
    return tuple(ticks)


def _at(at: dt.datetime, visit: Visit) -> str:
    return f"{times.WEEKDAYS[at.astimezone(visit.zone).weekday()]} {times.clock(at, visit.zone)}"
