"""What crosses between the rows of chats and whoever sends: plain data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from watchbill.notifications.rules import Outcome

AS_SENT = "sent"  # in the place of a digest: the message says what the notification said


@dataclass(frozen=True, slots=True)
class PostAsk:
    """Tell this channel about the incident, and keep the message as it is true."""

    incident_id: int
    chat: str
    channel: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to say once in a channel, which is about no incident. Not said any more after `until`."""

    chat: str
    channel: str
    title: str
    text: str
    path: str
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """A posting that this engine holds. `wanted` is the state of the incident that is read after it was claimed."""

    id: int
    public_id: str
    incident_id: int  # 0: of a notice
    chat_id: int
    channel: str
    room: bool
    asked_by: int | None
    wanted: int
    place: str
    message: str
    digest: str
    tries: int  # this one included
    doubt: bool
    again: bool  # an earlier try of the same post may have arrived
    created_at: dt.datetime
    direct: bool = False  # a direct message, which the notification's own way has sent
    also: Sequence[int] = ()  # further incidents that it is about
    notice: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Direct:
    """A direct message that went out: about which incidents, where it stands. `doubt`: an earlier try of it may have arrived too."""

    notification_id: int
    public_id: str
    chat_id: int
    user: str
    place: str
    message: str
    incident_ids: tuple[int, ...]
    doubt: bool


@dataclass(frozen=True, slots=True)
class Posted:
    """How the try of a claim ended. `retry_after`: the chat asked to wait so long; the try is not counted."""

    claim: Claim
    outcome: Outcome
    detail: str = ""
    place: str = ""
    message: str = ""
    digest: str = ""
    link: str = ""
    channel: str = ""  # the name that a room got
    retry_after: dt.timedelta | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A line for the story of an incident."""

    incident_id: int
    kind: str
    text: str
    link: str = ""
