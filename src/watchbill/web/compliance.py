"""How is the keeping of duties drawn? One strip for each duty, a column for each week: met, late and not met above each other. Pure.

The figures stand beside it in words: whoever does not see the picture misses nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from watchbill.duties.rules.ledger import Line, Sum, weekly

HIGH = 40.0  # of a strip
FLOOR = 1.0
WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a column. `kind`: met, late or unmet; x and width in percent, y and height in pixels."""

    kind: str
    x: str
    width: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Week:
    """One column in words."""

    first: dt.datetime
    sum: Sum


@dataclass(frozen=True, slots=True)
class Picture:
    """One duty."""

    duty: str
    bars: Sequence[Bar]
    weeks: Sequence[Week]
    sum: Sum

    @property
    def says(self) -> str:
        """What the picture shows, for whoever hears it."""
        parts = [f"week of {week.first:%d %b}: {_words(week.sum)}" for week in self.weeks if week.sum.all]
        return f"{self.duty}: {'; '.join(parts) or 'never asked for'}"


def pictures(lines: Sequence[Line], first: dt.datetime, weeks: int) -> list[Picture]:
    """A picture of each duty, in order of the name."""
    found = weekly(lines, first, weeks)
    made = []
    for duty, row in sorted(found.items()):
        columns = [Week(first + n * WEEK, total) for n, total in enumerate(row)]
        made.append(Picture(duty, _bars(row), columns, sum(row, Sum())))
    return made


def _bars(row: Sequence[Sum]) -> list[Bar]:
    """Each week is as high as every other: of a hundred, how many."""
    wide = 100 / len(row)
    bars = []
    for n, total in enumerate(row):
        bottom = HIGH
        for kind in ("met", "late", "unmet"):
            count = getattr(total, kind)
            if count:
                height = max(FLOOR, (HIGH - 1) * count / total.all)
                bottom -= height
                bars.append(Bar(kind, f"{n * wide + wide * 0.08:.2f}%", f"{wide * 0.84:.2f}%", f"{max(0.0, bottom):.1f}", f"{height:.1f}"))
    return bars


def _words(total: Sum) -> str:
    return f"{total.met} met, {total.late} late, {total.unmet} not met"
