"""What a provider told: kept once, done once, however often and in whatever order it is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

from django.db import connection

from watchbill.kernel import bus
from watchbill.kernel.errors import NotFound
from watchbill.notifications.actions import Told, answer_given, receive
from watchbill.notifications.models import Notification
from watchbill.response.actions.hearing import hear


def notification_of(ref: str) -> Notification:
    """The notification that a call or message was about. Raises NotFound."""
    try:
        found = Notification.objects.select_related("person", "contact").filter(public_id=UUID(ref)).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound("There is no such message here.")
    return found


def keep(told: Told, notification: Notification | None, *, now: dt.datetime) -> None:
    """Keep it, and let paging and the pages hear what it proves."""
    report = receive(told, notification, now=now)
    if report is None:
        return
    hear(report, now=now)
    if notification is not None and notification.incident_id is not None:
        bus.board_changed(notification.incident_id)


def once(told: Told, notification: Callable[[], Notification | None], do: Callable[[], str], *, now: dt.datetime) -> str:
    """Do what was asked for and keep the answer; asked again, give the same answer and do nothing.

    Two that come at once wait for one another. When we are stopped between doing and keeping, it is done again: nothing that was asked
    for is lost.
    """
    with _alone(f"{told.provider} {told.sid} {told.event}"):
        given = answer_given(told.provider, told.sid, told.event)
        if given is not None:
            return given
        said = do()
        keep(replace(told, answer=said), notification(), now=now)
        return said


@contextmanager
def _alone(what: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [what])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [what])
