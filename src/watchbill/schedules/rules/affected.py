"""Whose watches does a change move, and what must their calendars hear? Pure."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from watchbill.schedules.rules.entries import CalendarEntry
from watchbill.schedules.rules.hiding import Span, merge, subtract
from watchbill.schedules.rules.model import Shift

REQUEST, CANCEL = "REQUEST", "CANCEL"
Part = tuple[int, bool]  # a person, on watch or as a shadow


@dataclass(frozen=True, slots=True)
class Moved:
    """The time that somebody got, and the time that they lost; on watch, and as a shadow."""

    gained: tuple[Span, ...] = ()
    lost: tuple[Span, ...] = ()
    shadows: tuple[Span, ...] = ()
    shadows_no_more: tuple[Span, ...] = ()


def moved(before: Iterable[Shift], after: Iterable[Shift], *, now: dt.datetime) -> dict[int, Moved]:
    """Everybody whose time on watch is another one, from now on. Shadows count: they are notified along."""
    old, new = _spans(before, now), _spans(after, now)
    found = {}
    for person in sorted({person for person, _ in (*old, *new)}):
        watch, shadow = (person, False), (person, True)
        change = Moved(_more(new, old, watch), _more(old, new, watch), _more(new, old, shadow), _more(old, new, shadow))
        if change != Moved():
            found[person] = change
    return found


def calendar_news(before: Sequence[CalendarEntry], after: Sequence[CalendarEntry], person: int) -> list[tuple[str, CalendarEntry]]:
    """What the calendar of this person must hear: entries that are new or other, and those that are theirs no more (iTIP, RFC 5546)."""
    old, new = ({each.name: each for each in rows if each.shift.person_id == person} for rows in (before, after))
    asks = [(REQUEST, each) for name, each in new.items() if name not in old or old[name].shift != each.shift]
    return asks + [(CANCEL, each) for name, each in old.items() if name not in new]


def _more(one: Mapping[Part, Sequence[Span]], other: Mapping[Part, Sequence[Span]], part: Part) -> tuple[Span, ...]:
    return tuple(left for span in one.get(part, []) for left in subtract(span, other.get(part, [])))


def _spans(rows: Iterable[Shift], now: dt.datetime) -> dict[Part, list[Span]]:
    found: dict[Part, list[Span]] = defaultdict(list)
    for row in rows:
        if row.person_id is not None and row.end > now:
            found[row.person_id, row.shadow].append((max(row.start, now), row.end))
    return {part: merge(spans) for part, spans in found.items()}
