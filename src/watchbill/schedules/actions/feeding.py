"""Calendar feeds: an address that anybody who knows it may read, so it is shown once, kept as a hash, and replaced or ended at will."""

from __future__ import annotations

import datetime as dt
import secrets

from django.db import transaction

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.kernel.errors import AlreadyDone, NotFound
from watchbill.people.models import Person
from watchbill.people.rules import digest_of
from watchbill.schedules.models import Feed, Schedule

REMEMBERED = dt.timedelta(minutes=15)  # how exactly the last read is known


@transaction.atomic(durable=True)
def open_feed(person: Person, schedule: Schedule | None, *, by: Actor, now: dt.datetime) -> tuple[Feed, str]:
    """A feed of this person's own shifts, or with `schedule` of everybody's on it. Answers the token, which is shown this once.

    There is one of each: a new one ends the one before, whose address reads nothing from then on.
    """
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)  # two at once would both find nothing to end
    replaced = Feed.objects.filter(person=person, schedule=schedule, ended_at=None).update(ended_at=now)
    token = secrets.token_urlsafe(24)
    made = Feed.objects.create(person=person, schedule=schedule, digest=digest_of(token), hint=token[-4:], created_at=now)
    _record(made, "calendar.open", by, now, replaced=bool(replaced))
    return made, token


@transaction.atomic(durable=True)
def end_feed(feed_id: int, person: Person, *, by: Actor, now: dt.datetime) -> Feed:
    """Nobody reads it any more. NotFound for somebody else's."""
    found = Feed.objects.select_for_update(of=("self",)).select_related("schedule", "person").filter(pk=feed_id, person=person).first()
    if found is None:
        raise NotFound("There is no such calendar of yours.")
    if found.ended_at is not None:
        raise AlreadyDone("That calendar has ended already.")
    found.ended_at = now
    found.save(update_fields=["ended_at"])
    _record(found, "calendar.end", by, now)
    return found


def feed_read(feed: Feed, *, now: dt.datetime) -> None:
    """Somebody read it: remembered to the quarter of an hour, so that its owner sees whether their calendar still does."""
    if feed.read_at is None or now - feed.read_at >= REMEMBERED:
        Feed.objects.filter(pk=feed.pk).update(read_at=now)


def _record(feed: Feed, action: str, by: Actor, now: dt.datetime, **more: object) -> None:
    of = feed.schedule.name if feed.schedule else "own shifts"
    team_id = feed.schedule.team_id if feed.schedule else None
    detail = {"person": feed.person.handle, "of": of, **more}
    record_in([Entry(action, "calendar", str(feed.id), team_id=team_id, detail=detail)], by=by, now=now)
