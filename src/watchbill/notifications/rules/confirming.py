"""A provider took it: did it reach anybody? Pure. (decision 9)

A call has reached somebody when a human answered it or pressed a key; whatever a machine took has reached nobody. A text message has when
its network says so. What is told late, twice or out of order changes nothing that is known better: waiting < failed < reached.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from watchbill.notifications.rules.ends import After

CONFIRM_CALL = dt.timedelta(seconds=100)  # it rings for 25 s, the machine is told within 30 s
CONFIRM_TEXT = dt.timedelta(minutes=2)
WAITING = ("queued", "leased", "sent")


class Verdict(StrEnum):
    """What a receipt proves."""

    REACHED = "reached"
    FAILED = "failed"
    NOTHING = ""


def text_verdict(status: str) -> Verdict:
    """What the state of a text message proves. Unknown words prove nothing."""
    if status in ("delivered", "read"):
        return Verdict.REACHED
    return Verdict.FAILED if status in ("undelivered", "failed", "canceled", "rejected", "expired") else Verdict.NOTHING


def call_verdict(status: str, answered_by: str) -> Verdict:
    """What the state of a call proves. A call that ended without a proven human has reached nobody."""
    if answered_by == "human":
        return Verdict.REACHED
    if is_machine(answered_by):
        return Verdict.FAILED
    return Verdict.FAILED if status in ("completed", "busy", "failed", "no-answer", "canceled") else Verdict.NOTHING


def is_machine(answered_by: str) -> bool:
    """Did a voicemail or a fax pick up?"""
    return answered_by.startswith(("machine", "fax"))


def after_receipt(verdict: Verdict, *, state: str, withdrawn: bool, possible_duplicate: bool) -> After | None:
    """What becomes of the notification; None: the receipt changes nothing.

    Reached counts whatever was thought before, a later failure of what reached somebody does not. While another try is queued or on its
    way, the failure of an earlier one says nothing about it.
    """
    if verdict is Verdict.REACHED and state in (*WAITING, "failed"):
        return After("delivered", possible_duplicate=possible_duplicate)
    if verdict is Verdict.FAILED and state == "sent":
        return After("failed", possible_duplicate=possible_duplicate, starts_next=not withdrawn)
    return None


def after_silence(*, spoken: bool, withdrawn: bool, possible_duplicate: bool) -> After:
    """What becomes of a sent one of which nothing was told in time.

    A call is over by then: nobody answered. A text message may be there all the same, since not every network tells: it counts as reaching
    nobody, and the next rule starts, but it has not failed for good.
    """
    return After("failed" if spoken else "sent", possible_duplicate=possible_duplicate, starts_next=not withdrawn)
