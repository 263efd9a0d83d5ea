"""What is known of a page's walk, of the world around it, and what one step of it yields."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from watchbill.paging.rules.policy import Copy
from watchbill.people.rules import Duration, WorkingTime

TRIGGERED, ACKNOWLEDGED, RESOLVED, EXHAUSTED, PAUSED = "triggered", "acknowledged", "resolved", "exhausted", "paused"

AGAIN = dt.timedelta(minutes=15)  # the last resort is paged again, until somebody acknowledges
PATIENCE = dt.timedelta(minutes=30)  # from the ping of a silent owner to the page triggered again
UNSEEN_AFTER = dt.timedelta(hours=1)  # cleared and nobody looked: paged low
UNSEEN_AGAIN = dt.timedelta(days=1)  # and once a day after that: an open page always has a next look


@dataclass(frozen=True)
class Walk:
    """One page, where it stands. `step` is the index of the step that fires next; the one before it is the one we are on.

    Without slots, so that `walk_of_fields` and `moved` can fill it at once.
    """

    copy: Copy
    opened_at: dt.datetime
    due_at: dt.datetime | None
    status: str = TRIGGERED
    purpose: str = "respond"
    urgency: str = "high"
    team_id: int = 0
    owner_id: int | None = None  # who is pinged when it was forgotten
    step: int = 0
    round: int = 0
    firings: int = 0
    rest: tuple[int, ...] = ()
    held: tuple[tuple[int, dt.datetime], ...] = ()  # in order of time
    wait_until: dt.datetime | None = None
    step_fired_at: dt.datetime | None = None
    paused_status: str = ""
    paused_due_in: dt.timedelta | None = None
    pause_reason: str = ""
    maintenance_at: dt.datetime | None = None  # since when a maintenance holds it back
    acknowledged_at: dt.datetime | None = None
    acknowledged_by: int | None = None
    resolved_at: dt.datetime | None = None
    exhausted_at: dt.datetime | None = None
    word_at: dt.datetime | None = None
    pinged_at: dt.datetime | None = None
    source_cleared: bool = False
    quiet_at: dt.datetime | None = None
    aimed_at: int | None = None
    urged: bool = False  # a human wants it now: working hours do not matter for this look
    tried: tuple[int, ...] = ()  # who was asked since this round began, in order; known where the policy has a daylight step


def walk_of_fields(fields: dict[str, Any]) -> Walk:
    """A walk of all its fields. A frozen dataclass sets them one by one, which costs more than the whole decision about it."""
    walk = object.__new__(Walk)
    walk.__dict__.update(fields)
    return walk


def moved(walk: Walk, **fields: Any) -> Walk:
    """`dataclasses.replace` at a tenth of its price, for the step that most pages take."""
    return walk_of_fields({**walk.__dict__, **fields})


@dataclass(frozen=True, slots=True)
class Human:
    """What a walk must know of a person."""

    name: str
    active: bool = True
    region: str = ""


@dataclass(frozen=True, slots=True)
class Roster:
    """A schedule that exists, and who has it now. `business`: its people are asked in their working hours only, but for high urgency."""

    name: str
    on_call: tuple[int, ...] = ()
    business: bool = False


@dataclass(frozen=True, slots=True)
class Squad:
    """A team. `members` stand on its desk, in its order."""

    name: str
    desk: str = "paged"
    members: tuple[int, ...] = ()
    ack_timeout: Duration | None = None  # what the team said; None: the default of its desk
    last_resort: int | None = None


@dataclass(frozen=True, slots=True)
class World:
    """What is true now for all walks that are looked at together. Who is missing in a mapping is gone."""

    people: Mapping[int, Human] = field(default_factory=dict)
    schedules: Mapping[int, Roster] = field(default_factory=dict)
    teams: Mapping[int, Squad] = field(default_factory=dict)
    last_resort: tuple[int, ...] = ()  # of the installation, and then its administrators
    working: Mapping[int, WorkingTime] = field(default_factory=dict)
    chats: Mapping[str, str] = field(default_factory=dict)  # name: why nothing is posted there, empty where it is

    def can_be_asked(self, person_id: int) -> bool:
        human = self.people.get(person_id)
        return human is not None and human.active

    def name(self, person_id: int) -> str:
        human = self.people.get(person_id)
        return human.name if human else "somebody who is gone"

    def names(self, people: tuple[int, ...]) -> str:
        return ", ".join([self.name(person_id) for person_id in people])


@dataclass(frozen=True, slots=True)
class Skipped:
    """A target that gave nobody, and why."""

    step: int
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A place in a chat, or a webhook, that is told. It is nobody: it never makes a step one that has somebody."""

    chat: str
    name: str
    url: str = ""  # of a webhook

    @property
    def is_hook(self) -> bool:
        """Is it another system?"""
        return bool(self.url)


@dataclass(frozen=True, slots=True)
class Fired:
    """One firing: who is asked now, each with the reason in a sentence."""

    kind: str
    step: int
    round: int
    people: tuple[int, ...]
    reasons: tuple[str, ...]
    skipped: tuple[Skipped, ...] = ()
    urgency: str = "high"
    methods: str = "rules"  # rules | all
    channels: tuple[Channel, ...] = ()  # told beside them


@dataclass(frozen=True, slots=True)
class Said:
    """A line for the timeline."""

    kind: str
    text: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Advance:
    """One look at a page: where it stands now, whom to ask, what to say, which changes of state to prove."""

    walk: Walk
    firing: Fired | None = None
    lines: tuple[Said, ...] = ()
    proofs: tuple[str, ...] = ()  # audit actions
    channels: tuple[Channel, ...] = ()  # to tell, of every step that was looked at
