"""When is somebody told of a promise, and when is it looked at again? Pure.

Once before it breaks, in the last fifth of its time and two days before at the earliest; and once when it broke.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from watchbill.reports.rules.clocks import Clock

LAST_PART, AT_MOST = 0.2, dt.timedelta(days=2)
COUNTED_ANEW = dt.timedelta(hours=1)  # what they depend on may change without an act on the report: hours, holidays, time off, targets


class Stage(StrEnum):
    """Of what somebody is told."""

    SOON = "soon"
    BROKEN = "broken"


Key = tuple[str, dt.datetime, str]  # the promise, when it began, the stage


@dataclass(frozen=True, slots=True)
class Telling:
    """Somebody is to be told of this promise now."""

    clock: Clock
    stage: Stage

    @property
    def key(self) -> Key:
        return str(self.clock.promise), self.clock.started_at, str(self.stage)


def warned_at(clock: Clock) -> dt.datetime | None:
    """From when on it is about to break."""
    if clock.due_at is None:
        return None
    return clock.due_at - min(AT_MOST, max(dt.timedelta(), (clock.due_at - clock.started_at) * LAST_PART))


def to_tell(clocks: Sequence[Clock], told: Collection[Key], *, now: dt.datetime) -> list[Telling]:
    """Who broke is told of as broken alone, also where nobody could warn before."""
    found = []
    for clock in clocks:
        soon = warned_at(clock)
        if not clock.runs or soon is None or now < soon:
            continue
        telling = Telling(clock, Stage.BROKEN if clock.is_broken(now) else Stage.SOON)
        if telling.key not in told:
            found.append(telling)
    return found


def look_again(clocks: Sequence[Clock], *, now: dt.datetime, opening: dt.datetime | None = None) -> dt.datetime | None:
    """When the next of them is warned of or breaks, in an hour at the latest; None: no promise can break any more.

    `opening`: something is to be told, and whoever hears of it works from then on.
    """
    waiting = [clock for clock in clocks if clock.ended_at is None]
    if not waiting:
        return None
    moments = [at for clock in waiting for at in (warned_at(clock), clock.due_at) if at is not None and at > now]
    if opening is not None and opening > now:
        moments.append(opening)
    return min([now + COUNTED_ANEW, *moments])
