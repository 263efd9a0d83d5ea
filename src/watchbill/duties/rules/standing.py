"""What became of a duty that was asked for: met in time, late, not at all? Pure.

A proof inside a window meets it. What is done besides counts, late, for a window of the same group that was missed; done ahead of its window it counts
only once the group is over, since a review covers what was there when it was made.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

OPEN, MET, LATE, UNMET = "open", "met", "late", "unmet"


@dataclass(frozen=True, slots=True)
class Slot:
    """One window, as far as its standing goes. `key`: what the caller knows it by."""

    key: int
    start: dt.datetime
    due: dt.datetime


@dataclass(frozen=True, slots=True)
class Done:
    """One proof."""

    id: int
    at: dt.datetime
    person_id: int


@dataclass(frozen=True, slots=True)
class Standing:
    """`proof` None: nothing was done about it."""

    state: str
    proof: Done | None = None


def standings(slots: Sequence[Slot], proofs: Sequence[Done], ends: dt.datetime, *, now: dt.datetime) -> dict[int, Standing]:
    """How each window of one group stands, by its key. `ends`: when the group is over; what is done from then on counts for nothing here."""
    slots = sorted(slots, key=lambda slot: slot.start)
    over = now >= ends
    begins = slots[0].start if slots else ends
    left = sorted((each for each in proofs if begins <= each.at < ends and each.at <= now), key=lambda each: (each.at, each.id))
    found: dict[int, Standing] = {}
    for slot in slots:
        proof = next((each for each in left if slot.start <= each.at < slot.due), None)
        if proof is not None:
            left.remove(proof)
            found[slot.key] = Standing(MET, proof)
    for slot in slots:
        if slot.key in found:
            continue
        proof = next((each for each in left if each.at >= slot.due or over), None)
        if proof is not None:
            left.remove(proof)
            found[slot.key] = Standing(LATE, proof)
        else:
            found[slot.key] = Standing(UNMET if over else OPEN)
    return found


def word(state: str, start: dt.datetime, due: dt.datetime, *, now: dt.datetime) -> str:
    """The state as people read it: to come, open, overdue, done, done late, unmet, ended before."""
    if state == OPEN:
        return "to come" if now < start else "open" if now < due else "overdue"
    return {MET: "done", LATE: "done late", UNMET: "unmet"}.get(state, "ended before")
