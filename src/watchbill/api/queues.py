"""Queues over HTTP: what waits, what is new; take an item, give it back, say that it is done, make it an incident."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field, StrictBool, StrictInt

from watchbill.api.access import caller, needs
from watchbill.api.errors import answer
from watchbill.api.shapes import Body, IncidentOut, ListOut, Moment, Nothing, PersonOut, ReasonIn, Severity, Text, Word
from watchbill.duties.actions import items
from watchbill.duties.actions.proving import record_pass
from watchbill.duties.requests.actions import Found, decide_on
from watchbill.duties.requests.actions import answer as keep_answers
from watchbill.duties.requests.selectors import describe as describe_request
from watchbill.duties.requests.selectors import request_in
from watchbill.duties.selectors.queues import describe_listed, describe_summary, list_queue, queue_by_id, summaries
from watchbill.incidents.selectors import by_number
from watchbill.kernel.clock import database_now
from watchbill.response.selectors import describe

router = Router(tags=["queues"])
read, write = needs("incidents:read"), needs("incidents:write")


class PassIn(Body):
    note: Text = Field("", description="What whoever went through it noticed, in 2000 characters at most.")


class PromoteIn(Body):
    service: Word = Field(description="A service of the queue's team.")
    severity: Severity
    title: Word = Field("", description="Of the incident; the item's own when left out.")
    page: StrictBool = Field(False, description="Wake the team. Otherwise it is yours, and nobody is woken.")
    restricted: StrictBool | None = Field(None, description="Need to know; as confidential as the item when left out.")


class PassOut(Schema):
    person: PersonOut
    at: Moment
    note: str


class QueueOut(Schema):
    id: int
    name: str
    team: str
    items: int
    new: int = Field(description="Came since somebody last went through it.")
    mine: int
    last_pass: PassOut | None


class ItemOut(Schema):
    id: int
    name: str = Field(description="Project and number, as the tracker calls it.")
    title: str
    url: str
    severity: str = Field(description="By its labels; empty when they say none.")
    labels: list[str]
    state: str
    confidential: bool
    created_at: Moment
    new: bool
    taken_by: PersonOut | None
    taken_at: Moment | None
    incident: int | None = Field(description="The incident whose tracking issue it is, as far as you may see that.")


class ListedOut(Schema):
    id: int
    name: str
    team: str
    items: list[ItemOut]
    more: bool = Field(description="There are more than are shown.")
    last_pass: PassOut | None


class AnswerIn(Body):
    number: StrictInt = Field(ge=1, description="Place of the criterion in the checklist, from 1.")
    word: Literal["met", "not_met", "unclear"]
    note: Text = Field("", description="What shows it, or a link.")


class AnswersIn(Body):
    answers: list[AnswerIn] = Field(min_length=1, max_length=100)


class DecisionIn(Body):
    verdict: Literal["accept", "decline", "ask"]
    reason: Text = Field("", description="Why; what the applicant is asked for; or why it is accepted though a criterion is not met.")
    vouched: str = Field("", max_length=300, description="Who vouches for them; needed to accept.")


class CriterionOut(Schema):
    number: int
    criterion: str
    word: Literal["met", "not_met", "unclear"] | None
    note: str
    by: PersonOut | None
    at: Moment | None
    asked: bool = Field(description="The file asks for it in this wording now.")


class DecisionOut(Schema):
    verdict: Literal["accept", "decline", "ask"]
    reason: str
    vouched: str
    by: PersonOut
    at: Moment


class RequestOut(Schema):
    id: int
    name: str
    title: str
    url: str
    criteria: list[CriterionOut]
    summary: str
    decision: DecisionOut | None = Field(description="The latest.")
    waits_since: Moment | None
    due_at: Moment | None = Field(description="When somebody must have decided or asked; null: nobody waits.")
    late: bool


@router.get("/queues", response=ListOut[QueueOut], **read)
def list_queues(request: HttpRequest) -> HttpResponse:
    """Every queue in a line."""
    return answer({"items": [describe_summary(each) for each in summaries(caller(request).viewer)], "next": None})


@router.get("/queues/{int:queue_id}", response=ListedOut, **read)
def get_queue(request: HttpRequest, queue_id: int) -> HttpResponse:
    """One queue with what waits in it, new items first."""
    return answer(describe_listed(list_queue(caller(request).viewer, queue_by_id(queue_id))))


@router.post("/queues/{int:queue_id}/pass", response=ListedOut, **write)
def gone_through(request: HttpRequest, queue_id: int, body: PassIn) -> HttpResponse:
    """I went through it: what comes from now on is new."""
    who = caller(request)
    record_pass(queue_by_id(queue_id), body.note, person=who.person, actor=who.actor, now=database_now())
    return get_queue(request, queue_id)


@router.post("/queues/{int:queue_id}/items/{int:issue_id}/take", response=ListedOut, **write)
def take(request: HttpRequest, queue_id: int, issue_id: int, body: Nothing | None = None) -> HttpResponse:
    """It is mine until it is done. The queue is answered."""
    return _act(request, queue_id, issue_id, items.take)


@router.post("/queues/{int:queue_id}/items/{int:issue_id}/give-back", response=ListedOut, **write)
def give_back(request: HttpRequest, queue_id: int, issue_id: int, body: ReasonIn) -> HttpResponse:
    """Somebody else may take it; the managers of the team read why. The queue is answered."""
    return _act(request, queue_id, issue_id, items.give_back, reason=body.reason)


@router.post("/queues/{int:queue_id}/items/{int:issue_id}/done", response=ListedOut, **write)
def finish(request: HttpRequest, queue_id: int, issue_id: int, body: Nothing | None = None) -> HttpResponse:
    """It is done, whether the tracker says so or not. The queue is answered."""
    return _act(request, queue_id, issue_id, items.finish)


@router.post("/queues/{int:queue_id}/items/{int:issue_id}/promote", response={201: IncidentOut}, by_alias=True, **write)
def promote(request: HttpRequest, queue_id: int, issue_id: int, body: PromoteIn) -> HttpResponse:
    """It becomes an incident, whose tracking issue it is; the incident is answered."""
    who = caller(request)
    wanted = items.Promotion(body.service, body.severity, body.title, body.page, body.restricted)
    made = items.promote(queue_by_id(queue_id), issue_id, wanted, person=who.person, actor=who.actor, now=database_now())
    return answer(describe(who.viewer, by_number(who.viewer, made.number)), 201)


@router.get("/queues/{int:queue_id}/items/{int:issue_id}", response=RequestOut, **read)
def get_request(request: HttpRequest, queue_id: int, issue_id: int) -> HttpResponse:
    """An item of a queue that has criteria: what was found of each, the decision, and since when the applicant waits."""
    found = queue_by_id(queue_id)
    issue = request_in(caller(request).viewer, found, issue_id)
    return answer(describe_request(found, issue, now=database_now()))


@router.post("/queues/{int:queue_id}/items/{int:issue_id}/answer", response=RequestOut, **write)
def answer_request(request: HttpRequest, queue_id: int, issue_id: int, body: AnswersIn) -> HttpResponse:
    """Say what was found of some of its criteria. What is as before is not written again."""
    who, found = caller(request), queue_by_id(queue_id)
    given = [Found(each.number, each.word, each.note) for each in body.answers]
    keep_answers(found, issue_id, given, person=who.person, actor=who.actor, now=database_now())
    return get_request(request, queue_id, issue_id)


@router.post("/queues/{int:queue_id}/items/{int:issue_id}/decide", response=RequestOut, **write)
def decide_request(request: HttpRequest, queue_id: int, issue_id: int, body: DecisionIn) -> HttpResponse:
    """Accept it, decline it, or note that the applicant was asked for more: then its clock stands still until they write."""
    who, found = caller(request), queue_by_id(queue_id)
    by: dict[str, Any] = {"person": who.person, "actor": who.actor, "now": database_now()}
    decide_on(found, issue_id, body.verdict, body.reason, vouched=body.vouched, **by)
    return get_request(request, queue_id, issue_id)


def _act(request: HttpRequest, queue_id: int, issue_id: int, act: Callable[..., Any], /, **values: Any) -> HttpResponse:
    who = caller(request)
    act(queue_by_id(queue_id), issue_id, **values, person=who.person, actor=who.actor, now=database_now())
    return get_queue(request, queue_id)
