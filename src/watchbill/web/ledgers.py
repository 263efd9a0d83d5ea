"""Who had it, and when did nobody? The ledger as a picture and in one sentence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from watchbill.incidents.models import Incident
from watchbill.response.selectors import Span
from watchbill.web import times
from watchbill.web.pictures import Bar, Strip, Tick, Window, strip
from watchbill.web.visit import Visit

ROLES = (("owner", "Accountable"), ("acting", "Acting"))
ROOM = 300.0  # pixels on the narrowest phone
AHEAD = 0.12  # of the past, drawn empty after now
STILL = dt.timedelta(seconds=1)  # what lasts is not over: it reaches past now
LEAST = dt.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Two strips, their axis, the same as a list, and what it comes to."""

    strips: tuple[Strip, ...]
    ticks: tuple[Tick, ...]
    spans: Sequence[Span]
    nobody: dt.timedelta
    alone_until: dt.datetime | None  # the first time somebody had it

    @property
    def nobody_said(self) -> str:
        """How long nobody had it."""
        return times.span(self.nobody.total_seconds())


def picture(spans: Sequence[Span], incident: Incident, visit: Visit) -> Ledger:
    """The ledger of one incident."""
    over = incident.resolved_at
    past = max((over or visit.now) - incident.opened_at, LEAST)
    window = Window(incident.opened_at, incident.opened_at + past * (1 if over else 1 + AHEAD), ROOM)
    strips = tuple(
        strip(name, [_bar(span, visit, over) for span in spans if span.role == role], window, now=visit.now) for role, name in ROLES
    )
    owners = [span for span in spans if span.role == "owner"]
    nobody = sum(((span.end or over or visit.now) - span.start for span in owners if span.person is None), dt.timedelta())
    first = next((span.start for span in owners if span.person is not None), None)
    return Ledger(strips, _ticks(incident, window, first, visit), spans, nobody, first)


def _bar(span: Span, visit: Visit, over: dt.datetime | None) -> Bar:
    end = span.end or over or visit.now + STILL
    when = f"{times.clock(span.start, dt.UTC)} to {times.clock(end, dt.UTC) if span.end or over else 'now'}"
    if span.person is None:
        return Bar(span.start, end, ("Nobody",), "gap", f"nobody, {when}")
    mine = span.person.id == visit.person.id
    given = span.person.name.split(" ")[0]
    return Bar(span.start, end, ("You",) if mine else (span.person.name, given), "me" if mine else "", f"{span.person.name}, {when}")


def _ticks(incident: Incident, window: Window, first: dt.datetime | None, visit: Visit) -> tuple[Tick, ...]:
    """The opening, the first owner, and now; words that would touch are left out."""
    opened = Tick(0.0, times.clock(incident.opened_at, dt.UTC))
    ticks = [opened]
    here = window.place(visit.now) if window.holds(visit.now) else None
    if here is not None:
        ticks.append(Tick(here, "now", current=True))
    if first is not None and 18 < window.place(first) < (here or 100) - 18:
        ticks.append(Tick(window.place(first), times.clock(first, dt.UTC)))
    return tuple(ticks)
