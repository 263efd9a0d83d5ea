"""Which watches does time off meet? Pure: asked of the final shifts, so whoever was covered by an override has no clash any more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from watchbill.schedules.rules.coverage import overlaps
from watchbill.schedules.rules.hiding import Span, merge
from watchbill.schedules.rules.model import Shift


@dataclass(frozen=True, slots=True)
class Clash:
    """A shift of somebody who is away, and the part of it for which they are."""

    shift: Shift
    start: dt.datetime
    end: dt.datetime


def clashes(rows: Iterable[Shift], away: Mapping[int, Sequence[Span]]) -> list[Clash]:
    """The shifts that time off meets, in order; shadows are no coverage. Time off that touches a shift does not meet it."""
    absent = {person_id: merge(spans) for person_id, spans in away.items()}
    found = [
        Clash(row, *both)
        for row in rows
        if row.person_id is not None and not row.shadow
        for both in overlaps([(row.start, row.end)], absent.get(row.person_id, []))
    ]
    return sorted(found, key=lambda clash: (clash.start, clash.end, clash.shift.person_id or 0))
