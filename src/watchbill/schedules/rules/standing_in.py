"""Somebody stands in for somebody else everywhere, for a while: on which schedules, and when? Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from watchbill.schedules.rules.coverage import watches
from watchbill.schedules.rules.hiding import Span
from watchbill.schedules.rules.model import ScheduleRule
from watchbill.schedules.rules.shifts import final_shifts


def watched_by(person_id: int, rules: Mapping[int, ScheduleRule], start: dt.datetime, end: dt.datetime) -> dict[int, tuple[Span, ...]]:
    """The schedules on which this person has the watch in [start, end), with the time, cut at the window. A shadow has none."""
    found = {}
    for id_, rule in rules.items():
        spans = watches(final_shifts(rule, start, end)).get(person_id, [])
        if inside := tuple((max(begins, start), min(ends, end)) for begins, ends in spans if begins < end and ends > start):
            found[id_] = inside
    return found
