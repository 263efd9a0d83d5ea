"""Does a provider work? When is it tested next, and what is its last test worth? Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from watchbill.people.rules import WorkingTime

FIRST = dt.timedelta(hours=1)  # after a provider was first seen: nothing rings while somebody still sets it up
LATE = dt.timedelta(minutes=30)  # after it was due, a test that has no end is a fault of its own
SELDOM = dt.timedelta(hours=12)  # tests as rare as this wait for the working hours of whoever receives them
RANG = ("answered", "ringing", "in-progress", "completed", "busy", "no-answer", "key")  # what is told of a call that was placed


class Health(StrEnum):
    """`works`; `taken`: the provider took the test, and nobody confirmed that it arrived; `untested`: no test has ended yet, or nobody can
    receive one; `failed`; `late`: a test is due and has no end."""

    WORKS = "works"
    TAKEN = "taken"
    UNTESTED = "untested"
    FAILED = "failed"
    LATE = "late"

    @property
    def is_red(self) -> bool:
        """May somebody not be woken because of it?"""
        return self in (Health.FAILED, Health.LATE)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a test ended. `works`: None when nothing can be said."""

    works: bool | None
    confirmed: bool
    detail: str


def next_due(after: dt.datetime, every: dt.timedelta, working: WorkingTime | None) -> dt.datetime:
    """When a provider is tested next. Rare tests fall into working hours: nobody is woken to hear that waking works."""
    at = after + every
    return working.next_opening(at) if working is not None and every >= SELDOM else at


def ended(state: str, *, method: str, waits: bool, error: str, told: Iterable[str] = ()) -> Ended | None:
    """What the end of the test's notification proves; None: it has none yet.

    `waits`: its provider took it, and may still tell whether it arrived. `told`: what the provider told afterwards. A call proves its
    provider when it rang, whoever did not pick up; a telephone that nobody answers is no fault of the provider.
    """
    if state == "delivered":
        return Ended(True, True, "It arrived.")
    if state == "sent" and not waits:
        return Ended(True, False, "The provider took it. Whether it arrived was not told in time.")
    if method == "voice" and state == "failed" and any(each.startswith(RANG) for each in told):
        return Ended(True, True, "It rang. Nobody answered, which is no fault of the provider.")
    if state in ("failed", "cancelled"):
        return Ended(False, False, error or "The test could not be sent.")
    return None


def health(*, works: bool | None, confirmed: bool, due_at: dt.datetime, under_way_since: dt.datetime | None, now: dt.datetime) -> Health:
    """What is known of a provider now. `due_at`: of the next test; `under_way_since`: when the one was asked for that has not ended."""
    if works is False:
        return Health.FAILED
    if now - (under_way_since or due_at) > LATE:
        return Health.LATE
    if works is None:
        return Health.UNTESTED
    return Health.WORKS if confirmed else Health.TAKEN
