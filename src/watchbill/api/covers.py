"""Requests for cover over HTTP: everybody who could is asked, the first taker has it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router

from watchbill.api.access import Caller, caller, needs
from watchbill.api.errors import answer
from watchbill.api.exchanges import CoverIn, CoverOut
from watchbill.api.lists import cursor_field, entry_id, limit_field
from watchbill.api.shapes import ListOut, Nothing, Word
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import Invalid, NotAllowed, NotFound
from watchbill.response.covering import may_agree_for, may_cover
from watchbill.schedules import actions
from watchbill.schedules.selectors import by_name, cover_by_id, cover_object, covers

router = Router(tags=["schedules"])
read, write = needs("schedules:read"), needs("schedules:write")


@router.get("/covers", response=ListOut[CoverOut], by_alias=True, **read)
def list_covers(request: HttpRequest, cursor: Word = cursor_field(), limit: int = limit_field()) -> HttpResponse:
    """Requests for cover, in the order in which they were made."""
    now, found = database_now(), list(covers().order_by("id").filter(id__gt=entry_id(cursor))[: limit + 1])
    items = [cover_object(row, now=now) for row in found[:limit]]
    return answer({"items": items, "next": str(found[limit - 1].id) if len(found) > limit else None})


@router.post("/covers", response={201: CoverOut}, by_alias=True, **write)
def ask_for_cover(request: HttpRequest, body: CoverIn) -> HttpResponse:
    """Ask everybody who could to stand a watch of mine. It is mine until somebody takes it."""
    who, now = caller(request), database_now()
    try:
        schedule = by_name(body.schedule)
    except NotFound as error:  # it stands in a body, and is no address
        raise Invalid(error.message, field="schedule") from error
    _must_cover(who, schedule.team_id)
    made = actions.ask_for_cover(schedule, body.at, body.reason, person=who.person, by=who.actor, now=now)
    return answer(cover_object(cover_by_id(made.id), now=now), status=201)


@router.get("/covers/{int:id}", response=CoverOut, by_alias=True, **read)
def get_cover(request: HttpRequest, id: int) -> HttpResponse:  # noqa: A002  the address names it so
    """One request."""
    return answer(cover_object(cover_by_id(id), now=database_now()))


@router.post("/covers/{int:id}/take", response=CoverOut, by_alias=True, **write)
def take_cover(request: HttpRequest, id: int, body: Nothing) -> HttpResponse:  # noqa: A002  the same
    """The watch is mine, from its beginning or from now on."""
    who, now = caller(request), database_now()
    _must_cover(who, cover_by_id(id).schedule.team_id)
    actions.take_cover(id, person=who.person, by=who.actor, now=now)
    return answer(cover_object(cover_by_id(id), now=now))


@router.post("/covers/{int:id}/withdraw", response=CoverOut, by_alias=True, **write)
def withdraw_cover(request: HttpRequest, id: int, body: Nothing) -> HttpResponse:  # noqa: A002  the same
    """The watch stays with whoever asked."""
    who, now = caller(request), database_now()
    team_id = cover_by_id(id).schedule.team_id
    _must_cover(who, team_id)
    for_others = may_agree_for(who.viewer, team_id, now=now).allowed
    actions.withdraw_cover(id, person=who.person, by=who.actor, now=now, may_for_others=for_others)
    return answer(cover_object(cover_by_id(id), now=now))


def _must_cover(who: Caller, team_id: int) -> None:
    decision = may_cover(who.viewer, team_id, now=database_now())
    if not decision.allowed:
        raise NotAllowed(decision.why)
