"""Who does what about an incident, over HTTP: tasks, who takes part, who must hear how it stands. None of it moves who owns it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from watchbill.api.access import caller, needs
from watchbill.api.errors import answer
from watchbill.api.lists import person_named
from watchbill.api.shapes import Body, Line, ListOut, Moment, Nothing, PersonOut, Text, Word
from watchbill.incidents.models import Incident
from watchbill.incidents.selectors import by_number
from watchbill.kernel.clock import database_now
from watchbill.response import actions
from watchbill.response.selectors import describe_participants, describe_stakeholders, describe_tasks

router = Router(tags=["incidents"])
read, write = needs("incidents:read"), needs("incidents:write")


class TaskIn(Body):
    what: Line = Field(description="What there is to do, in 1 to 500 characters.")
    assignee: Word = Field("", description="Handle of whoever does it; nobody's yet when left out.")


class StakeholderIn(Body):
    name: Line = Field(description="A person or a group, as the desk calls it.")
    every_minutes: int | None = Field(None, ge=1, le=44_640, description="How old their last update may be; left out: no promise.")


class ToldIn(Body):
    text: Text = Field(description="What they were told. Watchbill sends nothing: it keeps when they last heard.")


class TaskOut(Schema):
    id: int
    what: str
    assignee: PersonOut | None
    made_by: PersonOut
    made_at: Moment
    done_by: PersonOut | None
    done_at: Moment | None


class ParticipantOut(Schema):
    person: PersonOut
    joined_at: Moment


class StakeholderOut(Schema):
    id: int
    name: str
    every_minutes: int | None
    added_at: Moment
    updated_at: Moment | None = Field(description="When they last heard.")


@router.get("/incidents/{int:number}/tasks", response=ListOut[TaskOut], **read)
def list_tasks(request: HttpRequest, number: int) -> HttpResponse:
    """Its tasks, open and done, in the order in which they were written down."""
    return _listed(describe_tasks(_seen(request, number)))


@router.post("/incidents/{int:number}/tasks", response={201: ListOut[TaskOut]}, **write)
def add_task(request: HttpRequest, number: int, body: TaskIn) -> HttpResponse:
    """Something to do, by anybody. Whoever it is given to is told. The tasks are answered."""
    found, who = _seen(request, number), caller(request)  # first: whoever may not see it learns nothing about handles through it
    assignee = person_named(body.assignee, field="assignee") if body.assignee else None
    actions.add_task(number, body.what, assignee, person=who.person, actor=who.actor, now=database_now())
    return _listed(describe_tasks(found), 201)


@router.post("/incidents/{int:number}/tasks/{int:task_id}/done", response=ListOut[TaskOut], **write)
def end_task(request: HttpRequest, number: int, task_id: int, body: Nothing | None = None) -> HttpResponse:
    """It is done. The tasks are answered."""
    who = caller(request)
    actions.end_task(number, task_id, person=who.person, actor=who.actor, now=database_now())
    return _listed(describe_tasks(_seen(request, number)))


@router.get("/incidents/{int:number}/participants", response=ListOut[ParticipantOut], **read)
def list_participants(request: HttpRequest, number: int) -> HttpResponse:
    """Who takes part without owning it: whoever acted on it, got a task, or handed it over."""
    return _listed(describe_participants(_seen(request, number)))


@router.get("/incidents/{int:number}/stakeholders", response=ListOut[StakeholderOut], **read)
def list_stakeholders(request: HttpRequest, number: int) -> HttpResponse:
    """Who must hear how it stands, and when they last did."""
    return _listed(describe_stakeholders(_seen(request, number)))


@router.post("/incidents/{int:number}/stakeholders", response={201: ListOut[StakeholderOut]}, **write)
def add_stakeholder(request: HttpRequest, number: int, body: StakeholderIn) -> HttpResponse:
    """Somebody who must hear. The stakeholders are answered."""
    who = caller(request)
    actions.add_stakeholder(number, body.name, body.every_minutes, person=who.person, actor=who.actor, now=database_now())
    return _listed(describe_stakeholders(_seen(request, number)), 201)


@router.post("/incidents/{int:number}/stakeholders/told", response=ListOut[StakeholderOut], **write)
def told(request: HttpRequest, number: int, body: ToldIn) -> HttpResponse:
    """All of them were told, in these words. The stakeholders are answered."""
    who = caller(request)
    actions.updated_stakeholders(number, body.text, person=who.person, actor=who.actor, now=database_now())
    return _listed(describe_stakeholders(_seen(request, number)))


@router.post("/incidents/{int:number}/stakeholders/{int:stakeholder_id}/remove", response=ListOut[StakeholderOut], **write)
def remove_stakeholder(request: HttpRequest, number: int, stakeholder_id: int, body: Nothing | None = None) -> HttpResponse:
    """They need not hear any more. The stakeholders are answered."""
    who = caller(request)
    actions.remove_stakeholder(number, stakeholder_id, person=who.person, actor=who.actor, now=database_now())
    return _listed(describe_stakeholders(_seen(request, number)))


def _seen(request: HttpRequest, number: int) -> Incident:
    return by_number(caller(request).viewer, number)


def _listed(items: list[dict[str, object]], status: int = 200) -> HttpResponse:
    return answer({"items": items, "next": None}, status)
