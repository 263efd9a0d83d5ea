"""Time off: when somebody does not work. It changes no schedule; what it meets is found by asking the shifts."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.kernel import bus
from watchbill.kernel.errors import AlreadyDone, Invalid, NotFound, Refused
from watchbill.people.models import Person, TimeOff

LONGEST = dt.timedelta(days=366)
FARTHEST = dt.timedelta(days=731)  # watches are looked at up to there
REASON_LENGTH = 200
MOST = 200  # of one person by hand, running or to come


@transaction.atomic(durable=True)
def add_time_off(person: Person, start: dt.datetime, end: dt.datetime, reason: str = "", *, by: Actor, now: dt.datetime) -> TimeOff:
    """This person does not work in [start, end). Invalid when it makes no sense, AlreadyDone when it stands there already."""
    reason = " ".join(reason.split())
    _check(person, start, end, reason, now)
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)  # two at once would both find that it is not there yet
    coming = TimeOff.objects.filter(person=person, end__gt=now)
    if same := coming.filter(start=start, end=end).first():
        raise AlreadyDone(f"{person.name} has this time off already.", time_off=same.id)
    if coming.filter(calendar=None).count() >= MOST:
        raise Invalid(f"{person.name} has {MOST} times off to come. Remove some, or give one that is longer.")
    made = TimeOff.objects.create(person=person, start=start, end=end, reason=reason, created_by_id=by.person_id, created_at=now)
    record_in([Entry("time_off.add", "time_off", str(made.id), detail=_evidence(made))], by=by, now=now)
    bus.board_changed()
    return made


@transaction.atomic(durable=True)
def end_time_off(time_off_id: int, *, by: Actor, now: dt.datetime) -> TimeOff:
    """They work after all. What has not begun is gone; what runs ends now; what is over stays as it was (Refused)."""
    found = (
        TimeOff.objects.select_for_update(of=("self",)).select_related("person", "created_by", "calendar").filter(pk=time_off_id).first()
    )
    if found is None:
        raise NotFound(f"There is no time off {time_off_id}. `watchbill timeoff list` shows what there is.", time_off=time_off_id)
    if found.end <= now:
        raise Refused("That time off is over. The past stays as it was.", time_off=time_off_id)
    if found.calendar is not None:
        raise Refused(
            f"That comes from a calendar at {found.calendar.host}: change it there, or dismiss it if it is no time off.",
            time_off=time_off_id,
        )
    record_in([Entry("time_off.end", "time_off", str(found.id), detail=_evidence(found))], by=by, now=now)
    if found.start < now:
        found.end = now
        found.save(update_fields=["end"])
    else:
        TimeOff.objects.filter(pk=found.pk).delete()
    bus.board_changed()
    return found


def _check(person: Person, start: dt.datetime, end: dt.datetime, reason: str, now: dt.datetime) -> None:
    if not person.is_active:
        raise Invalid(f"The account of {person.name} is closed, so they have no time off.")
    if end <= start:
        raise Invalid("Time off must end after it begins.")
    if end <= now:
        raise Invalid("That time is over. Give a time off that is still to come, or that runs.")
    if end - start > LONGEST:
        raise Invalid("A time off lasts a year at most. Whoever is away for longer leaves the rotation.")
    if end > now + FARTHEST:
        raise Invalid("That is too far ahead: time off is kept for two years.")
    if len(reason) > REASON_LENGTH or not reason.isprintable():
        raise Invalid(f"A reason has at most {REASON_LENGTH} characters of text.")


def _evidence(row: TimeOff) -> dict[str, Any]:
    return {"person": row.person.handle, "start": row.start.isoformat(), "end": row.end.isoformat(), "reason": row.reason}
