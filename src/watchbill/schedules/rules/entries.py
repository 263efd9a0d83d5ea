"""Shifts as entries of a calendar: which of them is the same one as before, and which is newer? Pure (RFC 5545, UID and SEQUENCE)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from watchbill.schedules.rules.model import ScheduleRule, Shift


@dataclass(frozen=True, slots=True)
class Mark:
    """An override that was made, and perhaps withdrawn."""

    start: dt.datetime
    end: dt.datetime
    made_at: dt.datetime
    withdrawn_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One shift. `name` stays while its schedule and start stay, whoever has it; `sequence` only grows, and grows with each change."""

    name: str
    shift: Shift
    sequence: int
    changed_at: dt.datetime | None


def entries(
    rule: ScheduleRule, rows: Sequence[Shift], marks: Sequence[Mark], *, revision: int, edited_at: dt.datetime | None
) -> list[CalendarEntry]:
    """The rows as entries. Every override within a whole shift of an entry's start counts as a change of it.

    So a neighbour may say that it is newer and be the same, which harms nobody; one that changed never looks old.
    """
    reach = dt.timedelta(days=max((layer.length.reach for layer in rule.layers), default=1))
    seen: Counter[str] = Counter()
    made = []
    for row in rows:
        near = [mark for mark in marks if mark.start <= row.start + reach and mark.end >= row.start - reach]
        moments = [at for mark in near for at in (mark.made_at, mark.withdrawn_at) if at is not None]
        changed = max([*moments, *([edited_at] if edited_at else [])], default=None)
        name = f"{rule.id}-{row.start.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"  # calendars know whole seconds
        seen[name] += 1
        made.append(CalendarEntry(f"{name}-{seen[name]}", row, revision + len(moments), changed))
    return made
