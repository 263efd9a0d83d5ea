"""Who has the watch, and what are the final shifts? ONE answer for the engine, the preview, the API and the feed. Pure.

1. Each layer's shifts that touch the window, from the version that is valid when the shift starts.
2. Overrides, in the order in which they were made: each changes its window only, and leaves parts that are rows of their own.
3. In a stack, a later layer hides earlier ones; only whoever is left of them becomes the shadow in a reverse shadow.
Nothing is merged: two shifts that touch are a hand-over, even of one person.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from operator import attrgetter

from watchbill.people.rules import clock_time, zone_of
from watchbill.schedules.rules.hiding import hide
from watchbill.schedules.rules.model import LayerRule, OverrideRule, ScheduleRule, Shift
from watchbill.schedules.rules.overriding import amend
from watchbill.schedules.rules.turns import entry_of, turn_of

INSTANT = dt.timedelta(microseconds=1)
IN_ORDER = attrgetter("start", "rank", "end", "person_id")
HORIZONS = tuple(dt.timedelta(days=days) for days in (2, 9, 40, 400))  # how far ahead somebody is looked for, step by step


def final_shifts(schedule: ScheduleRule, start: dt.datetime, end: dt.datetime) -> list[Shift]:
    """The shifts that overlap [start, end), whole, in order; shadows included."""
    low, high = start, end
    rows = _of_layers(schedule.layers, start, end)
    if any(layer.hides for layer in schedule.layers):
        # What hides a part of a row may lie outside the window, and a row is shown whole.
        low, high = _reach(rows, schedule.overrides, start, end)
        rows += [row for row in _of_layers(schedule.layers, low, start) if row.end <= start]
        rows += [row for row in _of_layers(schedule.layers, end, high) if row.start >= end]
    if schedule.overrides:
        rows = amend(rows, schedule.overrides, schedule.layers, low, high)
    rows = [_settled(row) for row in hide(rows) if row.end > start and row.start < end]
    rows.sort(key=IN_ORDER)
    return rows


def on_call_at(schedule: ScheduleRule, at: dt.datetime) -> list[Shift]:
    """The shifts that hold `at`: the same rows, to the second, as in `final_shifts`."""
    return final_shifts(schedule, at, at + INSTANT)


def next_after(schedule: ScheduleRule, at: dt.datetime) -> list[Shift]:
    """The shifts that start next after `at`, all at the same moment. Shadows follow nobody. None within 400 days: nothing."""
    for horizon in HORIZONS:
        coming = [row for row in final_shifts(schedule, at, at + horizon) if row.start > at and not row.shadow]
        if coming:
            return [row for row in coming if row.start == coming[0].start]
    return []


def layer_shifts(layer: LayerRule, start: dt.datetime, end: dt.datetime) -> list[Shift]:
    """The shifts of one version that overlap [start, end), before any override; one row for each person."""
    zone = zone_of(layer.zone)
    begins_at = dt.timedelta(hours=layer.start.hour, minutes=layer.start.minute, seconds=layer.start.second)
    first = max(start.astimezone(zone).toordinal() - layer.length.reach, layer.starting.toordinal())
    days, length, name, shadow, rank, hides = layer.days, layer.length, layer.name, layer.shadow, layer.position, layer.hides
    dated = layer.valid_from is not None or layer.valid_until is not None
    rows: list[Shift] = []
    for ordinal in range(first, end.astimezone(zone).toordinal() + 1):
        if (ordinal - 1) % 7 not in days:
            continue
        nominal = dt.datetime.fromordinal(ordinal) + begins_at
        ends = clock_time(length.end(nominal), zone)
        if ends <= start:
            continue
        begins = clock_time(nominal, zone)
        if begins >= end:
            break
        if begins >= ends or (dated and not _is_valid(layer, begins)):
            continue
        for person_id in entry_of(layer, turn_of(layer, ordinal)):
            rows.append(Shift(begins, ends, person_id, "layer", name, shadow, rank, hides))  # noqa: PERF401  most entries are one person
    return rows


def _is_valid(layer: LayerRule, begins: dt.datetime) -> bool:
    return (layer.valid_from is None or layer.valid_from <= begins) and (layer.valid_until is None or begins < layer.valid_until)


def _of_layers(layers: Iterable[LayerRule], start: dt.datetime, end: dt.datetime) -> list[Shift]:
    return [shift for layer in layers for shift in layer_shifts(layer, start, end)]


def _settled(row: Shift) -> Shift:
    return row._replace(shadow=True, follows=False) if row.follows else row


def _reach(
    rows: Iterable[Shift], overrides: Iterable[OverrideRule], start: dt.datetime, end: dt.datetime
) -> tuple[dt.datetime, dt.datetime]:
    """The window of whatever overlaps [start, end)."""
    spans: list[Shift | OverrideRule] = [*rows, *(override for override in overrides if override.end > start and override.start < end)]
    return min([start, *(span.start for span in spans)]), max([end, *(span.end for span in spans)])
