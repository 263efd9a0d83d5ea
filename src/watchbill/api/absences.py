"""Time off over HTTP: one's own, and that of whoever one manages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.params.functions import Query
from pydantic import Field

from watchbill.api.access import Caller, caller, needs
from watchbill.api.errors import answer
from watchbill.api.lists import cursor_field, entry_id, limit_field, person_named
from watchbill.api.shapes import Body, ListOut, Moment, Nothing, PersonOut, Word
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import NotAllowed, NotFound
from watchbill.people.absences import add_time_off, end_time_off
from watchbill.people.calendars import calendar_object, subscribe, unsubscribe
from watchbill.people.dismissing import count_again, dismiss, dismissed_object, dismissed_of
from watchbill.people.models import Person, TimeOff
from watchbill.people.selectors import calendars_of
from watchbill.response.absence import may_keep
from watchbill.schedules.selectors import time_off_objects, time_off_rows

router = Router(tags=["schedules"])


class TimeOffIn(Body):
    person: Word = Field("", description="Handle of somebody whom you manage; you without it.")
    start: Moment = Field(description="The first moment away. RFC 3339.")
    end: Moment = Field(description="The moment at which they are back, within two years. RFC 3339.")
    reason: Word = Field("", description="Seen by them and their managers.")


class ClashOut(Schema):
    """A watch of somebody who is away then."""

    schedule: str
    start: Moment
    end: Moment


class TimeOffOut(Schema):
    id: int
    person: PersonOut
    start: Moment
    end: Moment
    reason: str
    by: str | None = Field(description="Handle of whoever added it; null for the operator at the console, and from a calendar.")
    calendar: str | None = Field(description="Host of the subscribed calendar that says so; null when it was added by hand.")
    clashes: list[ClashOut] = Field(description="Watches to come that it meets and that nobody has taken over.")


class CalendarIn(Body):
    address: Word = Field(description="Its secret address, https. Kept encrypted, and shown to nobody again.")
    everything: bool = Field(False, description="Each of its events counts, not only those whose title says that you are away.")


class CalendarOut(Schema):
    """A calendar that is read for somebody's time off."""

    id: int
    person: PersonOut
    host: str
    everything: bool
    read_at: Moment | None = Field(description="When it last answered.")
    next_at: Moment = Field(description="When it is read again.")
    left_out: int = Field(description="Events that are longer than a year, or have no date that can be read.")
    failures: int = Field(description="How often in a row it could not be read.")
    failing_since: Moment | None
    error: str | None


class DismissIn(Body):
    series: bool = Field(False, description="Each of its series in the calendar, also those still to come.")


class DismissedOut(Schema):
    """An event of your calendar that is no time off."""

    id: int
    person: PersonOut
    calendar: str = Field(description="Its host.")
    start: Moment
    end: Moment
    series: bool = Field(description="Each of its series is dismissed.")
    dismissed_at: Moment


@router.get("/time-off/dismissed", response=ListOut[DismissedOut], **needs("schedules:read"))
def list_dismissed(request: HttpRequest) -> HttpResponse:
    """What you dismissed in your calendars."""
    return answer({"items": [dismissed_object(row) for row in dismissed_of(caller(request).person)], "next": None})


@router.post("/time-off/dismissed/{int:id}/end", response=DismissedOut, **needs("schedules:write"))
def end_dismissed(request: HttpRequest, id: int, body: Nothing) -> HttpResponse:  # noqa: A002  the address names it so
    """It is time off after all, and counts when the calendar is read again, within a minute."""
    who, now = caller(request), database_now()
    if id not in {row.id for row in dismissed_of(who.person)}:
        raise NotFound("You dismissed no such event.")
    return answer({**dismissed_object(count_again(id, by=who.actor, now=now)), "id": id})


@router.post("/time-off/{int:id}/dismiss", response=DismissedOut, **needs("schedules:write"))
def dismiss_one(request: HttpRequest, id: int, body: DismissIn) -> HttpResponse:  # noqa: A002  the address names it so
    """What your calendar calls time off is none: it is gone, and stays so. Only your own."""
    who, now = caller(request), database_now()
    if not TimeOff.objects.filter(pk=id, person=who.person).exists():
        raise NotFound("There is no such time off of yours.")
    return answer(dismissed_object(dismiss(id, whole=body.series, by=who.actor, now=now)))


@router.get("/time-off/calendars", response=ListOut[CalendarOut], **needs("schedules:read"))
def list_calendars(request: HttpRequest) -> HttpResponse:
    """The calendars that are read for your time off."""
    items = [calendar_object(row) for row in calendars_of(caller(request).person)]
    return answer({"items": items, "next": None})


@router.post("/time-off/calendars", response={201: CalendarOut}, **needs("schedules:write"))
def subscribe_to(request: HttpRequest, body: CalendarIn) -> HttpResponse:
    """Have your time off read from a calendar, within a minute and then every hour. Watches that it meets are told to you."""
    who, now = caller(request), database_now()
    made = subscribe(who.person, body.address, everything=body.everything, by=who.actor, now=now)
    return answer(calendar_object(made), 201)


@router.post("/time-off/calendars/{int:id}/end", response=CalendarOut, **needs("schedules:write"))
def unsubscribe_from(request: HttpRequest, id: int, body: Nothing) -> HttpResponse:  # noqa: A002  the address names it so
    """Read it no more: its time off that has not begun is gone, what runs ends now."""
    who, now = caller(request), database_now()
    if id not in {row.id for row in calendars_of(who.person)}:
        raise NotFound("There is no such calendar.")
    return answer(calendar_object(unsubscribe(id, by=who.actor, now=now)))


@router.get("/time-off", response=ListOut[TimeOffOut], **needs("schedules:read"))
def list_time_off(
    request: HttpRequest,
    person: Word = Query("", description="Handle of somebody whom you manage; your own without it."),
    cursor: Word = cursor_field(),
    limit: int = limit_field(),
) -> HttpResponse:
    """Time off that runs or is to come, in the order in which it was added, each with the watches that it meets."""
    who, now = caller(request), database_now()
    whose = _whose(who, person)
    rows = time_off_rows().filter(person=whose, end__gt=now, id__gt=entry_id(cursor)).order_by("id")
    found = list(rows[: limit + 1])
    items = time_off_objects(found[:limit], now=now)
    return answer({"items": items, "next": str(found[limit - 1].id) if len(found) > limit else None})


@router.post("/time-off", response={201: TimeOffOut}, **needs("schedules:write"))
def add(request: HttpRequest, body: TimeOffIn) -> HttpResponse:
    """Be away. The answer names the watches that this meets: find somebody who takes them."""
    who, now = caller(request), database_now()
    made = add_time_off(_whose(who, body.person), body.start, body.end, body.reason, by=who.actor, now=now)
    return answer(time_off_objects([made], now=now)[0], 201)


@router.post("/time-off/{int:id}/end", response=TimeOffOut, **needs("schedules:write"))
def end(request: HttpRequest, id: int, body: Nothing) -> HttpResponse:  # noqa: A002  the address names it so
    """Work after all: what has not begun is gone, what runs ends now."""
    who, now = caller(request), database_now()
    row = TimeOff.objects.select_related("person").filter(pk=id).first()
    if row is None or not may_keep(who.viewer, row.person, now=now).allowed:
        raise NotFound("There is no such time off.")
    return answer(time_off_objects([end_time_off(id, by=who.actor, now=now)], now=now)[0])


def _whose(who: Caller, handle: str) -> Person:
    if not handle:
        return who.person
    whose = person_named(handle, field="person")
    decision = may_keep(who.viewer, whose, now=database_now())
    if not decision.allowed:
        raise NotAllowed(decision.why)
    return whose
