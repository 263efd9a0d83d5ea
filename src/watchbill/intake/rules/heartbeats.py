"""Is a heartbeat late? Pure.

It is late when the last sign is older than its interval and grace, or when none ever came within the first interval. What Watchbill itself
could not hear is nobody's fault: after it did not listen for a while, and after a maintenance, everybody has one fresh interval.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from enum import StrEnum

from watchbill.intake.rules.drafts import Draft, Parsed, Verb

LISTENS = dt.timedelta(seconds=8)  # the front door says so every two seconds; silent for so long, it counts as closed
AGAIN = dt.timedelta(seconds=2)  # the next look while nobody listens


class Verdict(StrEnum):
    """What a look comes to."""

    FINE = "fine"  # nothing to tell
    LATE = "late"  # it became late
    BACK = "back"  # it was late and came


@dataclass(frozen=True, slots=True)
class Listening:
    """Could signs of life be heard? `last_at`: the front door last said so; `since`: it has done so without a gap."""

    last_at: dt.datetime | None = None
    since: dt.datetime | None = None

    def hears(self, now: dt.datetime) -> bool:
        return self.last_at is not None and now - self.last_at < LISTENS


@dataclass(frozen=True, slots=True)
class Beat:
    """A heartbeat as it stands. `fresh_from`: its interval counts from then at the earliest (it was made, or a maintenance ended)."""

    every: dt.timedelta
    grace: dt.timedelta
    fresh_from: dt.datetime
    last_at: dt.datetime | None = None
    late_at: dt.datetime | None = None


def due(beat: Beat, listening: Listening) -> dt.datetime:
    """When it is late unless a sign comes."""
    counts = [at for at in (beat.fresh_from, beat.last_at, listening.since) if at is not None]
    return max(counts) + beat.every + beat.grace


def look(beat: Beat, listening: Listening, *, now: dt.datetime, quiet_until: dt.datetime | None = None) -> tuple[Verdict, dt.datetime]:
    """What is true now, and when to look again. `quiet_until`: it is in maintenance until then."""
    late = due(beat, listening)
    if beat.late_at is not None:
        came = beat.last_at is not None and beat.last_at > beat.late_at
        return (Verdict.BACK, late) if came else (Verdict.FINE, now + beat.every)
    if now < late:
        return Verdict.FINE, late
    if quiet_until is not None and quiet_until > now:
        return Verdict.FINE, quiet_until
    if not listening.hears(now):
        return Verdict.FINE, now + AGAIN
    return Verdict.LATE, now + beat.every


def read_event(body: bytes, dedup_key: str) -> Parsed:
    """The reader of the events that the desk itself stores about heartbeats."""
    said = json.loads(body)
    return Parsed((Draft(**{**said, "verb": Verb(said["verb"]), "dedup_key": dedup_key}),))
