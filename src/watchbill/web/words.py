"""What word, shape and colour has this state? Pure. Red: a human is needed now; severity is never a colour."""

from __future__ import annotations

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


READINESS = {
    "ready": Face("Ready", "ok", "green"),
    "asked": Face("Test page out", "due", "amber"),
    "quiet": Face("Not woken", "warn", "amber"),
    "unanswered": Face("Unanswered", "warn", "red"),
    "unproven": Face("Unproven", "warn", "red"),
    "no_phone": Face("No number", "warn", "red"),
    "unreachable": Face("Unreachable", "stop", "red"),
}


HOW = {
    "email": "E-mail",
    "webhook": "Webhook",
    "sms": "Text message",
    "voice": "Phone",
    "push": "Push",
    "slack": "Slack",
    "apprise": "Apprise (one-way)",
}
