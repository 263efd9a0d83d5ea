"""Can whoever has a watch be woken, and is that proven? Pure.

In this order: nothing reaches them; a manager without a number; a contact that was never proven; a drill that nobody answered; mail alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from watchbill.notifications.rules.words import WORDS, in_words, why_asleep

STEP = dt.timedelta(minutes=30)
LEAST = dt.timedelta(hours=1)  # a drill that goes out later than this before the watch proves too little
COUNTS_FOR = dt.timedelta(hours=24)  # whoever answered a test page so long ago is not asked again


class Ready(StrEnum):
    """How it stands with one person and one watch."""

    READY = "ready"
    ASKED = "asked"  # a drill is out, and may still be answered
    QUIET = "quiet"  # reached, and not woken
    UNANSWERED = "unanswered"
    UNPROVEN = "unproven"
    NO_PHONE = "no_phone"
    UNREACHABLE = "unreachable"

    @property
    def is_red(self) -> bool:
        """Must somebody do something before the watch begins?"""
        return self in (Ready.UNANSWERED, Ready.UNPROVEN, Ready.NO_PHONE, Ready.UNREACHABLE)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known. `ways`: as a page of high urgency would go now; `asked_until` of a drill that is out; `missed`: nobody answered it."""

    ways: Sequence[tuple[str, dt.timedelta]]
    why_not: str = ""
    active: bool = True
    unproven: Sequence[str] = ()
    has_phone: bool = False
    manages: bool = False
    by_night: bool = True  # the watch goes on outside business hours
    asked_until: dt.datetime | None = None
    missed: bool = False
    answered: bool = False


def judge(one: Standing) -> tuple[Ready, str]:
    """The state and its reason, a plain sentence."""
    if not one.active:
        return Ready.UNREACHABLE, "The account is deactivated: nothing is sent to it."
    if not one.ways:
        return Ready.UNREACHABLE, one.why_not or "Nothing reaches them."
    if one.manages and not one.has_phone:
        return Ready.NO_PHONE, "Manages, and has no proven telephone number: add one on the page You, and prove it."
    if one.unproven:
        named = ", ".join(WORDS.get(kind, kind) for kind in dict.fromkeys(one.unproven))
        return Ready.UNPROVEN, f"Not proven yet: {named}. Its owner types in the code, or removes it."
    if one.missed:
        return Ready.UNANSWERED, "The test page before this watch was not answered."
    if one.asked_until is not None:
        return Ready.ASKED, "A test page is out and waits for an answer."
    if one.by_night and (why := why_asleep(one.ways)):
        return Ready.QUIET, why
    proof = "answered a test page; " if one.answered else ""
    words = f"{proof}{in_words(one.ways)}"
    return Ready.READY, f"{words[:1].upper()}{words[1:]}."


def drill_at(start: dt.datetime, before: dt.timedelta, is_waking: Callable[[dt.datetime], bool]) -> dt.datetime:
    """When the drill of a watch goes out: so long before it, or at the next moment at which its person may be awake that still leaves an
    hour, or else at the last such moment before. When they never are within a day: at its time, and nobody is asked."""
    wanted = start - before
    at = wanted
    while at <= start - min(LEAST, before):
        if is_waking(at):
            return at
        at += STEP
    at = wanted
    while at > wanted - dt.timedelta(days=1):
        if is_waking(at):
            return at
        at -= STEP
    return wanted
