"""In which order are the others asked, when nobody on watch answers?

Local working hours first, then waking hours (07-23), then the rest; within each the region of the last on-call first; people with time off
last (GitLab guide, step 3: the other engineers by time zone and region). Among those who sleep the one whose morning is nearest comes first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from watchbill.paging.rules.state import World
from watchbill.people.rules import WorkingTime

WORKING, WAKING, ASLEEP, AWAY = range(4)
MORNING = dt.timedelta(hours=7)
DAY = dt.timedelta(days=1)


def daylight(people: Sequence[int], *, last_on_call: int | None, now: dt.datetime, world: World) -> tuple[int, ...]:
    """These people in the order in which they are asked. The order given decides between equals."""
    last = world.people.get(last_on_call) if last_on_call is not None else None
    region = last.region if last else ""

    def place(person_id: int) -> tuple[int, bool, dt.timedelta]:
        working = world.working.get(person_id)
        light = ASLEEP if working is None else _light(working, now)
        far = not region or world.people[person_id].region != region
        return light, far, _until_morning(working, now) if working is not None and light >= ASLEEP else dt.timedelta(0)

    return tuple(sorted(people, key=place))


def light_of(working: WorkingTime | None, now: dt.datetime) -> str:
    """What it is for this person now, in a word: working, awake, asleep or away."""
    return ("working", "awake", "asleep", "away")[ASLEEP if working is None else _light(working, now)]


def _light(working: WorkingTime, now: dt.datetime) -> int:
    if any(start <= now < end for start, end in working.time_off):
        return AWAY
    if working.is_working(now):
        return WORKING
    return WAKING if working.is_waking(now) else ASLEEP


def _until_morning(working: WorkingTime, now: dt.datetime) -> dt.timedelta:
    local = now.astimezone(working.tz)
    since_midnight = dt.timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
    return (MORNING - since_midnight) % DAY
