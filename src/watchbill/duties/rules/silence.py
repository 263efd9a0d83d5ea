"""Has nobody said anything for too long, and who is asked about it now? Pure.

The owner first; a day later, still silent, whoever is on call; another day later the team; then a week's peace, and from the beginning. A
human word ends it. Nobody is asked outside their working hours, and nobody gets more than one digest in a working day, but for what is critical.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from watchbill.people.rules import Duration, add
from watchbill.people.rules.working import WorkingTime

OWNER, ON_CALL, TEAM = 1, 2, 3
NEXT_RUNG = dt.timedelta(days=1)
PEACE = dt.timedelta(days=7)
DIGEST_EVERY = dt.timedelta(hours=20)
LONGEST_SNOOZE = dt.timedelta(days=92)
REMIND_AFTER = dt.timedelta(days=7)  # of an item that somebody took


@dataclass(frozen=True, slots=True)
class Silence:
    """Something that nobody has said a word about since `since`. `asked`: the rung that was asked last, about this very silence, at `asked_at`."""

    since: dt.datetime
    has_owner: bool
    has_on_call: bool
    asked: int = 0
    asked_at: dt.datetime | None = None
    snoozed_until: dt.datetime | None = None


def too_long_at(since: dt.datetime, after: Duration, *, zone: str, working: WorkingTime | None = None) -> dt.datetime:
    """When silence that began then is too long."""
    return add(since, after, zone=zone, working=working)


def asks_now(silence: Silence, too_long: dt.datetime, *, now: dt.datetime) -> int:
    """The rung that is asked now; 0: nobody."""
    if now < too_long or (silence.snoozed_until is not None and now < silence.snoozed_until):
        return 0
    if silence.asked == 0 or silence.asked_at is None:
        return _there(silence, OWNER)
    if silence.asked >= TEAM:
        return _there(silence, OWNER) if now >= silence.asked_at + PEACE else 0
    return _there(silence, silence.asked + 1) if now >= silence.asked_at + NEXT_RUNG else 0


def _there(silence: Silence, rung: int) -> int:
    """That rung, or the next one where nobody stands on it."""
    if rung == OWNER and not silence.has_owner:
        rung = ON_CALL
    if rung == ON_CALL and not silence.has_on_call:
        rung = TEAM
    return rung


def may_get_digest(working: WorkingTime, last: dt.datetime | None, *, critical: bool, now: dt.datetime) -> bool:
    """In their hours, and not again before the next day, unless it is critical."""
    return working.is_working(now) and (critical or last is None or now >= last + DIGEST_EVERY)


def is_late(taken_at: dt.datetime, reminded_at: dt.datetime | None, *, now: dt.datetime) -> bool:
    """Is whoever took an item a week ago reminded of it now? Each week once."""
    return now >= (reminded_at or taken_at) + REMIND_AFTER
