"""How is a person notified: by what, when, in which order, and what follows when a try fails? Pure: no clock, no database."""

from __future__ import annotations

from watchbill.notifications.rules.confirming import (
    CONFIRM_CALL,
    CONFIRM_TEXT,
    Verdict,
    after_receipt,
    after_silence,
    call_verdict,
    is_machine,
    text_verdict,
)
from watchbill.notifications.rules.devices import MOST_DEVICES, NotASubscription, Subscription, label_of, subscription_of
from watchbill.notifications.rules.ends import RETRY_AFTER, After, Outcome, after_attempt, after_lost_lease
from watchbill.notifications.rules.order import Arranged, Candidate, Room, arrange
from watchbill.notifications.rules.pace import BUNDLE_WAIT, BUNDLE_WITHIN, MERGE_WITHIN, STATUS_WAIT, LastPaged, is_further
from watchbill.notifications.rules.plan import Method, PersonalRule, Turn, plan, why_nobody
from watchbill.notifications.rules.schemes import scheme_of, why_refused
from watchbill.notifications.rules.telephone import digits, e164

__all__ = [
    "BUNDLE_WAIT",
    "BUNDLE_WITHIN",
    "CONFIRM_CALL",
    "CONFIRM_TEXT",
    "MERGE_WITHIN",
    "MOST_DEVICES",
    "RETRY_AFTER",
    "STATUS_WAIT",
    "After",
    "Arranged",
    "Candidate",
    "LastPaged",
    "Method",
    "NotASubscription",
    "Outcome",
    "PersonalRule",
    "Room",
    "Subscription",
    "Turn",
    "Verdict",
    "after_attempt",
    "after_lost_lease",
    "after_receipt",
    "after_silence",
    "arrange",
    "call_verdict",
    "digits",
    "e164",
    "is_further",
    "is_machine",
    "label_of",
    "plan",
    "scheme_of",
    "subscription_of",
    "text_verdict",
    "why_nobody",
    "why_refused",
]
