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
from watchbill.notifications.rules.contacts import ADDABLE, EXAMPLES, MOST_CONTACTS, QUIET, TELEPHONES, read_address, wakes
from watchbill.notifications.rules.devices import MOST_DEVICES, NotASubscription, Subscription, label_of, subscription_of
from watchbill.notifications.rules.ends import RETRY_AFTER, After, Outcome, after_attempt, after_lost_lease
from watchbill.notifications.rules.order import Arranged, Candidate, Room, arrange
from watchbill.notifications.rules.pace import BUNDLE_WAIT, BUNDLE_WITHIN, MERGE_WITHIN, STATUS_WAIT, LastPaged, is_further
from watchbill.notifications.rules.plan import Method, PersonalRule, Turn, plan, why_nobody
from watchbill.notifications.rules.readiness import COUNTS_FOR, Ready, Standing, drill_at, judge
from watchbill.notifications.rules.schemes import scheme_of, why_refused
from watchbill.notifications.rules.telephone import digits, e164
from watchbill.notifications.rules.words import in_words, why_asleep

__all__ = [
    "ADDABLE",
    "BUNDLE_WAIT",
    "BUNDLE_WITHIN",
    "CONFIRM_CALL",
    "CONFIRM_TEXT",
    "COUNTS_FOR",
    "EXAMPLES",
    "MERGE_WITHIN",
    "MOST_CONTACTS",
    "MOST_DEVICES",
    "QUIET",
    "RETRY_AFTER",
    "STATUS_WAIT",
    "TELEPHONES",
    "After",
    "Arranged",
    "Candidate",
    "LastPaged",
    "Method",
    "NotASubscription",
    "Outcome",
    "PersonalRule",
    "Ready",
    "Room",
    "Standing",
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
    "drill_at",
    "e164",
    "in_words",
    "is_further",
    "is_machine",
    "judge",
    "label_of",
    "plan",
    "read_address",
    "scheme_of",
    "subscription_of",
    "text_verdict",
    "wakes",
    "why_asleep",
    "why_nobody",
    "why_refused",
]
