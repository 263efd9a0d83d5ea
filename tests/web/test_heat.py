"""A heat map: figures in their cells, five steps of colour, whoever carried most first."""

from __future__ import annotations

import datetime as dt

from tests.factories import T0
from watchbill.schedules.rules import Load, Period
from watchbill.web.heat import rows_of

HOUR = dt.timedelta(hours=1)


def period(*loads: tuple[int, float, int]) -> Period:
    return Period(dt.date(2026, 3, 1), T0, T0, tuple(Load(person, hours * HOUR, nights, 0, 0) for person, hours, nights in loads))


def test_each_cell_has_its_figure_and_the_most_of_all_is_the_darkest():
    rows = rows_of([period((1, 10, 0), (2, 100, 1)), period((1, 49.6, 3))], "hours")
    assert [(row.person_id, row.total, [(cell.figure, cell.heat) for cell in row.cells]) for row in rows] == [
        (2, 100, [(100, 5), (0, 0)]),
        (1, 60, [(10, 1), (50, 3)]),
    ]


def test_another_measure_orders_anew_and_nothing_is_no_colour():
    rows = rows_of([period((1, 10, 0), (2, 100, 1)), period((1, 50, 3))], "nights")
    assert [(row.person_id, row.total) for row in rows] == [(1, 3), (2, 1)]
    assert rows_of([period((1, 10, 0))], "weekends")[0].cells[0].heat == 0
    assert rows_of([], "hours") == []
