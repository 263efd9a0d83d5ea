"""How does a load become a heat map? Pure: rows of people, columns of months or weeks, one figure in each cell, and five steps of colour.

The figure is always there: the colour only helps to find the dark corner, and is left out on paper.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from watchbill.schedules.rules import Load, Period

STEPS = 5
MEASURES: Mapping[str, tuple[str, Callable[[Load], float]]] = {
    "hours": ("Hours", lambda load: load.watched / dt.timedelta(hours=1)),
    "nights": ("Nights", lambda load: load.nights),
    "weekends": ("Weekends", lambda load: load.weekends),
    "holidays": ("Public holidays", lambda load: load.holidays),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One person in one period. `heat`: 0 for nothing, to 5 for the most of all."""

    figure: int
    heat: int


@dataclass(frozen=True, slots=True)
class Row:
    """One person with a cell for each period, and all of them together."""

    person_id: int
    cells: tuple[Cell, ...]
    total: int


def rows_of(periods: Sequence[Period], measure: str) -> list[Row]:
    """Everybody who had a watch, whoever carried most of it first."""
    _, value = MEASURES[measure]
    carried = [{load.person_id: value(load) for load in period.loads} for period in periods]
    most = max((each for found in carried for each in found.values()), default=0.0)
    people = dict.fromkeys(person for found in carried for person in found)
    rows = []
    for person in people:
        values = [found.get(person, 0.0) for found in carried]
        rows.append(Row(person, tuple(Cell(round(each), _heat(each, most)) for each in values), round(sum(values))))
    return sorted(rows, key=lambda row: (-row.total, row.person_id))


def _heat(value: float, most: float) -> int:
    """Above nothing is at least one step."""
    return min(STEPS, 1 + int(STEPS * value / most)) if value > 0 else 0
