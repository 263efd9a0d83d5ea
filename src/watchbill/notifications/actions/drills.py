"""Test pages: does what would wake this person reach them? They are sent as a page is sent, and answered by link, button, key or reply."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import transaction

from watchbill.audit.actions import ENGINE, Actor, Entry, record_in
from watchbill.kernel import bus
from watchbill.kernel.errors import NotFound, Refused
from watchbill.notifications.actions.outbox import Row, insert_in, run
from watchbill.notifications.actions.planning import people_with_contacts
from watchbill.notifications.models import Drill, Notification
from watchbill.notifications.rules import Method, plan
from watchbill.people.models import Person

TITLE = "This is a test page. Nothing has happened."
REASON = "You asked for it, to see how you are reached. Say that you got it."
HOUR = dt.timedelta(hours=1)
MOST_IN_AN_HOUR = 6
ANSWER_WITHIN = dt.timedelta(minutes=30)
BETWEEN = dt.timedelta(seconds=1)  # keeps the order of the contacts

WITHDRAW = """
UPDATE notifications_notification SET withdrawn = true, state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END,
  finished_at = CASE WHEN state = 'queued' THEN %s ELSE finished_at END
WHERE id = ANY(%s) AND state IN ('queued', 'leased', 'sent')
"""


@transaction.atomic(durable=True)
def send_test(person: Person, *, by: Actor, now: dt.datetime) -> Drill:
    """Send this person a test page by every contact that works, in their order. Refused for the seventh within an hour, or without any."""
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if Drill.objects.filter(person=person, schedule_id=None, created_at__gt=now - HOUR).count() >= MOST_IN_AN_HOUR:
        raise Refused(f"{MOST_IN_AN_HOUR} test pages went to you within an hour; that is the most. Try again later.")
    methods = people_with_contacts([person.pk])[person.pk].methods
    usable = [(method, BETWEEN * place) for place, method in enumerate(m for m in methods if not m.why_not)]
    if not usable:
        raise Refused("There is nothing to try: none of your contacts is proven and active here.")
    drill = Drill.objects.create(person=person, created_at=now, answer_by=now + ANSWER_WITHIN)
    queue_in(drill, usable, methods, TITLE, REASON, path="/you/test", now=now)
    record_in([Entry("drill.test", "person", str(person.pk), detail={"handle": person.handle, "drill": drill.pk})], by=by, now=now)
    bus.wake_engine()
    return drill


@transaction.atomic(durable=True)
def open_drill(person_id: int, watch: tuple[int, dt.datetime], reason: str, *, answer_by: dt.datetime, now: dt.datetime) -> Drill | None:
    """Send the drill of a watch, (schedule, start), as a page of high urgency would go to its person. None: it went out before.

    With nothing that reaches them it is unanswered at once.
    """
    person = Person.objects.select_for_update(no_key=True).get(pk=person_id)
    schedule_id, start = watch
    if Drill.objects.filter(person=person, schedule_id=schedule_id, shift_start=start).exists():
        return None
    turns, methods = as_paged(person_id)
    drill = Drill.objects.create(
        person=person, schedule_id=schedule_id, shift_start=start, created_at=now, answer_by=answer_by if turns else now
    )
    queue_in(drill, turns, methods, TITLE, reason, now=now)
    record_in([Entry("drill.open", "person", str(person_id), detail={"handle": person.handle, "drill": drill.pk})], by=ENGINE, now=now)
    bus.wake_engine()
    return drill


def queue_in(
    drill: Drill,
    turns: Sequence[tuple[Method, dt.timedelta]],
    methods: Sequence[Method],
    title: str,
    reason: str,
    *,
    path: str = "/you",
    now: dt.datetime,
) -> None:
    """Queue the messages of a drill, and keep with it which they are."""
    told = {"number": None, "title": title, "severity": "", "service": "", "reason": reason, "restricted": False, "opened_at": None}
    content = msgspec.Raw(msgspec.json.encode({**told, "purpose": "test", "drill": drill.pk, "path": path}))
    rows = [
        Row(drill.person_id, method.key, "drill", None, None, None, None, "high", place, now + after, False, content)
        for place, (method, after) in enumerate(turns)
    ]
    insert_in(rows, now=now)
    drill.notifications = [row.id for row in rows]
    drill.skipped = [[method.kind, method.why_not] for method in methods if method.why_not]
    drill.save(update_fields=["notifications", "skipped"])


def as_paged(person_id: int) -> tuple[list[tuple[Method, dt.timedelta]], list[Method]]:
    """The turns of this person as a page of high urgency would take them, and all their methods."""
    known = people_with_contacts([person_id])[person_id]
    turns = plan(known.methods, known.rules.get("high", []), urgency="high")
    return [(turn.method, turn.after) for turn in turns], known.methods


def answer_drill(notification: Notification, *, via: str, now: dt.datetime) -> bool:
    """Its person got it. Saying so again changes nothing. False when it is no test page."""
    drill_id = notification.content.get("drill")
    return bool(drill_id) and answer_in_person(int(drill_id), notification.person.id, notification.pk, via=via, now=now)


@transaction.atomic(durable=True)
def answer_in_person(drill_id: int, person_id: int, notification_id: int, *, via: str, now: dt.datetime) -> bool:
    """The same by ids, as a link names them. Raises NotFound when they do not belong together."""
    drill = Drill.objects.select_for_update().select_related("person").filter(pk=drill_id, person_id=person_id).first()
    if drill is None or notification_id not in drill.notifications:
        raise NotFound("There is no such test page.")
    if str(notification_id) in drill.answers:
        return True
    first = drill.answered_at is None
    drill.answers = {**drill.answers, str(notification_id): [now.isoformat(), via]}
    drill.answered_at = drill.answered_at or now
    drill.save(update_fields=["answers", "answered_at"])
    if first and drill.schedule_id is not None:  # a test goes on by every contact; a drill asks nobody who answered
        run(WITHDRAW, [now, drill.notifications])
    detail: dict[str, Any] = {"handle": drill.person.handle, "drill": drill.pk}
    by = Actor(name=drill.person.handle, via=via, person_id=person_id)
    record_in([Entry("drill.answer", "person", str(person_id), detail=detail)], by=by, now=now)
    return True
