"""How well were duties kept? Lines of a ledger, their sum by duty, person and week, and the ledger as text. Pure."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

COLUMNS = ("duty", "part", "from", "due", "person", "state", "done_at", "done_by")
RISKY = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate
WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Line:
    """One window that is over. `people`: who answer for it, of a shared shift more than one; empty: nobody had the watch."""

    duty: str
    part: int
    parts: int
    start: dt.datetime
    due: dt.datetime
    people: tuple[str, ...]
    state: str
    done_at: dt.datetime | None = None
    done_by: str = ""


@dataclass(frozen=True, slots=True)
class Sum:
    """How many were met, late and not met."""

    met: int = 0
    late: int = 0
    unmet: int = 0

    @property
    def all(self) -> int:
        return self.met + self.late + self.unmet

    @property
    def kept(self) -> int | None:
        """Of a hundred, how many were met, late ones too; None: none was asked for."""
        return round(100 * (self.met + self.late) / self.all) if self.all else None

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.met + other.met, self.late + other.late, self.unmet + other.unmet)


def of(line: Line) -> Sum:
    """One line as a sum; what ended before its time is none."""
    return Sum(int(line.state == "met"), int(line.state == "late"), int(line.state == "unmet"))


def by(lines: Iterable[Line], key: str) -> dict[str, Sum]:
    """The sum of each duty, or person, in order of the name. What several people share counts for each of them."""
    found: dict[str, Sum] = {}
    for line in lines:
        for name in (line.duty,) if key == "duty" else line.people or ("",):
            found[name] = found.get(name, Sum()) + of(line)
    return dict(sorted(found.items()))


def weekly(lines: Iterable[Line], first: dt.datetime, weeks: int) -> dict[str, list[Sum]]:
    """The sum of each duty in each of so many weeks from `first` on, by when it was due."""
    found: dict[str, list[Sum]] = {}
    for line in lines:
        place = (line.due - first) // WEEK
        if 0 <= place < weeks:
            row = found.setdefault(line.duty, [Sum()] * weeks)
            row[place] = row[place] + of(line)
    return found


def row_of(line: Line) -> dict[str, object]:
    """As the API answers it, and a spreadsheet shows it."""
    part = f"{line.part} of {line.parts}" if line.parts > 1 else ""
    times = {"from": line.start, "due": line.due, "done_at": line.done_at}
    said = {name: at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None for name, at in times.items()}
    person = " ".join(line.people) or None
    whole = {"duty": line.duty, "part": part, **said, "person": person, "state": line.state, "done_by": line.done_by or None}
    return {name: whole[name] for name in COLUMNS}


def text(lines: Sequence[Line]) -> str:
    """The ledger as CSV."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow([_cell(value) for value in row_of(line).values()])
    return out.getvalue()


def _cell(value: object) -> str:
    said = "" if value is None else str(value)
    return f"'{said}" if said.startswith(RISKY) else said
