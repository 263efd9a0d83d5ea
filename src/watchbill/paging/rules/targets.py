"""Whom does a step ask now? A schedule becomes whoever has the watch, a team its members; who is gone is skipped and named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field

from watchbill.paging.rules.daylight import daylight
from watchbill.paging.rules.policy import KINDS_OF_NOBODY, Target
from watchbill.paging.rules.state import Channel, Skipped, Walk, World
from watchbill.paging.rules.waits import opening


@dataclass(slots=True)
class Asked:
    """What a step came to: people to ask now (with reasons), later in daylight order, and when their hours begin."""

    now: list[int] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    rest: tuple[int, ...] = ()
    later: list[tuple[int, dt.datetime]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)


def people_of(walk: Walk, index: int, tried: tuple[int, ...], *, now: dt.datetime, world: World) -> Asked:
    """The people of step `index` as of now. `tried` were asked in this round already: in daylight order the others come instead of them."""
    asked = Asked()
    queue: list[int] = []
    for target in walk.copy.steps[index].targets:
        if target.kind in KINDS_OF_NOBODY:
            _hear(asked, target, index, world)
            continue
        found, reason, business = _found(target, index, world, asked.skipped)
        if target.daylight and tried:
            found = tuple(p for p in found if p not in tried) or found
        hold = walk.urgency == "low" and not walk.urged and (business or _is_queue(walk, world))
        for person_id in found:
            at = opening(person_id, now=now, world=world) if hold else None
            if at is not None:
                asked.later.append((person_id, at))
            elif target.daylight:
                queue.append(person_id)
            elif person_id not in asked.now:
                asked.now.append(person_id)
                asked.reasons.append(reason)
    if queue:
        _line_up(asked, queue, tried, now, world)
    if asked.later:
        coming = {*asked.now, *asked.rest}
        first = dict(sorted(asked.later, key=lambda held: held[1], reverse=True))
        asked.later = sorted(((p, at) for p, at in first.items() if p not in coming), key=lambda held: held[1])
    return asked


def _hear(asked: Asked, target: Target, index: int, world: World) -> None:
    """A channel is told when its chat works, and is skipped and named when not; so is a webhook. In either case it is nobody."""
    why = "the team has no channel"
    if target.kind == "webhook":
        why = (
            "the incident is restricted, and other systems are not told of it"
            if target.foreign
            else ""
            if target.url
            else "it has no address"
        )
    elif target.foreign:
        why = "the incident is restricted, and this is not the channel of its team"
    elif target.chat:
        why = world.chats.get(target.chat, "not active yet")
    if why:
        asked.skipped.append(Skipped(index, target.name, why.rstrip(".")))
    elif (channel := Channel(target.chat, target.name, target.url)) not in asked.channels:
        asked.channels.append(channel)


def last_resort(walk: Walk, world: World, *, but: Collection[int] = ()) -> tuple[int, ...]:
    """Of the policy, else the team, else the installation: the first who is still there. `but`: who cannot be reached."""
    team = world.teams.get(walk.team_id)
    of_team = (team.last_resort,) if team and team.last_resort is not None else ()
    for person_id in (*walk.copy.last_resort, *of_team, *world.last_resort):
        if world.can_be_asked(person_id) and person_id not in but:
            return (person_id,)
    return ()


def is_held(walk: Walk, world: World) -> bool:
    """Does the desk itself ask only in working hours?"""
    return walk.urgency == "low" and not walk.urged and _is_queue(walk, world)


def _is_queue(walk: Walk, world: World) -> bool:
    team = world.teams.get(walk.team_id)
    return team is not None and team.desk == "queue"


def _line_up(asked: Asked, queue: list[int], tried: tuple[int, ...], now: dt.datetime, world: World) -> None:
    order = daylight(
        [p for p in dict.fromkeys(queue) if p not in asked.now], last_on_call=tried[0] if tried else None, now=now, world=world
    )
    if order:
        asked.now.append(order[0])
        asked.reasons.append(IN_TURN)
        asked.rest = order[1:]


IN_TURN = "Nobody on watch has answered, and it is your turn."


def _found(target: Target, index: int, world: World, skipped: list[Skipped]) -> tuple[tuple[int, ...], str, bool]:
    """The people behind a target, the reason each of them reads, and whether they are asked in working hours only."""
    if target.kind == "schedule":
        roster = world.schedules.get(target.id or 0)
        if roster is None:
            skipped.append(Skipped(index, target.name, "this schedule is gone"))
            return (), "", False
        people = _present(roster.on_call, index, world, skipped)
        if not roster.on_call:
            skipped.append(Skipped(index, roster.name, "nobody is on call"))
        return people, f"You have the watch: {roster.name}.", roster.business
    if target.kind == "person":
        return _present((target.id or 0,), index, world, skipped, target.name), "The escalation policy names you.", False
    if target.kind == "team":
        team = world.teams.get(target.id or 0)
        if team is None:
            skipped.append(Skipped(index, target.name, "this team is gone"))
            return (), "", False
        people = _present(team.members, index, world, skipped)
        if not team.members:
            skipped.append(Skipped(index, team.name, "nobody stands on its desk"))
        return people, f"You are on the desk of {team.name}.", False
    skipped.append(Skipped(index, target.name, "not a kind of target that is known"))
    return (), "", False


def _present(people: tuple[int, ...], index: int, world: World, skipped: list[Skipped], name: str = "") -> tuple[int, ...]:
    present = tuple(p for p in people if world.can_be_asked(p))
    if len(present) < len(people):
        gone = [p for p in people if p not in present]
        skipped += [Skipped(index, name or world.name(p), "has left") for p in gone]
    return present
