"""What comes next, if nobody does anything? The same steps as the engine takes, walked ahead with the people of now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from watchbill.paging.rules.state import ACKNOWLEDGED, EXHAUSTED, Channel, Skipped, Walk, World
from watchbill.paging.rules.walk import advance

MOST_LOOKS = 200  # a long policy with many rounds is cut here; the last resort is then not shown


@dataclass(frozen=True, slots=True)
class Ahead:
    """A firing to come."""

    kind: str
    step: int
    round: int
    at: dt.datetime
    people: tuple[int, ...]
    skipped: tuple[Skipped, ...]
    reasons: tuple[str, ...] = ()  # one for each person
    methods: str = "rules"
    urgency: str = "high"
    channels: tuple[Channel, ...] = ()  # told by it, or by steps that were passed over before it


def preview(walk: Walk, *, now: dt.datetime, world: World | Callable[[dt.datetime], World], limit: int = 40) -> list[Ahead]:
    """Firings to come, in order, up to the last resort; of an owned page the reminder alone.

    `world`: the world of now for all of them, or a function that answers the world of a moment, for a walk that begins on another day.
    """
    ahead: list[Ahead] = []
    one_is_enough = ACKNOWLEDGED in (walk.status, walk.paused_status) or walk.status == EXHAUSTED or walk.quiet_at is not None
    for _ in range(MOST_LOOKS):
        if walk.due_at is None or len(ahead) >= limit:
            break
        now = max(walk.due_at, now)
        look = advance(walk, now=now, world=world(now) if callable(world) else world)
        if look.firing is not None:
            fired = look.firing
            ahead.append(
                Ahead(
                    fired.kind,
                    fired.step,
                    fired.round,
                    now,
                    fired.people,
                    fired.skipped,
                    fired.reasons,
                    fired.methods,
                    fired.urgency,
                    look.channels,
                )
            )
        walk = look.walk
        if walk.status == EXHAUSTED or (one_is_enough and ahead):
            break
    return ahead
