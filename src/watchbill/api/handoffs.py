"""Hand-offs over HTTP: offer what I have, read back and accept, decline, withdraw. Nothing moves before the other accepts."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from ninja import Router

from watchbill.api.access import caller, needs
from watchbill.api.errors import answer
from watchbill.api.handing import AcceptIn, DeclineIn, HandoffIn, HandoffOut, KeepIn
from watchbill.api.lists import person_named
from watchbill.api.shapes import IncidentOut, Nothing
from watchbill.handoff import actions
from watchbill.handoff.actions.recording import write_again
from watchbill.handoff.selectors import by_id, describe
from watchbill.incidents.selectors import by_number
from watchbill.kernel.clock import database_now
from watchbill.response.selectors import describe as describe_incident

router = Router(tags=["incidents"])
read, write = needs("incidents:read"), needs("incidents:write")


@router.post("/incidents/{int:number}/handoff", response={201: HandoffOut}, by_alias=True, **write)
def offer(request: HttpRequest, number: int, body: HandoffIn) -> HttpResponse:
    """Offer it to somebody. I have it until they accept."""
    who = caller(request)
    by_number(who.viewer, number)  # first: whoever may not see it learns nothing about handles through it
    returns_at = body.returns_at.astimezone(dt.UTC) if body.returns_at else None
    wanted = actions.Wanted(person_named(body.to, field="to"), body.words(), body.kind, returns_at)
    made = actions.offer(number, wanted, person=who.person, actor=who.actor, now=database_now())
    return _now(request, made.id, status=201)


@router.post("/incidents/{int:number}/keep", response=IncidentOut, by_alias=True, **write)
def keep(request: HttpRequest, number: int, body: KeepIn) -> HttpResponse:
    """I keep it beyond my watch; when that time has come I am asked again."""
    who = caller(request)
    until = body.until.astimezone(dt.UTC) if body.until else None
    actions.keep(number, until, person=who.person, actor=who.actor, now=database_now())
    return answer(describe_incident(who.viewer, by_number(who.viewer, number)))


@router.get("/handoffs/{int:id}", response=HandoffOut, by_alias=True, **read)
def get_handoff(request: HttpRequest, id: int) -> HttpResponse:  # noqa: A002  the address names it so
    """One hand-off."""
    return _now(request, id)


@router.post("/handoffs/{int:id}/accept", response=HandoffOut, by_alias=True, **write)
def accept(request: HttpRequest, id: int, body: AcceptIn) -> HttpResponse:  # noqa: A002  the same
    """I have read it, this is what I understood, I have it."""
    who = caller(request)
    actions.accept(id, body.readback, person=who.person, actor=who.actor, now=database_now())
    return _now(request, id)


@router.post("/handoffs/{int:id}/decline", response=HandoffOut, by_alias=True, **write)
def decline(request: HttpRequest, id: int, body: DeclineIn) -> HttpResponse:  # noqa: A002  the same
    """No, and why. The owner stays."""
    who = caller(request)
    actions.decline(id, body.why, person=who.person, actor=who.actor, now=database_now())
    return _now(request, id)


@router.post("/handoffs/{int:id}/withdraw", response=HandoffOut, by_alias=True, **write)
def withdraw(request: HttpRequest, id: int, body: Nothing | None = None) -> HttpResponse:  # noqa: A002  the same
    """I take my offer back; nothing has moved."""
    who = caller(request)
    actions.withdraw(id, person=who.person, actor=who.actor, now=database_now())
    return _now(request, id)


@router.post("/handoffs/{int:id}/write-again", response=HandoffOut, by_alias=True, **write)
def rewrite(request: HttpRequest, id: int, body: Nothing | None = None) -> HttpResponse:  # noqa: A002  the same
    """What of it could not be written outside is tried again at once."""
    who = caller(request)
    write_again(id, person=who.person, actor=who.actor, now=database_now())
    return _now(request, id)


def _now(request: HttpRequest, handoff_id: int, *, status: int = 200) -> HttpResponse:
    return answer(describe(by_id(caller(request).viewer, handoff_id)), status)
