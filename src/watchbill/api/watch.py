"""Who has the watch, over HTTP. The same selectors answer the command line, so both always agree."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.params.functions import Query
from pydantic import Field

from watchbill.api.access import needs
from watchbill.api.errors import answer
from watchbill.api.lists import cursor_field, entry_id, limit_field, moment, time_field
from watchbill.api.shapes import CarriedOut, ListOut, Moment, PersonOut, ReadinessOut, ScheduleOut, ShiftOut, WatchOut, Word
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import Invalid
from watchbill.response.readiness import described
from watchbill.schedules.models import Schedule
from watchbill.schedules.selectors import by_name, history_objects, history_of, shift_objects, who, why_object

router = Router(tags=["schedules"])
LONGEST = dt.timedelta(days=3 * 366)  # of final shifts in one answer


class StandsOut(Schema):
    handle: str
    name: str
    shadow: bool = Field(False, description="True for whoever is only notified along; else it is left out.")


class LayerSaysOut(Schema):
    layer: str
    timezone: str
    shadow: bool
    people: list[PersonOut] = Field(description="By its rotation; nobody when no shift of it runs then.")
    start: Moment | None
    end: Moment | None
    hidden: bool = Field(description="A later layer hides it.")


class ChangedOut(Schema):
    override: int
    kind: str
    source: Literal["override", "swap"]
    person: PersonOut
    replaced: PersonOut | None
    layer: str | None
    start: Moment
    end: Moment
    reason: str
    created_by: str | None
    created_at: Moment
    before: list[StandsOut]
    after: list[StandsOut]


class WhyOut(Schema):
    schedule: str
    at: Moment
    layers: list[LayerSaysOut]
    changes: list[ChangedOut] = Field(description="By hand, in the order in which they were made: later ones win.")
    on_call: list[StandsOut]


@router.get("/oncall", response=ListOut[WatchOut], by_alias=True, **needs("schedules:read"))
def on_call(
    request: HttpRequest,
    schedule: Word = Query("", description="Name; all schedules without it."),
    at: Word = time_field("Now unless said."),
) -> HttpResponse:
    """Who has the watch, until when, and who follows; now unless said."""
    when = moment(at, field="at") if at else database_now()
    ids = [by_name(schedule).id] if schedule else list(_active().values_list("id", flat=True))
    return answer({"items": who(ids, at=when), "next": None})


@router.get("/readiness", response=ListOut[ReadinessOut], by_alias=True, **needs("schedules:read"))
def list_readiness(request: HttpRequest) -> HttpResponse:
    """Can whoever has a watch, or has it next, be woken, and is that proven? The same answer as on the page Now and in `doctor`."""
    return answer({"items": described(at=database_now()), "next": None})


@router.get("/schedules", response=ListOut[ScheduleOut], **needs("schedules:read"))
def list_schedules(request: HttpRequest, cursor: Word = cursor_field(), limit: int = limit_field(200)) -> HttpResponse:
    """All schedules."""
    rows = list(Schedule.objects.filter(is_active=True, id__gt=entry_id(cursor)).select_related("team").order_by("id")[: limit + 1])
    items = [{"name": s.name, "team": s.team.name, "timezone": s.timezone, "combine": s.combine, "hours": s.hours} for s in rows[:limit]]
    return answer({"items": items, "next": str(rows[limit - 1].id) if len(rows) > limit else None})


@router.get("/schedules/{path:name}/shifts", response=ListOut[ShiftOut], **needs("schedules:read"))
def list_shifts(
    request: HttpRequest,
    name: Word,
    from_: Word = Query(..., alias="from", description="The first moment. RFC 3339, with its offset."),
    to: Word = time_field("The moment after the last.", ...),
) -> HttpResponse:
    """The final shifts that touch [from, to), whole, gaps named; three years at most."""
    start, end = moment(from_, field="from"), moment(to, field="to")
    if not start < end <= start + LONGEST:
        raise Invalid("The end, `to`, must be later than `from`, by three years at most.", field="to")
    return answer({"items": shift_objects(by_name(name).id, start, end), "next": None})


@router.get("/schedules/{path:name}/why", response=WhyOut, **needs("schedules:read"))
def tell_why(request: HttpRequest, name: Word, at: Word = time_field("Now unless said.")) -> HttpResponse:
    """Why has somebody the watch then? What each layer says, then what each change by hand made of it."""
    return answer(why_object(by_name(name), moment(at, field="at") if at else database_now()))


@router.get("/schedules/{path:name}/history", response=ListOut[CarriedOut], **needs("schedules:read"))
def list_history(
    request: HttpRequest,
    name: Word,
    from_: Word = Query(..., alias="from", description="The first month, as 2026-03, in the schedule's zone."),
    months: int = Query(6, ge=1, le=36, description="How many."),
    planned: bool = Query(False, description="Also what is to come, as it is planned now."),
) -> HttpResponse:
    """What everybody carried, month by month: the past as it was, the current month until now, or what they will carry."""
    try:
        first = dt.date.fromisoformat(f"{from_}-01")
        if not 1972 <= first.year < 2190:
            raise ValueError(from_)
    except ValueError as error:
        raise Invalid("from: expected a month such as 2026-03.", field="from") from error
    found = by_name(name)
    return answer({"items": history_objects(found, history_of(found, first, months, now=database_now(), planned=planned)), "next": None})


def _active() -> QuerySet[Schedule]:
    return Schedule.objects.filter(is_active=True).order_by("position", "id")
