"""Why has somebody the watch at a moment? What each layer says, then what each change by hand made of it. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from itertools import pairwise

from watchbill.schedules.rules.hiding import hide
from watchbill.schedules.rules.model import LayerRule, OverrideRule, ScheduleRule, Shift
from watchbill.schedules.rules.shifts import INSTANT, layer_shifts, on_call_at

On = tuple[tuple[int, bool], ...]  # who has the watch, and whether only as a shadow


@dataclass(frozen=True, slots=True)
class LayerSays:
    """One layer at that moment, before any change by hand. Nobody without a shift: none of its shifts runs then."""

    layer: LayerRule
    people: tuple[int, ...] = ()
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    hidden: bool = False  # a later layer hides it


@dataclass(frozen=True, slots=True)
class Step:
    """One change by hand, and who had the watch without it and with it."""

    override: OverrideRule
    before: On
    after: On


@dataclass(frozen=True, slots=True)
class Reasons:
    """All of it. `final` is the one answer that everybody else gives too."""

    layers: tuple[LayerSays, ...]
    steps: tuple[Step, ...]
    final: On


def reasons(rule: ScheduleRule, at: dt.datetime) -> Reasons:
    """Overrides in the order in which they were made, as they apply; those of another time are no reason."""
    near = [each for each in rule.overrides if each.start <= at < each.end]
    states = [_on(on_call_at(replace(rule, overrides=tuple(near[:count])), at)) for count in range(len(near) + 1)]
    steps = tuple(Step(override, before, after) for override, (before, after) in zip(near, pairwise(states), strict=True))
    return Reasons(_layers(rule, at), steps, states[-1])


def _layers(rule: ScheduleRule, at: dt.datetime) -> tuple[LayerSays, ...]:
    """Of each layer the version whose shift runs, else the one that holds."""
    rows = {layer: layer_shifts(layer, at, at + INSTANT) for layer in rule.layers}
    seen = {(row.layer, row.person_id) for row in hide([row for found in rows.values() for row in found]) if row.start <= at < row.end}
    said: dict[str, LayerSays] = {}
    for layer, found in rows.items():
        if found:
            hidden = not any((row.layer, row.person_id) in seen for row in found)
            said[layer.name] = LayerSays(layer, tuple(row.person_id or 0 for row in found), found[0].start, found[0].end, hidden)
        elif layer.name not in said and _holds(layer, at):
            said[layer.name] = LayerSays(layer)
    return tuple(sorted(said.values(), key=lambda each: each.layer.position))


def _holds(layer: LayerRule, at: dt.datetime) -> bool:
    return (layer.valid_from is None or layer.valid_from <= at) and (layer.valid_until is None or at < layer.valid_until)


def _on(rows: list[Shift]) -> On:
    return tuple(sorted({(row.person_id, row.shadow) for row in rows if row.person_id is not None}, key=lambda each: (each[1], each[0])))
