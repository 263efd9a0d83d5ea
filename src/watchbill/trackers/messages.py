"""What crosses between the rows of trackers and whoever speaks with one: plain data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from watchbill.notifications.rules import Outcome


@dataclass(frozen=True, slots=True)
class Found:
    """An issue or a change request as its tracker shows it now. `state`: open, closed."""

    number: int
    title: str
    url: str
    state: str
    created_at: dt.datetime
    updated_at: dt.datetime
    labels: tuple[str, ...] = ()
    author: str = ""
    author_is_bot: bool = False
    assignees: tuple[str, ...] = ()
    confidential: bool = False
    closed_at: dt.datetime | None = None
    changes: bool = False
    described: bool | None = None  # does its description say what it is? None: the tracker did not show it


@dataclass(frozen=True, slots=True)
class Draft:
    """An issue to make."""

    title: str
    text: str
    labels: tuple[str, ...]
    confidential: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """A wanted write that this engine holds."""

    id: int
    public_id: str
    link_id: int
    kind: str
    entry: Mapping[str, Any] | None
    wanted: int
    tries: int  # this one included
    again: bool  # an earlier try may have been done
    created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Written:
    """How the try of a claim ended. `retry_after`: the tracker asked to wait so long; the try is not counted."""

    claim: Claim
    outcome: Outcome
    detail: str = ""
    made: Found | None = None  # the issue, when it was made or found
    state: str = ""  # as it is there now, when that was written
    assignees: tuple[str, ...] | None = None
    nothing: bool = False  # it was so already, or may not be written: nothing to tell
    retry_after: dt.timedelta | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be true on the issue of an incident, read just before it is written."""

    link_id: int
    project: str
    number: int | None  # None: not made yet
    writes: frozenset[str]
    open: bool
    assignees: tuple[str, ...] | None  # None: nobody whom the tracker knows; it is left alone
    draft: Draft | None = None
    now_open: bool = True  # as mirrored
    now_assignees: tuple[str, ...] = ()
    now_labels: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()  # that it shall have
    labels_gone: tuple[str, ...] = ()  # that it shall not have any more
    changes: bool = False
    open_to_all: bool = False  # it is not confidential and should be, or was there first: no note goes there
    comment: str = ""  # empty: nothing is said there, as of a restricted incident


@dataclass(frozen=True, slots=True)
class Told:
    """What became of writes, for the story of an incident, or of whatever else the issue follows."""

    incident_id: int | None
    kind: str
    text: str
    data: dict[str, str] = field(default_factory=dict)
    link_id: int = 0


@dataclass(frozen=True, slots=True)
class News:
    """What happened on a tracking issue since the story of what it is about last told of it. No incident: whatever the link belongs to."""

    incident_id: int | None
    link_id: int
    lines: Sequence[tuple[str, str, dt.datetime | None]]  # (kind, sentence or comment, when a human said it)
