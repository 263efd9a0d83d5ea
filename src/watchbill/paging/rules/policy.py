"""What does the copy of a policy say? Read once, kept by its id: a copy never changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from watchbill.people.rules import Duration, parse_duration

DEFAULT_WAIT = "15m"
DEFAULT_EACH = "5m"
KINDS_OF_NOBODY = frozenset({"channel", "webhook"})  # heard by nobody in particular: never enough for a step


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a step asks. A schedule and a team become people when the step fires."""

    kind: str  # schedule | person | team | channel | webhook
    id: int | None
    name: str
    daylight: bool = False
    each: dt.timedelta = dt.timedelta(minutes=5)
    chat: str = ""  # of a channel
    url: str = ""  # of a webhook
    foreign: bool = False  # a channel of others or a webhook, and the incident is restricted


@dataclass(frozen=True, slots=True)
class Step:
    """Targets, and the wait from the firing of this step to the firing of the next."""

    targets: tuple[Target, ...]
    wait: Duration
    elapsed: dt.timedelta | None  # the wait, where it is plain elapsed time

    @property
    def each(self) -> dt.timedelta:
        """The pause between two people of this step in daylight order."""
        return next((t.each for t in self.targets if t.daylight), dt.timedelta(minutes=5))


@dataclass(frozen=True, slots=True)
class Copy:
    """The policy as it was when the page began. `last_resort` are person ids in order of preference."""

    name: str
    repeat: int
    steps: tuple[Step, ...]
    last_resort: tuple[int, ...]
    schedules: frozenset[int]
    teams: frozenset[int]
    people: frozenset[int]
    channels: bool
    daylight: bool
    calendar: bool  # some wait counts working or calendar days


def parse_copy(content: Mapping[str, Any]) -> Copy:
    """Read the stored copy. A wait that cannot be read counts as 15 minutes: what woke somebody must never stall on a word."""
    steps = tuple(_step(row) for row in content.get("steps", ()))
    targets = [target for step in steps for target in step.targets]
    last_resort = tuple(content.get("last_resort") or ())
    return Copy(
        name=content.get("name", ""),
        repeat=int(content.get("repeat") or 0),
        steps=steps,
        last_resort=last_resort,
        schedules=_ids(targets, "schedule"),
        teams=_ids(targets, "team"),
        people=_ids(targets, "person") | frozenset(last_resort),
        channels=any(target.kind == "channel" for target in targets),
        daylight=any(target.daylight for target in targets),
        calendar=any(step.elapsed is None for step in steps),
    )


def _ids(targets: Sequence[Target], kind: str) -> frozenset[int]:
    return frozenset(target.id for target in targets if target.kind == kind and target.id is not None)


def _step(row: Mapping[str, Any]) -> Step:
    wait = _duration(row.get("wait"), DEFAULT_WAIT)
    if wait.shifts is not None:  # only a schedule knows how long a shift is
        wait = parse_duration(DEFAULT_WAIT)
    return Step(targets=tuple(_target(target) for target in row.get("notify", ())), wait=wait, elapsed=wait.elapsed)


def _target(row: Mapping[str, Any]) -> Target:
    each = _duration(row.get("each"), DEFAULT_EACH).elapsed or dt.timedelta(minutes=5)
    name = row.get("name") or "somebody without a name"
    return Target(
        kind=row.get("kind", ""),
        id=row.get("id"),
        name=name,
        daylight=row.get("order") == "daylight",
        each=each,
        chat=row.get("chat") or "",
        url=row.get("url") or "",
        foreign=bool(row.get("foreign")),
    )


def _duration(text: str | None, default: str) -> Duration:
    try:
        return parse_duration(text or default)
    except ValueError:
        return parse_duration(default)
