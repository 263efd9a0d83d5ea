"""What crosses between the rows of platforms and whoever speaks with one: plain data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from watchbill.notifications.rules import Outcome


@dataclass(frozen=True, slots=True)
class Shown:
    """A report as its platform shows it now. Times aware, in UTC; text as it came, shortened to what is stored."""

    external_id: str
    title: str
    state: str
    is_open: bool
    created_at: dt.datetime
    submitted_at: dt.datetime
    active_at: dt.datetime
    url: str = ""
    body: str = ""
    reporter: str = ""
    severity: str = ""
    vector: str = ""
    tier: str = ""
    weakness: str = ""
    asset: str = ""
    assignee_kind: str = ""
    assignee: str = ""
    reference: str = ""
    original_id: str = ""
    cve_ids: tuple[str, ...] = ()
    bounties: tuple[Mapping[str, Any], ...] = ()
    files: tuple[Mapping[str, Any], ...] = ()  # {id, name, size in bytes}, of the report and of what was said on it
    ineligible: bool = False
    timers: Mapping[str, Any] = field(default_factory=dict)
    triaged_at: dt.datetime | None = None
    closed_at: dt.datetime | None = None
    disclosed_at: dt.datetime | None = None
    going_public_at: dt.datetime | None = None
    first_answer_at: dt.datetime | None = None
    untold: frozenset[str] = frozenset()  # of these fields the answer said nothing: what is known of them stays


@dataclass(frozen=True, slots=True)
class Said:
    """One activity on a report there."""

    external_id: str
    kind: str
    at: dt.datetime
    internal: bool = False
    author: str = ""
    by_reporter: bool = False
    by_us: bool = False
    message: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """What mirroring a report changed. `made`: it was not here before; `before`: the values that differ, as they were; `said`: ids of the
    activities that are new here, the oldest first."""

    remote_id: int
    made: bool
    before: Mapping[str, Any]
    said: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A wanted write that this engine holds."""

    id: int
    remote_id: int
    kind: str
    body: Mapping[str, Any]
    tries: int  # this one included
    again: bool  # an earlier try may have been done
    created_at: dt.datetime
    looks: int = 0  # so often it was looked for since then
    external_id: str = ""  # of the report
    taken: tuple[str, ...] = ()  # what other writes of this report are called there


@dataclass(frozen=True, slots=True)
class Written:
    """How the try of a claim ended. `retry_after`: the platform asked to wait so long; the try is not counted. `nothing`: it was so already.
    `missing`: it was only looked for, and is not there, or not yet."""

    claim: Claim
    outcome: Outcome
    detail: str = ""
    remote_ref: str = ""
    nothing: bool = False
    missing: bool = False
    retry_after: dt.timedelta | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a write, for the story of its report. `end`: done, refused, unknown; empty: it failed and is tried again."""

    write_id: int
    remote_id: int
    kind: str
    end: str
    body: Mapping[str, Any]
    person_id: int | None
    detail: str = ""
    remote_ref: str = ""
    nothing: bool = False
