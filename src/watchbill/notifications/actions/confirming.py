"""What providers tell afterwards: kept as evidence, once each, and what follows from it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from watchbill.notifications.actions.outbox import fetch
from watchbill.notifications.actions.recording import conclude_in, lock_in
from watchbill.notifications.messages import Report, Result
from watchbill.notifications.models import Notification, Receipt
from watchbill.notifications.rules import After, Outcome, Verdict, after_receipt, after_silence

KEEP = """
INSERT INTO notifications_receipt (provider, sid, event, notification_id, person_id, verdict, detail, answer, at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (provider, sid, event) DO NOTHING RETURNING id
"""

SILENT = """
SELECT n.id, coalesce(c.kind, '') = 'voice' FROM notifications_notification n LEFT JOIN notifications_contact c ON c.id = n.contact_id
WHERE n.state = 'sent' AND n.confirm_by < %s ORDER BY n.id LIMIT %s FOR NO KEY UPDATE OF n SKIP LOCKED
"""

NOBODY_ANSWERED = "Nothing was told of this call in time: it counts as not answered"
NOT_CONFIRMED = "its arrival was not confirmed in time. The next way is tried; not every network confirms"


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that a provider told. `event` names it: the same of one `sid` is one receipt, however often it comes."""

    provider: str
    sid: str
    event: str
    verdict: Verdict = Verdict.NOTHING
    detail: str = ""
    answer: str = ""
    person_id: int | None = None


def receive(told: Told, notification: Notification | None, *, now: dt.datetime) -> Report | None:
    """Keep it and do what follows. None: it was known already, and nothing was done."""
    with transaction.atomic(durable=True):
        values = [told.provider, _clean(told.sid, 120), _clean(told.event, 64), notification.pk if notification else None, told.person_id]
        if not fetch(KEEP, [*values, told.verdict.value, _clean(told.detail, 500), told.answer, now]):
            return None
        if notification is None or told.verdict is Verdict.NOTHING:
            return Report()
        rows = lock_in([notification.pk])
        row = rows[notification.pk]
        end = after_receipt(told.verdict, state=row.state, withdrawn=row.withdrawn, possible_duplicate=row.possible_duplicate)
        if end is None:
            return Report()
        outcome = Outcome.DELIVERED if told.verdict is Verdict.REACHED else Outcome.PERMANENT
        return conclude_in({row.id: (Result(row.id, 0, 0, outcome, now, now, told.detail), end)}, rows, now=now)


def answer_given(provider: str, sid: str, event: str) -> str | None:
    """What was answered when this came before; None: it never came."""
    return Receipt.objects.filter(provider=provider, sid=_clean(sid, 120), event=_clean(event, 64)).values_list("answer", flat=True).first()


def _clean(text: str, longest: int) -> str:
    """What a column can hold of what somebody sent."""
    return "".join(c if c.isprintable() else " " for c in text)[:longest]


def give_up_waiting(*, now: dt.datetime, limit: int = 500) -> Report:
    """Messages and calls of which nothing was told in time reached nobody: the next rule starts."""
    with transaction.atomic(durable=True):
        spoken = dict(fetch(SILENT, [now, limit]))
        if not spoken:
            return Report()
        rows = lock_in(list(spoken))
        ends: dict[int, tuple[Result, After]] = {}
        for id_, row in rows.items():
            end = after_silence(spoken=spoken[id_], withdrawn=row.withdrawn, possible_duplicate=row.possible_duplicate)
            why = NOBODY_ANSWERED if spoken[id_] else NOT_CONFIRMED
            ends[id_] = (Result(id_, 0, 0, Outcome.UNKNOWN, now, now, why), end)
        return conclude_in(ends, rows, now=now)
