"""Swaps over HTTP: two watches change hands, both or neither, once the other agrees."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Query

from watchbill.api.access import Caller, caller, needs
from watchbill.api.errors import answer
from watchbill.api.exchanges import DeclineSwapIn, SwapIn, SwapOut
from watchbill.api.lists import cursor_field, entry_id, limit_field, person_named
from watchbill.api.shapes import ListOut, Nothing, Word
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import Invalid, NotAllowed, NotFound
from watchbill.response.covering import may_agree_for, may_cover
from watchbill.schedules import actions
from watchbill.schedules.models import Schedule, Swap
from watchbill.schedules.selectors import by_name, swap_by_id, swap_object, swap_objects, swaps, swaps_with

router = Router(tags=["schedules"])
read, write = needs("schedules:read"), needs("schedules:write")


@router.get("/swaps", response=ListOut[SwapOut], by_alias=True, **read)
def list_swaps(
    request: HttpRequest,
    mine: bool = Query(False, description="Only those that I offered or was offered."),
    cursor: Word = cursor_field(),
    limit: int = limit_field(),
) -> HttpResponse:
    """Swaps, in the order in which they were offered."""
    rows = swaps_with(caller(request).person) if mine else swaps()
    found = list(rows.order_by("id").filter(id__gt=entry_id(cursor))[: limit + 1])
    items = swap_objects(found[:limit], now=database_now())
    return answer({"items": items, "next": str(found[limit - 1].id) if len(found) > limit else None})


@router.post("/swaps", response={201: SwapOut}, by_alias=True, **write)
def offer_swap(request: HttpRequest, body: SwapIn) -> HttpResponse:
    """Ask somebody to exchange a watch with me. Nothing changes before they accept."""
    who, now = caller(request), database_now()
    give, take = _schedule(body.give.schedule, "give"), _schedule(body.take.schedule, "take")
    for each in (give, take):
        _allowed(who, each.team_id)
    wanted = actions.Offer(person_named(body.to, field="to"), give, body.give.at, take, body.take.at, body.reason)
    made = actions.offer_swap(wanted, person=who.person, by=who.actor, now=now)
    return answer(swap_object(swap_by_id(made.id), now=now), status=201)


@router.get("/swaps/{int:id}", response=SwapOut, by_alias=True, **read)
def get_swap(request: HttpRequest, id: int) -> HttpResponse:  # noqa: A002  the address names it so
    """One swap."""
    return answer(swap_object(swap_by_id(id), now=database_now()))


@router.post("/swaps/{int:id}/accept", response=SwapOut, by_alias=True, **write)
def accept_swap(request: HttpRequest, id: int, body: Nothing) -> HttpResponse:  # noqa: A002  the same
    """Both watches change hands now. A manager may accept for the other."""
    return _act(caller(request), id, actions.accept_swap)


@router.post("/swaps/{int:id}/decline", response=SwapOut, by_alias=True, **write)
def decline_swap(request: HttpRequest, id: int, body: DeclineSwapIn) -> HttpResponse:  # noqa: A002  the same
    """No. Nothing changes."""
    return _act(caller(request), id, partial(actions.decline_swap, why=body.why))


@router.post("/swaps/{int:id}/withdraw", response=SwapOut, by_alias=True, **write)
def withdraw_swap(request: HttpRequest, id: int, body: Nothing) -> HttpResponse:  # noqa: A002  the same
    """Take my offer back."""
    return _act(caller(request), id, actions.withdraw_swap)


@router.post("/swaps/{int:id}/undo", response=SwapOut, by_alias=True, **write)
def undo_swap(request: HttpRequest, id: int, body: Nothing) -> HttpResponse:  # noqa: A002  the same
    """Both watches go back, until one of them begins."""
    return _act(caller(request), id, actions.undo_swap)


def _act(who: Caller, swap_id: int, act: Callable[..., Swap]) -> HttpResponse:
    found, now = swap_by_id(swap_id), database_now()
    teams = {found.given_schedule.team_id, found.taken_schedule.team_id}
    for team_id in teams:
        _allowed(who, team_id)
    for_others = all(may_agree_for(who.viewer, team_id, now=now).allowed for team_id in teams)
    act(swap_id, person=who.person, by=who.actor, now=now, may_for_others=for_others)
    return answer(swap_object(swap_by_id(swap_id), now=now))


def _allowed(who: Caller, team_id: int) -> None:
    decision = may_cover(who.viewer, team_id, now=database_now())
    if not decision.allowed:
        raise NotAllowed(decision.why)


def _schedule(name: str, field: str) -> Schedule:
    """It stands in a body, and is no address."""
    try:
        return by_name(name)
    except NotFound as error:
        raise Invalid(error.message, field=field) from error
