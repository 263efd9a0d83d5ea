"""What standing duties does somebody's watch carry, and how far is each? Filled by whoever keeps duties; the shift page shows what is here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Owed:
    """A duty of a watch. `state`: to come, open, done, late, unmet; `word` and `detail` as people read them, `path` where it is done."""

    name: str
    state: str
    word: str
    detail: str = ""
    path: str = ""


def duties_of(person_id: int, schedule_id: int, start: dt.datetime, end: dt.datetime, *, now: dt.datetime) -> list[Owed]:  # noqa: ARG001
    """Those of this watch, in the file's order."""
    return []
