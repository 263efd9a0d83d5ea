"""What a calendar calls time off and is none: its person dismisses it, once or as a whole series, and may count it again."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.kernel import bus
from watchbill.kernel.errors import NotFound, Refused
from watchbill.people.calendars import make_so_in
from watchbill.people.models import AwayCalendar, DismissedEvent, Person, TimeOff
from watchbill.people.rules.away import Changes, Kept


@transaction.atomic(durable=True)
def dismiss(time_off_id: int, *, whole: bool = False, by: Actor, now: dt.datetime) -> DismissedEvent:
    """This event is no time off, now and whenever it is read again; with `whole` none of its series is. What is over stays as it was."""
    calendar = AwayCalendar.objects.select_for_update(of=("self",)).filter(time_off__id=time_off_id).select_related("person").first()
    row = TimeOff.objects.filter(pk=time_off_id).first()
    if row is None:
        raise NotFound(f"There is no time off {time_off_id}. `watchbill timeoff list` shows what there is.", time_off=time_off_id)
    if calendar is None or not row.event:
        raise Refused("That was added by hand: take it back instead.", time_off=time_off_id)
    if row.end <= now:
        raise Refused("That time off is over. The past stays as it was.", time_off=time_off_id)
    if whole and not row.series:
        raise Refused("That is no part of a series in the calendar. Dismiss it alone.", time_off=time_off_id)
    made, _ = DismissedEvent.objects.update_or_create(
        calendar=calendar,
        event=row.series if whole else row.event,
        defaults={"whole": whole, "start": row.start, "end": row.end, "created_by_id": by.person_id, "created_at": now},
    )
    gone = TimeOff.objects.filter(Q(series=made.event) if whole else Q(event=made.event), calendar=calendar, end__gt=now).exclude(event="")
    ends = tuple(Kept(each.id, each.event, each.start, each.end) for each in gone.order_by("start", "id"))
    make_so_in(calendar, Changes((), (), ends), by=by, now=now)
    record_in([_entry("time_off.dismiss", made, calendar)], by=by, now=now)
    bus.board_changed()
    return made


@transaction.atomic(durable=True)
def count_again(dismissed_id: int, *, by: Actor, now: dt.datetime) -> DismissedEvent:
    """It was time off after all: its calendar is read again within a minute."""
    found = DismissedEvent.objects.select_related("calendar__person").filter(pk=dismissed_id).first()
    if found is None:
        raise NotFound(f"Nothing dismissed has the number {dismissed_id}. `watchbill timeoff dismissed` shows what there is.")
    AwayCalendar.objects.filter(pk=found.calendar_id).update(due_at=now, understood_at=None)
    DismissedEvent.objects.filter(pk=found.pk).delete()
    record_in([_entry("time_off.count_again", found, found.calendar)], by=by, now=now)
    bus.board_changed()
    return found


def dismissed_of(person: Person) -> QuerySet[DismissedEvent]:
    """What this person dismissed in their calendars, the next first."""
    return DismissedEvent.objects.filter(calendar__person=person).select_related("calendar__person").order_by("start", "id")


def dismissed_object(row: DismissedEvent) -> dict[str, Any]:
    """One of them as the command line and the API show it."""
    whose = row.calendar.person
    return {
        "id": row.id,
        "person": {"handle": whose.handle, "name": whose.name},
        "calendar": row.calendar.host,
        "start": row.start,
        "end": row.end,
        "series": row.whole,
        "dismissed_at": row.created_at,
    }


def _entry(action: str, row: DismissedEvent, calendar: AwayCalendar) -> Entry:
    spans = {"start": row.start.isoformat(), "end": row.end.isoformat(), "series": row.whole}
    return Entry(action, "time_off", str(row.pk), detail={"person": calendar.person.handle, "calendar": calendar.id, **spans})
