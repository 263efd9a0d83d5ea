"""What must be known to decide about events, and what is decided. Pure data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from watchbill.intake.rules.drafts import SEVERITIES, Draft, Parsed
from watchbill.intake.rules.maintenance import Quiet
from watchbill.intake.rules.routing import Route, Routed

Ref = int  # an incident or alert: its id, or a negative number for one that is only decided about


@dataclass(frozen=True, slots=True)
class Storm:
    """More than so many new incidents within so long: one incident takes the rest."""

    incidents: int
    within: dt.timedelta


@dataclass(frozen=True, slots=True)
class ServiceRule:
    """What a service says about its events."""

    id: int
    name: str
    team_id: int
    group_by: Sequence[str] = ()
    group_for: dt.timedelta = dt.timedelta(hours=1)
    severity: Mapping[str, str] = field(default_factory=dict)
    storm: Storm | None = None
    restricted: bool = False
    loud: frozenset[str] = frozenset(SEVERITIES)  # severities whose page is of high urgency
    routes: Sequence[Route] = ()


@dataclass(slots=True)
class AlertState:
    """An alert while events are looked at. `id` is negative for a new one; `before` is how it was stored."""

    id: Ref
    service_id: int
    incident: Ref
    dedup_key: str
    severity: str
    draft: Draft | None  # the latest content; None: as stored
    first_at: dt.datetime
    last_at: dt.datetime
    firing: bool = True
    resolved_at: dt.datetime | None = None
    acknowledged_at: dt.datetime | None = None
    events: int = 0  # of this round
    changed: bool = False
    summary: str = ""
    parts: dict[str, Any] = field(default_factory=dict)  # fields that changed alone, while the rest stays as stored
    stored: Draft | None = None  # what it said until now, where that was asked for
    sources: frozenset[int] = frozenset()  # services whose monitors say so; empty: its own alone

    @property
    def said_by(self) -> frozenset[int]:
        return self.sources or frozenset((self.service_id,))


@dataclass(slots=True)
class IncidentState:
    """An incident while events are looked at. `number` is 0 for a new one."""

    id: Ref
    service_id: int
    number: int
    severity: str
    resolved: bool = False
    cleared: bool = False
    restricted: bool = False
    storm: bool = False
    group_key: str = ""
    last_alert_at: dt.datetime | None = None
    firing: int = 0  # alerts
    quiet: bool = False  # nobody has it, and its page is of low urgency
    held: bool = False  # a maintenance holds its page back


@dataclass(slots=True)
class World:
    """Everything stored that the events of one round can touch."""

    services: Mapping[int, ServiceRule]
    alerts: dict[tuple[int, str], AlertState] = field(default_factory=dict)  # firing ones
    incidents: dict[Ref, IncidentState] = field(default_factory=dict)
    groups: dict[tuple[int, str], Ref] = field(default_factory=dict)  # the incident that takes more alerts of this group
    storms: dict[int, Ref] = field(default_factory=dict)  # the open storm incident of a service
    recent: dict[int, int] = field(default_factory=dict)  # new incidents within the storm window, or what would have been
    previous: dict[tuple[int, str], Ref] = field(default_factory=dict)  # incident of the latest resolved alert with this key
    closed: dict[tuple[int, str], dt.datetime] = field(default_factory=dict)  # when the alert of this service's monitors was resolved
    sent: dict[tuple[int, str], tuple[int, str]] = field(default_factory=dict)  # where the alert of a service is that a route sent away
    quiet: Mapping[int, Sequence[Quiet]] = field(default_factory=dict)  # maintenances of a service that run now
    held_groups: dict[tuple[int, str], Ref] = field(default_factory=dict)  # as `groups`, of incidents that a maintenance holds back
    held_storms: dict[int, Ref] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Incoming:
    """One stored event, read."""

    id: int
    service_id: int
    received_at: dt.datetime
    parsed: Parsed
    arrived_at: dt.datetime | None = None  # of one that waited in a journal: when it was heard
    routed: Sequence[Routed | None] = ()  # of each draft that triggers; found out when not given


@dataclass(frozen=True, slots=True)
class Opening:
    """An incident to open."""

    ref: Ref
    service_id: int
    title: str
    severity: str
    text: str
    group_key: str = ""
    last_alert_at: dt.datetime | None = None
    storm: bool = False
    previous: Ref | None = None
    policy_id: int | None = None  # instead of the service's own


@dataclass(frozen=True, slots=True)
class Said:
    """A line for the story of an incident. `{number}` in a text stands for the number of `about`."""

    incident: Ref
    kind: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)
    about: Ref | None = None


@dataclass(frozen=True, slots=True)
class Louder:
    """An incident became more severe by an alert."""

    incident: Ref
    severity: str
    summary: str


@dataclass(slots=True)
class Plan:
    """What to store. Outcomes are told for each event: text, and the incident whose number stands for `{number}`."""

    openings: list[Opening] = field(default_factory=list)
    alerts: list[AlertState] = field(default_factory=list)  # new or changed, in the order they came up
    lines: list[Said] = field(default_factory=list)
    louder: list[Louder] = field(default_factory=list)
    touched: dict[Ref, dt.datetime] = field(default_factory=dict)  # incidents that got an alert, and when
    cleared: dict[Ref, None] = field(default_factory=dict)  # ordered; all alerts resolved by the source
    source_acks: dict[Ref, None] = field(default_factory=dict)
    quiet: dict[Ref, dict[int, Quiet]] = field(default_factory=dict)  # incidents whose pages a maintenance holds back, by its id
    let_go: dict[Ref, None] = field(default_factory=dict)  # held back no longer: an alert of theirs became one that no maintenance covers
    used: dict[tuple[int, str, bool], int] = field(default_factory=dict)  # (service, mark of the route, dropped): how often
    outcomes: dict[int, tuple[str, Ref | None]] = field(default_factory=dict)
