"""Duties over HTTP: what is asked for now, of whom, how it stands; and the proof of one that has no queue."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field, StrictBool

from watchbill.api.access import caller, needs
from watchbill.api.errors import answer
from watchbill.api.shapes import Body, ListOut, Moment, PersonOut, Text
from watchbill.duties.actions.proving import prove
from watchbill.duties.selectors.due import describe_all, duty_by_id
from watchbill.kernel.clock import database_now

router = Router(tags=["duties"])


class ProofIn(Body):
    text: Text = Field("", description="What was done, in 2000 characters at most.")
    nothing: StrictBool = Field(False, description="There was nothing to do this time.")


class AskedOut(Schema):
    part: int = Field(description="Which of its times in a shift, from 1.")
    start: Moment
    due: Moment
    state: Literal["to come", "open", "overdue", "done", "done late", "unmet", "ended before"]
    person: PersonOut | None = Field(description="The first whose it is; null when nobody has the watch.")
    people: list[PersonOut] = Field(description="Everybody whose it is, of a shared shift more than one. One of them does it.")
    done_by: PersonOut | None
    done_at: Moment | None


class DutyOut(Schema):
    id: int
    name: str
    team: str
    schedule: str
    every: Literal["shift", "day", "business day", "week", "month"]
    times: int
    queue: str | None = Field(description="Which queue is gone through for it: `POST /queues/{queue_id}/pass`.")
    asked: list[AskedOut] = Field(description="The times that it is asked for now.")


@router.get("/duties", response=ListOut[DutyOut], **needs("incidents:read"))
def list_duties(request: HttpRequest) -> HttpResponse:
    """Every duty, with the times that it is asked for now."""
    return _all(request)


@router.post("/duties/{int:duty_id}/prove", response=ListOut[DutyOut], **needs("incidents:write"))
def prove_duty(request: HttpRequest, duty_id: int, body: ProofIn) -> HttpResponse:
    """I did it, or there was nothing to do. One with a queue is done by going through that. The duties are answered."""
    who = caller(request)
    prove(duty_by_id(duty_id), body.text, nothing=body.nothing, person=who.person, actor=who.actor, now=database_now())
    return _all(request)


def _all(request: HttpRequest) -> HttpResponse:
    return answer({"items": describe_all(caller(request).viewer, now=database_now()), "next": None})
