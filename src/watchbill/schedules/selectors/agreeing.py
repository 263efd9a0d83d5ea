"""Which swaps and covers are in force on some schedules, and on what else do they touch?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db.models import Q

from watchbill.schedules.models import Cover, Swap
from watchbill.schedules.rules import Agreement, Half
from watchbill.schedules.selectors.covering import covers
from watchbill.schedules.selectors.swapping import exchange_of, swaps

Row = Swap | Cover


def agreements_on(schedule_ids: Collection[int], *, now: dt.datetime) -> dict[Agreement, Row]:
    """The accepted swaps and taken covers with a part to come on these schedules, and those that share another schedule with them."""
    there: dict[Agreement, Row] = {}
    for swap in swaps().filter(Q(given_end__gt=now) | Q(taken_end__gt=now), state=Swap.State.ACCEPTED).order_by("id"):
        there[Agreement("swap", swap.id, exchange_of(swap).halves)] = swap
    for cover in covers().filter(state=Cover.State.TAKEN, end__gt=now, override__withdrawn_at=None).order_by("id"):
        there[Agreement("cover", cover.id, (_half(cover),))] = cover
    found: dict[Agreement, Row] = {}
    reached, grows = set(schedule_ids), True
    while grows:
        near = [each for each in there if each not in found and reached & {part.schedule_id for part in each.parts}]
        found |= {each: there[each] for each in near}
        reached |= {part.schedule_id for each in near for part in each.parts}
        grows = bool(near)
    return {each: row for each, row in there.items() if each in found}


def _half(cover: Cover) -> Half:
    """From when it was taken on, which may be in the midst of the watch."""
    schedule, made = cover.schedule, cover.override
    assert made is not None
    assert cover.taker_id is not None
    return Half(
        schedule.id, schedule.name, schedule.team_id, made.start, made.end, cover.layer_name or None, cover.asker_id, cover.taker_id
    )
