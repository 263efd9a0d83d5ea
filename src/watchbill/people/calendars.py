"""Time off by a subscribed calendar: subscribe, unsubscribe, who reads which one next, and what a reading changes."""

from __future__ import annotations

import datetime as dt
import zlib
from typing import Any

from django.conf import settings
from django.db import transaction

from watchbill.audit.actions import ENGINE, Actor, Entry, record_in
from watchbill.kernel import bus
from watchbill.kernel.errors import AlreadyDone, Invalid, NotFound, Refused
from watchbill.kernel.secrets import decrypt, encrypt
from watchbill.people.models import AwayCalendar, Person, TimeOff
from watchbill.people.rules.away import Away, Changes, Claim, Kept, Reading, changes, clean_address, next_look

MOST = 5  # of one person
LEASE = dt.timedelta(minutes=10)  # longer than a reading can last; who dies in it is followed then
ANEW = dt.timedelta(hours=20)  # after that a file is read again although it is the same: the year ahead has moved on


@transaction.atomic(durable=True)
def subscribe(person: Person, address: str, *, everything: bool = False, by: Actor, now: dt.datetime) -> AwayCalendar:
    """Read this calendar from now on. Invalid when its address cannot be one, AlreadyDone when it is read already."""
    if not person.is_active:
        raise Invalid(f"The account of {person.name} is closed, so no calendar of theirs is read.")
    try:
        address, host = clean_address(address, plain_too=bool(settings.ALLOW_PRIVATE_TARGETS))
    except ValueError as error:
        raise Invalid(str(error)) from error
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)  # two at once would both find that it is not there yet
    known = list(AwayCalendar.objects.filter(person=person, host=host))
    if any(_address(each) == address for each in known):
        raise AlreadyDone(f"That calendar at {host} is read already.")
    if AwayCalendar.objects.filter(person=person).count() >= MOST:
        raise Invalid(f"{person.name} has {MOST} calendars already. Unsubscribe from one first.")
    made = AwayCalendar.objects.create(
        person=person,
        address=encrypt(address),
        host=host,
        everything=everything,
        created_by_id=by.person_id,
        created_at=now,
        due_at=now,
    )
    record_in([_entry("calendar.subscribe", made)], by=by, now=now)
    return made


@transaction.atomic(durable=True)
def unsubscribe(calendar_id: int, *, by: Actor, now: dt.datetime) -> AwayCalendar:
    """Read it no more. Its time off that has not begun is gone, what runs ends now, and what is over stays."""
    found = AwayCalendar.objects.select_for_update(of=("self",)).select_related("person").filter(pk=calendar_id).first()
    if found is None:
        raise NotFound(f"There is no calendar {calendar_id}. `watchbill timeoff calendars` shows what there is.", calendar=calendar_id)
    make_so_in(found, changes(_kept(found, now), (), now=now), by=by, now=now)
    record_in([_entry("calendar.unsubscribe", found)], by=by, now=now)
    AwayCalendar.objects.filter(pk=found.pk).delete()
    return found


@transaction.atomic(durable=True)
def claim_calendars(*, now: dt.datetime, limit: int) -> list[Claim]:
    """Take those that are due, so that no other node reads them meanwhile."""
    due = AwayCalendar.objects.filter(due_at__lte=now, person__is_active=True).select_related("person").order_by("due_at", "id")
    rows = list(due.select_for_update(of=("self",), skip_locked=True)[:limit])
    lease = now + LEASE
    AwayCalendar.objects.filter(id__in=[row.id for row in rows]).update(due_at=lease)
    return [_claim(row, lease, now) for row in rows]


def lock_in(claim: Claim) -> AwayCalendar | None:
    """Its row, if it is still this claim's."""
    rows = AwayCalendar.objects.select_for_update(of=("self",)).select_related("person")
    return rows.filter(pk=claim.id, due_at=claim.lease).first()


def keep_in(row: AwayCalendar, reading: Reading, *, now: dt.datetime) -> list[TimeOff]:
    """It answered: make the stored time off what it says. Answers what is new or elsewhere, for whoever looks what it meets."""
    new: list[TimeOff] = []
    if row.read_at is None or row.failing_since is not None:
        bus.board_changed()
    if not reading.unchanged:
        kept = _kept(row, now, also=[each.event for each in reading.away])
        dismissed = set(row.dismissed.values_list("event", flat=True))
        new = make_so_in(row, changes(kept, reading.away, now=now, dismissed=dismissed), by=ENGINE, now=now)
        _note_series_in(row, reading)
        row.understood_at, row.zone, row.left = now, row.person.timezone, reading.left
    row.etag, row.last_modified = reading.etag or row.etag, reading.last_modified or row.last_modified
    row.digest = reading.digest or row.digest
    row.read_at, row.failures, row.failing_since, row.last_error, row.told_at = now, 0, None, "", None
    row.due_at = next_look(now=now, spread=_spread(row, now))
    row.save()
    return new


def note_failure_in(row: AwayCalendar, why: str, *, now: dt.datetime) -> None:
    """It could not be read. What it said before stays."""
    if row.failing_since is None:
        bus.board_changed()
    row.failures += 1
    row.failing_since, row.last_error = row.failing_since or now, why[:500]
    row.due_at = next_look(now=now, failures=row.failures, spread=_spread(row, now))
    row.save()


def make_so_in(row: AwayCalendar, wanted: Changes, *, by: Actor, now: dt.datetime) -> list[TimeOff]:
    """Add, move and end what the changes name, each with its evidence. Answers the added and the moved."""
    ending = {each.id for each in wanted.end}
    rows = {each.id: each for each in TimeOff.objects.filter(id__in=ending | {old.id for old, _ in wanted.move})}
    TimeOff.objects.filter(id__in=ending, start__gte=now).delete()
    TimeOff.objects.filter(id__in=ending, end__gt=now).update(end=now)
    TimeOff.objects.filter(id__in=ending).update(event="")
    entries = [_evidence("time_off.end", row, each, each.id) for each in wanted.end if each.end > now]
    moved = []
    for old, new in wanted.move:
        found = rows[old.id]
        found.start, found.end, found.series = new.start, new.end, new.series
        found.save(update_fields=["start", "end", "series"])
        before = [old.start.isoformat(), old.end.isoformat()]
        entries.append(_evidence("time_off.move", row, new, found.id, before=before))
        moved.append(found)
    made = [
        TimeOff(
            person=row.person,
            calendar=row,
            event=new.event,
            series=new.series,
            start=new.start,
            end=new.end,
            created_by_id=by.person_id,
            created_at=now,
        )
        for new in wanted.add
    ]
    TimeOff.objects.bulk_create(made)
    entries += [_evidence("time_off.add", row, each, each.id) for each in made]
    record_in(entries, by=by, now=now)
    if wanted:
        bus.board_changed()
    return [*made, *moved]


def calendar_object(row: AwayCalendar) -> dict[str, Any]:
    """One calendar as the command line and the API show it."""
    return {
        "id": row.id,
        "person": {"handle": row.person.handle, "name": row.person.name},
        "host": row.host,
        "everything": row.everything,
        "read_at": row.read_at,
        "next_at": row.due_at,
        "left_out": row.left,
        "failures": row.failures,
        "failing_since": row.failing_since,
        "error": row.last_error or None,
    }


def _note_series_in(row: AwayCalendar, reading: Reading) -> None:
    """What was stored before series were known learns its own."""
    series = {each.event: each.series for each in reading.away if each.series}
    rows = list(TimeOff.objects.filter(calendar=row, series="", event__in=series))
    for each in rows:
        each.series = series[each.event]
    TimeOff.objects.bulk_update(rows, ["series"])


def _kept(row: AwayCalendar, now: dt.datetime, also: list[str] | None = None) -> list[Kept]:
    """What is stored of this calendar and matters: what runs or comes, and what is over of events that are `also` named."""
    rows = TimeOff.objects.filter(calendar=row).exclude(event="")
    wanted = rows.filter(end__gt=now) | rows.filter(event__in=also or [])
    return [Kept(each.id, each.event, each.start, each.end) for each in wanted.order_by("start", "id")]


def _claim(row: AwayCalendar, lease: dt.datetime, now: dt.datetime) -> Claim:
    """A file that was read as a whole lately, for the same zone, needs no second reading while it is the same."""
    known = row.understood_at is not None and now - row.understood_at < ANEW and row.zone == row.person.timezone
    seen = (row.etag, row.last_modified, row.digest) if known else ("", "", "")
    return Claim(row.id, lease, _address(row), row.person.timezone, row.everything, *seen)


def _address(row: AwayCalendar) -> str:
    """Empty when it was kept under another key: then reading it says what to do."""
    try:
        return decrypt(row.address)
    except Refused:
        return ""


def _spread(row: AwayCalendar, now: dt.datetime) -> float:
    return zlib.crc32(f"{row.id} {now:%Y%m%d%H}".encode()) / 2**32


def _entry(action: str, row: AwayCalendar) -> Entry:
    detail = {"person": row.person.handle, "host": row.host, "everything": row.everything}
    return Entry(action, "calendar", str(row.id), detail=detail)


def _evidence(action: str, row: AwayCalendar, at: Kept | Away | TimeOff, id_: int, **more: Any) -> Entry:
    spans = {"start": at.start.isoformat(), "end": at.end.isoformat(), **more}
    return Entry(action, "time_off", str(id_), detail={"person": row.person.handle, "calendar": row.id, **spans})
