"""What crosses between the outbox and whoever sends: plain data, no behaviour."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from watchbill.notifications.rules import Outcome

PINNED = "provider"  # in a content: only the provider of this name may send it, since it is the one that is tested


@dataclass(frozen=True, slots=True)
class Ask:
    """Notify this person. `content` is all that the texts are made of; for a restricted incident never more than number and code name.

    `methods`: "rules" (the personal rules of that urgency) or "all" (every method at once, for the last resort).
    `not_before`: when the person may first be notified, if that is later than now.
    """

    person_id: int
    kind: str
    page_id: int | None
    firing: int | None
    incident_id: int | None
    service_id: int | None
    urgency: str
    content: dict[str, Any]
    methods: str = "rules"
    not_before: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A claimed notification, ready to be sent. `contents` has one entry for each incident in it, the first is its own."""

    notification_id: int
    public_id: str  # Idempotency-Key: the same for every attempt
    instance: int
    kind: str
    method: str
    host: str
    address: str
    secret_env: str
    person_id: int
    handle: str
    name: str
    incident_id: int | None
    service_id: int | None
    page_id: int | None
    attempt: int
    possible_duplicate: bool
    created_at: dt.datetime
    contents: tuple[dict[str, Any], ...]
    count: int = 1  # incidents in it; more than `contents` when the list was cut
    first_page: bool = False  # it holds the first page of some incident to this person: no limit holds it back


@dataclass(frozen=True, slots=True)
class Accepted:
    """What `send` returns when a provider took the message and tells later whether it arrived. `sid`: how the provider calls it."""

    sid: str
    detail: str
    confirm_within: dt.timedelta


@dataclass(frozen=True, slots=True)
class Result:
    """How one try ended."""

    notification_id: int
    instance: int
    attempt: int
    outcome: Outcome
    started_at: dt.datetime
    ended_at: dt.datetime
    detail: str = ""
    sid: str = ""  # of an accepted one: how the provider calls it
    confirm_by: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A method that failed, for the timeline. `last`: it is not tried again."""

    incident_id: int
    page_id: int | None
    person_id: int
    name: str
    method: str
    detail: str
    last: bool
    unconfirmed: bool = False  # it may have arrived: nothing was told in time


@dataclass(frozen=True, slots=True)
class Report:
    """What the engine tells paging: pages that reached somebody, (page, firing) that wholly failed, methods that failed."""

    reached: tuple[int, ...] = ()
    all_failed: tuple[tuple[int, int], ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Claimed:
    """`messages` in the order of sending; `report` for those that nobody can send; `more`: there may be others due."""

    messages: tuple[Message, ...] = ()
    report: Report = field(default_factory=Report)
    more: bool = False
