"""May this learning still be corrected, and what stands in an issue that is made of it? Pure."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

KINDS = {
    "improvement": "Improvement",
    "automatable": "Could be automatic",
    "question": "Question",
    "risky": "Risky decision",
}
LONGEST = 1000
LONGEST_ADDRESS = 2000
WITHOUT_A_WATCH = dt.timedelta(hours=12)  # so long its writer may correct what was written outside any watch


def edit_until(ends: dt.datetime | None, *, now: dt.datetime) -> dt.datetime:
    """Until when may its writer correct it? `ends`: of the watch that they have; None: they have none."""
    return ends if ends is not None and ends > now else now + WITHOUT_A_WATCH


def why_not_edit(*, mine: bool, closed: bool, asked: bool, until: dt.datetime, now: dt.datetime) -> str:
    """Why it cannot be corrected now, in a sentence; empty when it can."""
    if not mine:
        return "Only whoever wrote it can correct it."
    if closed:
        return "It is closed: what became of it was said about these words."
    if asked:
        return "An issue is made of it: correct the words there."
    if until <= now:
        return f"It can be corrected until the watch in which it was written is over; that was {until:%d %B %H:%M} UTC. Write a new one."
    return ""


def is_address(text: str) -> bool:
    """A web address of a document, as a browser may open it."""
    if len(text) > LONGEST_ADDRESS or not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
