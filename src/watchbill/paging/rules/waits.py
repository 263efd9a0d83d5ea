"""When does a wait end? Elapsed time, or the hours in which whoever was asked works.

The instant is UTC; zones enter only through the working time of people. Low urgency counts only hours in which the target works
(semantics, scales); of several people the wait ends with the first one whose wait ends: one of them had all of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from watchbill.paging.rules.policy import Step
from watchbill.paging.rules.state import Walk, World
from watchbill.people.rules import Duration, add, parse_duration

ACK_TIMEOUT = parse_duration("4h")  # high urgency on a paged desk


def wait_end(step: Step, walk: Walk, people: Iterable[int], *, now: dt.datetime, world: World) -> dt.datetime:
    """The end of the wait after a step that asked these people."""
    if step.elapsed is not None and walk.urgency == "high":
        return now + step.elapsed
    return _end(step.wait, walk.urgency, people, now, world)


def ack_timeout(walk: Walk, world: World) -> Duration | None:
    """How long an owner may be silent. Only the respond page has one (semantics, ack timeout)."""
    if walk.purpose != "respond":
        return None
    team = world.teams.get(walk.team_id)
    if team is None or (team.ack_timeout is None and (team.desk == "queue" or walk.urgency != "high")):
        return None
    return team.ack_timeout or ACK_TIMEOUT


def silent_from(walk: Walk, since: dt.datetime, world: World) -> dt.datetime | None:
    """From when on an owner who last said something at `since` counts as silent; None: never."""
    timeout = ack_timeout(walk, world)
    if timeout is None:
        return None
    owner = () if walk.owner_id is None else (walk.owner_id,)
    if timeout.elapsed is not None and walk.urgency == "high":
        return since + timeout.elapsed
    return _end(timeout, walk.urgency, owner, since, world)


def opening(person_id: int, *, now: dt.datetime, world: World) -> dt.datetime | None:
    """When this person's working hours begin; None: they work now, or nothing is known of their hours."""
    working = world.working.get(person_id)
    if working is None or working.is_working(now):
        return None
    return working.next_opening(now)


def _end(wait: Duration, urgency: str, people: Iterable[int], now: dt.datetime, world: World) -> dt.datetime:
    ends = [_end_for(wait, urgency, person_id, now, world) for person_id in people]
    return min(ends) if ends else add(now, wait, zone="UTC")


def _end_for(wait: Duration, urgency: str, person_id: int, now: dt.datetime, world: World) -> dt.datetime:
    working = world.working.get(person_id)
    if working is None:
        return add(now, wait, zone="UTC")
    if wait.elapsed is not None and urgency == "low":
        return working.add_working(now, wait.elapsed)
    return add(now, wait, zone=working.zone, working=working)
