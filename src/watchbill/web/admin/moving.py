"""Rows of a form that buttons add, move and drop: `WHAT.add`, `WHAT.up.1`, `WHAT.down.1`, `WHAT.drop.1`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Row = TypeVar("Row")


def moved(rows: Sequence[Row], act: str, new: Row, *, most: int) -> list[Row]:
    """The rows after a button; whatever else was pressed leaves them as they are."""
    found = list(rows)
    _, _, rest = act.partition(".")
    what, _, text = rest.partition(".")
    place = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else -1
    if what == "add" and len(found) < most:
        found.append(new)
    elif what == "drop" and 0 <= place < len(found):
        del found[place]
    elif what in ("up", "down"):
        other = place + (1 if what == "down" else -1)
        if min(place, other) >= 0 and max(place, other) < len(found):
            found[place], found[other] = found[other], found[place]
    return found
