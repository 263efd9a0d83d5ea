"""What `watchbill doctor` finds, in the shape in which every look says it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One look. `state`: green, amber (works, and should be looked at) or red (somebody may not be woken)."""

    what: str
    state: str
    says: str
