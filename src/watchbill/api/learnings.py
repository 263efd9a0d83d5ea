"""Learnings over HTTP: one line each, written on the way, and what became of it."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.params.functions import Query
from pydantic import Field

from watchbill.api.access import Caller, caller, needs
from watchbill.api.errors import answer
from watchbill.api.lists import LARGEST, cursor_field, entry_id, limit_field
from watchbill.api.shapes import Body, ListOut, Moment, PersonOut, Word
from watchbill.duties.learnings import actions
from watchbill.duties.learnings.selectors import by_id, describe, learnings
from watchbill.kernel.clock import database_now

router = Router(tags=["learnings"])
read, write = needs("incidents:read"), needs("incidents:write")
Kind = Literal["improvement", "automatable", "question", "risky"]


class LearnIn(Body):
    text: str = Field(max_length=1000, description="One line.")
    kind: Kind
    incident: int | None = Field(None, ge=1, le=LARGEST, description="Number of the incident that it is about.")
    team: Word = Field("", description="For whom. Unless said: the team whose watch its writer has; about an incident its team.")


class CloseIn(Body):
    outcome: str = Field("", max_length=1000, description="What became of it, in a sentence.")
    document: str = Field("", max_length=2000, description="The address of what was changed for it.")


class LearningOut(Schema):
    id: int
    kind: Kind
    text: str
    team: str
    by: PersonOut
    at: Moment
    incident: int | None
    issue: str | None = Field(description="The address of the issue that was made of it.")
    issue_wanted: bool = Field(description="An issue was asked for.")
    closed_at: Moment | None
    outcome: str | None
    document: str | None


@router.get("/learnings", response=ListOut[LearningOut], **read)
def list_learnings(
    request: HttpRequest,
    state: Literal["open", "closed", "all"] = Query("open", description="`closed`: something became of it."),
    kind: Word = Query("", description="improvement, automatable, question or risky."),
    team: Word = Query("", description="Of one team."),
    cursor: Word = cursor_field(),
    limit: int = limit_field(),
) -> HttpResponse:
    """The latest first."""
    rows, before = learnings(caller(request).viewer, state=state, kind=kind, team=team).order_by("-id"), entry_id(cursor)
    found = list((rows.filter(id__lt=before) if before else rows)[: limit + 1])
    return answer({"items": describe(found[:limit]), "next": str(found[limit - 1].id) if len(found) > limit else None})


@router.post("/learnings", response={201: LearningOut}, **write)
def write_learning(request: HttpRequest, body: LearnIn) -> HttpResponse:
    """Write one down. About an incident it also stands in that incident's story."""
    who = caller(request)
    made = actions.learn(body.text, body.kind, body.incident, body.team, person=who.person, actor=who.actor, now=database_now())
    return _now(who, made.id, status=201)


@router.post("/learnings/{int:id}/close", response=LearningOut, **write)
def close_learning(request: HttpRequest, id: int, body: CloseIn) -> HttpResponse:  # noqa: A002  the address names it so
    """Something became of it."""
    who = caller(request)
    actions.close(id, body.outcome, body.document, person=who.person, actor=who.actor, now=database_now())
    return _now(who, id)


def _now(who: Caller, learning_id: int, *, status: int = 200) -> HttpResponse:
    (data,) = describe([by_id(who.viewer, learning_id)])
    return answer(data, status)
