"""In which order do the items of a queue stand? New ones first, then what is worse, then what waits longer; what somebody has, last. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

RANK = {"critical": 0, "high": 1, "medium": 2, "low": 3, "": 4}


@dataclass(frozen=True, slots=True)
class Standing:
    """What of an item decides its place. `taken`: somebody has it, or it is an incident; `new`: not there when the queue was last gone through."""

    new: bool
    taken: bool
    severity: str
    created_at: dt.datetime
    id: int


def place(item: Standing) -> tuple[bool, bool, int, dt.datetime, int]:
    """Smaller stands higher."""
    return (item.taken, not item.new, RANK[item.severity], item.created_at, item.id)
