"""A try has ended: is it repeated, when, and does the next method start? (semantics, notifying a person)"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

RETRY_AFTER = (dt.timedelta(seconds=5), dt.timedelta(seconds=20), dt.timedelta(seconds=60))
LOST_AT_MOST = 6  # a message that ends six engines in a row is set aside, so that it cannot end a seventh


class Outcome(StrEnum):
    """How a try ended. `accepted`: a provider took it and tells later whether it arrived. `unknown`: it may have arrived."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class After:
    """What becomes of the notification: its state, when it is tried again, whether that may be a duplicate, whether the next rule starts."""

    state: str
    again_in: dt.timedelta | None = None
    possible_duplicate: bool = False
    starts_next: bool = False


def after_attempt(outcome: Outcome, *, tries: int, withdrawn: bool, possible_duplicate: bool) -> After:
    """What follows the try number `tries` (from 1). `withdrawn`: acknowledged or resolved meanwhile, so nothing is tried again."""
    if outcome is Outcome.DELIVERED:
        return After("delivered", possible_duplicate=possible_duplicate)
    if outcome is Outcome.ACCEPTED:
        return After("sent", possible_duplicate=possible_duplicate)
    marked = possible_duplicate or outcome is Outcome.UNKNOWN
    if withdrawn:
        return After("cancelled", possible_duplicate=marked)
    if outcome is Outcome.PERMANENT or tries > len(RETRY_AFTER):
        return After("failed", possible_duplicate=marked, starts_next=True)
    return After("queued", RETRY_AFTER[max(tries, 1) - 1], possible_duplicate=marked, starts_next=True)


def after_lost_lease(*, tries: int, withdrawn: bool) -> After:
    """What follows when the engine that was sending is gone: again at once, marked; its end is unknown, so no failure is concluded from it."""
    if withdrawn:
        return After("cancelled", possible_duplicate=True)
    if tries >= LOST_AT_MOST:
        return After("failed", possible_duplicate=True, starts_next=True)
    return After("queued", dt.timedelta(0), possible_duplicate=True)
