"""Tell one person, by the way they wrote to us, what became of it. No more of an incident than the message said that they answer."""

from __future__ import annotations

import datetime as dt

import msgspec

from watchbill.kernel import bus
from watchbill.notifications.actions.outbox import Row, insert_in
from watchbill.notifications.models import Notification


def tell_one_in(about: Notification, contact_id: int | None, text: str, *, answers: str, restricted: str, now: dt.datetime) -> None:
    """One notice to the person of that notification. `answers`: the Message-ID of the mail that is answered; `restricted`: the code name."""
    content = {**about.content, "reason": text, "answers": answers}
    if restricted:
        content |= {"title": restricted, "severity": "", "service": "", "restricted": True}
    raw = msgspec.Raw(msgspec.json.encode(content))
    row = Row(about.person_id, contact_id, "status", None, None, about.incident_id, about.service_id, "low", 0, now, False, raw)
    insert_in([row], now=now)
    bus.wake_engine()
