"""Incidents over HTTP: see, open, act. Every act answers the incident as GET would, now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Query

from watchbill.api.access import caller, needs
from watchbill.api.errors import answer
from watchbill.api.lists import cursor_field, entry_id, limit_field, people_named, person_named
from watchbill.api.shapes import (
    AcknowledgeIn,
    AssignIn,
    EntryOut,
    FlowStepIn,
    FlowStepOut,
    IncidentOut,
    ListOut,
    ManagerIn,
    MergeIn,
    NoteIn,
    Nothing,
    OpenIn,
    PagePeopleIn,
    ReasonIn,
    SeverityIn,
    SnoozeIn,
    SplitIn,
    Word,
)
from watchbill.incidents.selectors import Filters, by_number, search, timeline
from watchbill.intake.actions import Which, merge, split
from watchbill.kernel.clock import database_now
from watchbill.response import actions
from watchbill.response.selectors import describe, describe_many, describe_steps

router = Router(tags=["incidents"])
read = {**needs("incidents:read"), "by_alias": True}
write = {**needs("incidents:write"), "by_alias": True}
Status = Literal["open", "all", "triggered", "acknowledged", "resolved"]
FIRST_PAGE = 200  # lines of a timeline in one answer, unless said


@router.get("/incidents", response=ListOut[IncidentOut], **read)
def list_incidents(
    request: HttpRequest,
    status: Status = "open",
    team: Word = "",
    service: Word = "",
    severity: Literal["", "critical", "high", "medium", "low"] = "",
    owner: Word = Query("", description="A handle, or `nobody`."),
    q: Word = Query("", description="Words of the title, or a number. Never finds restricted ones."),
    cursor: Word = cursor_field(),
    limit: int = limit_field(),
) -> HttpResponse:
    """Incidents, the newest first."""
    viewer = caller(request).viewer
    filters = Filters(status=status, team=team, service=service, severity=severity, owner=owner, text=q)
    found = search(viewer, filters, cursor=cursor, limit=limit)
    return answer({"items": describe_many(viewer, found.items), "next": found.next})


@router.post("/incidents", response={201: IncidentOut}, **write)
def open_incident(request: HttpRequest, body: OpenIn) -> HttpResponse:
    """Page a team by hand."""
    who = caller(request)
    incident = actions.page_by_hand(
        body.title, body.service, body.severity, by=who.actor, now=database_now(), urgency=body.urgency, restricted=body.restricted
    )
    return _now(request, incident.number, status=201)


@router.get("/incidents/{int:number}", response=IncidentOut, **read)
def get_incident(request: HttpRequest, number: int) -> HttpResponse:
    """One incident."""
    return _now(request, number)


@router.get("/incidents/{int:number}/timeline", response=ListOut[EntryOut], **read)
def get_timeline(request: HttpRequest, number: int, cursor: Word = cursor_field(), limit: int = limit_field(FIRST_PAGE)) -> HttpResponse:
    """What happened, the oldest first."""
    viewer = caller(request).viewer
    entries = timeline(viewer, by_number(viewer, number), after=entry_id(cursor))
    items = [
        {
            "id": entry.id,
            "at": entry.at,
            "kind": entry.kind,
            "actor": entry.actor and {"handle": entry.actor.handle, "name": entry.actor.name},
            "via": entry.via,
            "text": entry.text,
        }
        for entry in entries[:limit]
    ]
    return answer({"items": items, "next": str(items[-1]["id"]) if len(entries) > limit else None})


@router.post("/incidents/{int:number}/acknowledge", response=IncidentOut, **write)
def acknowledge(request: HttpRequest, number: int, body: AcknowledgeIn | None = None) -> HttpResponse:
    """I have it. When somebody was first, the answer shows who."""
    return _act(request, number, actions.acknowledge, take_over=body.take_over if body else False)


@router.post("/incidents/{int:number}/resolve", response=IncidentOut, **write)
def resolve(request: HttpRequest, number: int, body: Nothing | None = None) -> HttpResponse:
    """It is solved: the incident, its pages, its alerts."""
    return _act(request, number, actions.resolve)


@router.post("/incidents/{int:number}/resolve-page", response=IncidentOut, **write)
def resolve_page(request: HttpRequest, number: int, body: Nothing | None = None) -> HttpResponse:
    """The alarm is silent; the incident stays open until somebody resolves it."""
    return _act(request, number, actions.resolve_page)


@router.post("/incidents/{int:number}/reopen", response=IncidentOut, **write)
def reopen(request: HttpRequest, number: int, body: ReasonIn) -> HttpResponse:
    """It was not solved."""
    return _act(request, number, actions.reopen, reason=body.reason)


@router.post("/incidents/{int:number}/escalate", response=IncidentOut, **write)
def escalate(request: HttpRequest, number: int, body: Nothing | None = None) -> HttpResponse:
    """The next step is paged at once."""
    return _act(request, number, actions.escalate)


@router.post("/incidents/{int:number}/snooze", response=IncidentOut, **write)
def snooze(request: HttpRequest, number: int, body: SnoozeIn) -> HttpResponse:
    """Its owner lets the page sleep, with a reason."""
    return _act(request, number, actions.snooze, until=body.until.astimezone(dt.UTC), reason=body.reason)


@router.post("/incidents/{int:number}/note", response=IncidentOut, **write)
def note(request: HttpRequest, number: int, body: NoteIn) -> HttpResponse:
    """Write something down in the timeline."""
    return _act(request, number, actions.note, text=body.text, kind=body.kind)


@router.post("/incidents/{int:number}/assign", response=IncidentOut, **write)
def assign(request: HttpRequest, number: int, body: AssignIn) -> HttpResponse:
    """Give it to somebody who has not refused it: they are paged instead, or own it after triage."""
    return _act(request, number, actions.assign, to=_reached(request, number, body.to))


@router.post("/incidents/{int:number}/reassign", response=IncidentOut, **write)
def reassign(request: HttpRequest, number: int, body: AssignIn) -> HttpResponse:
    """Before any acknowledgement: somebody else is paged instead."""
    return _act(request, number, actions.reassign, to=_reached(request, number, body.to))


@router.post("/incidents/{int:number}/page", response=IncidentOut, **write)
def page_people(request: HttpRequest, number: int, body: PagePeopleIn) -> HttpResponse:
    """Wake somebody besides."""
    by_number(caller(request).viewer, number)
    return _act(request, number, actions.page_people, to=people_named(body.to, field="to"), reason=body.reason)


@router.post("/incidents/{int:number}/give-back", response=IncidentOut, **write)
def give_back(request: HttpRequest, number: int, body: ReasonIn) -> HttpResponse:
    """Whoever has it cannot go on: it is paged again."""
    return _act(request, number, actions.give_back, reason=body.reason)


@router.post("/incidents/{int:number}/severity", response=IncidentOut, **write)
def set_severity(request: HttpRequest, number: int, body: SeverityIn) -> HttpResponse:
    """Raise it at will, lower it with a reason."""
    return _act(request, number, actions.set_severity, severity=body.severity, reason=body.reason)


@router.post("/incidents/{int:number}/manager", response=IncidentOut, **write)
def manager(request: HttpRequest, number: int, body: ManagerIn) -> HttpResponse:
    """What a manager does on their step: call, page again, page others, or take it."""
    return _act(request, number, actions.manager_step, act=body.act)


@router.post("/incidents/{int:number}/merge", response=IncidentOut, **write)
def merge_into(request: HttpRequest, number: int, body: MergeIn) -> HttpResponse:
    """It is the same problem as another one, which goes on with its alerts, tasks and people; this one is resolved."""
    return _act(request, number, merge, into=body.into)


@router.get("/incidents/{int:number}/steps", response=ListOut[FlowStepOut], **read)
def get_steps(request: HttpRequest, number: int) -> HttpResponse:
    """The decisions of a vulnerability, in order, as far as the answers have opened them."""
    return answer({"items": describe_steps(by_number(caller(request).viewer, number)), "next": None})


@router.post("/incidents/{int:number}/steps", response=ListOut[FlowStepOut], **write)
def answer_step(request: HttpRequest, number: int, body: FlowStepIn) -> HttpResponse:
    """Answer a step, or answer it anew; the answer before stays. The steps are answered."""
    who = caller(request)
    actions.answer_step(number, body.step, body.answer, body.why, person=who.person, actor=who.actor, now=database_now())
    return get_steps(request, number)


@router.post("/incidents/{int:number}/write-again", response=IncidentOut, **write)
def write_again(request: HttpRequest, number: int, body: Nothing | None = None) -> HttpResponse:
    """What could not be written on its issue or in chats is tried again at once."""
    return _act(request, number, actions.write_again)


@router.post("/incidents/{int:number}/split", response={201: IncidentOut}, **write)
def split_off(request: HttpRequest, number: int, body: SplitIn) -> HttpResponse:
    """Alerts of a storm, or of a wrong group, get an incident of their own; it is answered."""
    who = caller(request)
    which = Which(keys=body.keys, field=body.field, value=body.value)
    made = split(number, which, keep=body.keep, person=who.person, actor=who.actor, now=database_now())
    return _now(request, made.number, status=201)


def _act(request: HttpRequest, number: int, act: Callable[..., Any], /, **values: Any) -> HttpResponse:
    who = caller(request)
    act(number, **values, person=who.person, actor=who.actor, now=database_now())
    return _now(request, number)


def _now(request: HttpRequest, number: int, *, status: int = 200) -> HttpResponse:
    viewer = caller(request).viewer
    return answer(describe(viewer, by_number(viewer, number)), status)


def _reached(request: HttpRequest, number: int, handle: str) -> Any:
    """The person; but first the incident: whoever may not see it learns nothing about handles through it."""
    by_number(caller(request).viewer, number)
    return person_named(handle, field="to")
