"""Whose turn is it on a day? Counted from the anchor in calendar days of the zone (semantics, Schedules). Pure."""

from __future__ import annotations

import datetime as dt

from watchbill.people.rules import add_months
from watchbill.schedules.rules.model import LayerRule


def turn_of(layer: LayerRule, ordinal: int) -> int:
    """The number of the turn that holds the day (a proleptic ordinal); 0 begins at the anchor, days before it count down."""
    turn = layer.turn
    if turn.unit == "days":
        return (ordinal - layer.anchor.toordinal()) // turn.number
    if turn.unit == "shifts":
        return _shifts_before(layer.days, layer.anchor.toordinal(), ordinal) // turn.number
    return _months(layer.anchor, dt.date.fromordinal(ordinal)) // turn.number


def entry_of(layer: LayerRule, turn: int) -> tuple[int, ...]:
    """The people whose turn it is."""
    return layer.order[(layer.anchor_index + turn) % len(layer.order)] if layer.order else ()


def next_turn(layer: LayerRule, ordinal: int) -> int | None:
    """The first later day on which a shift of another turn starts. None when no day has a shift."""
    if not layer.days:
        return None
    current = turn_of(layer, ordinal)
    while True:
        ordinal += 1
        if (ordinal - 1) % 7 in layer.days and turn_of(layer, ordinal) != current:
            return ordinal


def _shifts_before(days: frozenset[int], first: int, ordinal: int) -> int:
    """How many days of the weekday set lie in [first, ordinal); negative when the day lies before the first."""
    if ordinal < first:
        return -_shifts_before(days, ordinal, first)
    if len(days) == 7:
        return ordinal - first
    weeks, rest = divmod(ordinal - first, 7)
    return weeks * len(days) + sum((first + n - 1) % 7 in days for n in range(rest))


def _months(anchor: dt.date, day: dt.date) -> int:
    """Whole months between the two: the last of February ends the month that began on 31 January."""
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    return months if add_months(anchor, months) <= day else months - 1
