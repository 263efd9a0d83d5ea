"""Drives the outbox by hand: ask, claim, end."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from tests.factories import T0
from watchbill.notifications.actions import Ask, Claimed, Message, Report, Result, claim, plan_in, record
from watchbill.notifications.models import Notification
from watchbill.notifications.rules import Outcome
from watchbill.people.models import Person

ENGINE = 1


def content(number: int = 1, **more: Any) -> dict[str, Any]:
    given = {"number": number, "title": f"disk {number} full", "severity": "high", "service": "Detections", "reason": "You have the watch."}
    return {**given, "restricted": False, "opened_at": "2026-03-02T09:00:00Z", **more}


def ask(
    who: Person, page: int | None = 1, *, firing: int = 1, kind: str = "page", urgency: str = "high", methods: str = "rules", **more: Any
) -> Ask:
    incident = more.pop("incident", page)
    return Ask(who.id, kind, page, firing, incident, 1, urgency, content(incident or 0, **more), methods)


def plan(*asks: Ask, now: dt.datetime = T0) -> None:
    with transaction.atomic():
        plan_in(asks, now=now)


def take(now: dt.datetime = T0, *, instance: int = ENGINE, **more: Any) -> list[Message]:
    return list(claimed(now, instance=instance, **more).messages)


def claimed(now: dt.datetime = T0, *, instance: int = ENGINE, **more: Any) -> Claimed:
    return claim(instance, now=now, **more)


def end(*messages: Message, now: dt.datetime = T0, how: str = "delivered", detail: str = "") -> Report:
    return record([Result(m.notification_id, m.instance, m.attempt, Outcome(how), now, now, detail) for m in messages], now=now)


def told(messages: list[Message]) -> list[tuple[str, str]]:
    return [(m.handle, m.method) for m in messages]


def states(**chosen: Any) -> list[str]:
    return list(Notification.objects.filter(**chosen).order_by("id").values_list("state", flat=True))
