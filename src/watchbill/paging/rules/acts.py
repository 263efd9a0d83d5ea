"""What may people, sources and the outbox do to a walk? Each answers the walk afterwards, or None where it means nothing now.

An act that must page at once sets the due time to now and marks the walk `urged`: the look that follows in the same transaction fires it,
whatever the working hours.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from watchbill.paging.rules.state import ACKNOWLEDGED, EXHAUSTED, PAUSED, RESOLVED, TRIGGERED, UNSEEN_AFTER, Walk, World
from watchbill.paging.rules.waits import silent_from

CALLING = dt.timedelta(minutes=15)  # a manager calls the on-call: the walk pauses so long
SNOOZE_LIMIT = dt.timedelta(hours=24)


def is_owned(walk: Walk) -> bool:
    """Has somebody acknowledged it (also while they have put it off)?"""
    return walk.status == ACKNOWLEDGED or (walk.status == PAUSED and walk.paused_status == ACKNOWLEDGED)


def acknowledge(walk: Walk, person_id: int, *, now: dt.datetime, world: World) -> Walk | None:
    """Somebody takes it. None: somebody was first, or it is over."""
    if walk.status == RESOLVED or is_owned(walk):
        return None
    taken = replace(
        _awake(walk),
        status=ACKNOWLEDGED,
        acknowledged_at=now,
        acknowledged_by=person_id,
        owner_id=walk.owner_id if walk.owner_id is not None else person_id,
        word_at=now,
        rest=(),
        held=(),
        wait_until=None,
        pinged_at=None,
    )
    return replace(taken, due_at=silent_from(taken, now, world))


def word(walk: Walk, *, now: dt.datetime, world: World) -> Walk | None:
    """A human word: the ack timeout counts from here. While it is put off, the end of that stays."""
    if walk.status == PAUSED and walk.paused_status == ACKNOWLEDGED:
        return replace(walk, word_at=now)
    if walk.status != ACKNOWLEDGED:
        return None
    return replace(walk, word_at=now, pinged_at=None, due_at=silent_from(walk, now, world))


def resolve(walk: Walk, *, now: dt.datetime) -> Walk | None:
    """The alarm is over, whatever becomes of the incident."""
    if walk.status == RESOLVED:
        return None
    quiet = replace(_awake(walk), status=RESOLVED, resolved_at=now, due_at=None, wait_until=None, rest=(), held=(), pinged_at=None)
    return replace(quiet, quiet_at=walk.quiet_at, source_cleared=walk.source_cleared)


def escalate(walk: Walk, *, now: dt.datetime) -> Walk | None:
    """The next step at once; on the last one the last resort, whatever rounds there would be. Acknowledged becomes triggered."""
    if walk.status == RESOLVED:
        return None
    round_ = walk.copy.repeat if walk.step >= len(walk.copy.steps) else walk.round
    status = EXHAUSTED if EXHAUSTED in (walk.status, walk.paused_status) else TRIGGERED
    return replace(_unowned(walk), status=status, round=round_, aimed_at=None, source_cleared=False, due_at=now, urged=True)


def start_again(walk: Walk, *, now: dt.datetime, skip_first: bool = False) -> Walk | None:
    """From step 1, at once: it was given back, or still fires when its maintenance ends. `skip_first`: from step 2, as whom step 1 asks gave
    it back; where that is all there is, the last resort."""
    if walk.status == RESOLVED:
        return None
    round_ = walk.copy.repeat if skip_first and len(walk.copy.steps) < 2 else 0
    again = replace(_unowned(walk), status=TRIGGERED, step=int(skip_first), round=round_, held=(), tried=(), aimed_at=None)
    return replace(again, due_at=now, urged=True)


def louder(walk: Walk, *, now: dt.datetime, world: World) -> Walk | None:
    """The page has become loud. One that waits starts again from step 1, at once; of an owned one the ack timeout counts from now on."""
    if walk.status in (TRIGGERED, EXHAUSTED):
        return start_again(walk, now=now)
    if walk.status == ACKNOWLEDGED and walk.pinged_at is None:
        return replace(walk, due_at=silent_from(walk, walk.word_at or now, world))
    return None


def aim(walk: Walk, person_id: int, *, now: dt.datetime) -> Walk | None:
    """Before any acknowledgement: this person is asked instead. None once it is owned: that is a hand-off."""
    if walk.status == RESOLVED or is_owned(walk):
        return None
    return replace(_unowned(walk), status=TRIGGERED, held=(), aimed_at=person_id, due_at=now, urged=True)


def pause(walk: Walk, *, until: dt.datetime, reason: str, now: dt.datetime) -> Walk | None:
    """Stand still until then; what the wait still had is kept. A pause in a pause moves its end, but never that of a maintenance."""
    if walk.status == RESOLVED:
        return None
    if walk.maintenance_at is not None:
        return None
    if walk.status == PAUSED:
        return replace(walk, due_at=until, pause_reason=reason)
    ends = walk.wait_until or walk.due_at
    left = max(ends - now, dt.timedelta(0)) if ends is not None else None
    return replace(walk, status=PAUSED, paused_status=walk.status, paused_due_in=left, pause_reason=reason, due_at=until, wait_until=None)


def resume(walk: Walk, *, now: dt.datetime) -> Walk | None:
    """The pause ends now instead of then. None: it does not stand still."""
    return replace(walk, due_at=now) if walk.status == PAUSED else None


def hold_back(walk: Walk, *, until: dt.datetime, reason: str, now: dt.datetime) -> Walk | None:
    """A maintenance of its service holds: nobody is asked until then. None: somebody has it, or it is held back so long already.

    What it waited for is given up, since it starts from step 1 when the maintenance is over; a person's own act on it ends this at once.
    """
    if walk.status == RESOLVED or is_owned(walk):
        return None
    if walk.maintenance_at is not None:
        return replace(walk, due_at=until, pause_reason=reason) if walk.due_at is None or until > walk.due_at else None
    status = walk.paused_status or walk.status
    held = replace(walk, status=PAUSED, paused_status=status, paused_due_in=None, pause_reason=reason, maintenance_at=now)
    return replace(held, due_at=until, wait_until=None, rest=(), held=())


def put_off(walk: Walk, *, until: dt.datetime) -> Walk | None:
    """Somebody has it, and a maintenance of its service runs: their silence is asked about when that is over. None: nobody has it."""
    if not is_owned(walk) or walk.due_at is None or walk.due_at >= until:
        return None
    return replace(walk, due_at=until)


def let_go(walk: Walk, *, at: dt.datetime, reason: str) -> Walk | None:
    """The maintenance that held it back ends at another time than was said. None: none holds it back."""
    return replace(walk, due_at=at, pause_reason=reason or walk.pause_reason) if walk.maintenance_at is not None else None


def clear(walk: Walk, *, reached: bool, now: dt.datetime) -> Walk | None:
    """Every alert is resolved by its source and nobody has acknowledged: one person is still reached, then quiet."""
    if walk.status == RESOLVED or is_owned(walk) or walk.source_cleared:
        return None
    cleared = replace(walk, source_cleared=True)
    if walk.maintenance_at is not None:
        return cleared
    return reach(cleared, now=now) or cleared if reached else cleared


def reach(walk: Walk, *, now: dt.datetime) -> Walk | None:
    """One person was reached. Matters where the source has cleared: from here on it is quiet."""
    if not walk.source_cleared or walk.quiet_at is not None or walk.status == RESOLVED or is_owned(walk):
        return None
    if walk.maintenance_at is not None:  # it is looked at when that is over
        return None
    status = walk.paused_status or walk.status
    return replace(_unowned(walk), status=status, held=(), quiet_at=now, due_at=now + UNSEEN_AFTER)


def fail_early(walk: Walk, *, now: dt.datetime) -> Walk | None:
    """Every method of everybody who was asked since this step fired has failed for good: what comes next comes now.

    Never for the last resort, which would be asked without end.
    """
    if walk.status != TRIGGERED or walk.quiet_at is not None:
        return None
    return replace(walk, due_at=now, wait_until=None)


def _awake(walk: Walk) -> Walk:
    return replace(walk, paused_status="", paused_due_in=None, pause_reason="", maintenance_at=None, quiet_at=None)


def _unowned(walk: Walk) -> Walk:
    return replace(_awake(walk), acknowledged_at=None, acknowledged_by=None, word_at=None, pinged_at=None, rest=(), wait_until=None)
