"""What word, shape and colour has this state? Pure. Red: a human is needed now; severity is never a colour."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Face:
    """A state as it is shown: always all three."""

    word: str
    shape: str
    colour: str

    @property
    def needs_somebody(self) -> bool:
        """Is a human needed now?"""
        return self.colour == "red"


TRIGGERED = Face("Triggered", "fire", "red")
AGAIN = Face("Triggered again", "fire", "red")
EXHAUSTED = Face("Exhausted", "stop", "red")
UNSEEN = Face("Cleared, nobody looked", "warn", "red")
NOBODY = Face("Nobody is looking", "warn", "red")
PAUSED = Face("Paging paused", "pause", "amber")
ACKNOWLEDGED = Face("Acknowledged", "ack", "blue")
SNOOZED = Face("Acknowledged, snoozed", "ack", "blue")
RESOLVED = Face("Resolved", "ok", "green")


def face_of(status: str, *, page: str = "", paused: str = "", cleared_unseen: bool = False) -> Face:
    """The state of an incident. `page` is the status of its open respond page, `paused` what a paused one goes back to; empty: none."""
    if status == "resolved":
        return RESOLVED
    if page == "exhausted":
        return EXHAUSTED
    if cleared_unseen:
        return UNSEEN
    if page == "paused":
        return PAUSED if paused != "acknowledged" else SNOOZED
    if page == "triggered":
        return AGAIN if status == "acknowledged" else TRIGGERED
    return ACKNOWLEDGED if status == "acknowledged" else NOBODY


@dataclass(frozen=True, slots=True)
class Ending:
    """How a notification stands: word, shape, colour, and since or until when."""

    word: str
    shape: str
    colour: str
    at: dt.datetime | None = None


HOW = {"email": "E-mail", "webhook": "Webhook", "sms": "Text message", "voice": "Phone", "push": "Push", "slack": "Slack", "apprise": "Apprise"}


def ending_of(state: str, *, due_at: dt.datetime, finished_at: dt.datetime | None, tries: int, error: str, duplicate: bool, now: dt.datetime) -> Ending:
    """How one notification ended, or how it stands."""
    because = f": {error[:160]}" if error else ""
    if state == "delivered":
        return Ending("Perhaps twice, delivered", "due", "amber", finished_at) if duplicate else Ending("Delivered", "yes", "dim", finished_at)
    if state == "failed":
        return Ending(f"Not reached{because}. Next way at once", "no", "amber", finished_at)
    if state == "cancelled":
        return Ending("Not needed any more", "dash", "dim", finished_at)
    if state == "bundled":
        return Ending("Sent together with others", "yes", "dim", finished_at)
    if state == "leased":
        return Ending("Being sent", "ring", "blue")
    if tries:
        return Ending(f"Failed{because}. Tried again", "no", "amber", due_at)
    return Ending("Waits its turn" if due_at > now else "Next to be sent", "due", "dim", due_at)
