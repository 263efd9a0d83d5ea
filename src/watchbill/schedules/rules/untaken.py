"""When is somebody reminded of a request or an offer that nobody answers, and when does it go on to others? Pure."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

REMINDED = dt.timedelta(hours=24)  # before the watch begins
ESCALATED = dt.timedelta(hours=12)
URGENT = dt.timedelta(hours=6)  # what begins so soon is told by the ways for what cannot wait


class Nudge(StrEnum):
    """What is due for it."""

    NOTHING = ""
    REMIND = "remind"
    ESCALATE = "escalate"


def nudge_of(opened_at: dt.datetime, begins: dt.datetime, *, reminded: bool, escalated: bool, now: dt.datetime) -> Nudge:
    """Each once. What was opened later than a reminder would come needs none; after an outage only the later of the two is made up for."""
    if escalated:
        return Nudge.NOTHING
    if now >= begins - ESCALATED:
        return Nudge.ESCALATE
    if not reminded and opened_at < begins - REMINDED <= now:
        return Nudge.REMIND
    return Nudge.NOTHING


def urgency_of(begins: dt.datetime, *, now: dt.datetime) -> str:
    """By which of their rules are people told of it?"""
    return "high" if begins - now < URGENT else "low"
