"""A watch over HTTP: what must be done, what was done, what is left. The same answer as on its page and on the command line."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.params.functions import Query
from pydantic import Field

from watchbill.api.access import caller, needs
from watchbill.api.errors import answer
from watchbill.api.learnings import LearningOut
from watchbill.api.lists import moment, time_field
from watchbill.api.shapes import ListOut, Moment, PersonOut, Word
from watchbill.handoff.selectors.shift import Watch, account_of
from watchbill.handoff.selectors.shift_asked import active_person, active_team, of_person, of_team
from watchbill.handoff.selectors.shift_object import described
from watchbill.kernel.clock import database_now
from watchbill.people.models import Person
from watchbill.people.rules import zone_of

router = Router(tags=["shift"])


class WatchNamedOut(Schema):
    number: int
    title: str = Field(description="Of a restricted one its code name.")
    severity: str
    restricted: bool


class WatchOwedOut(Schema):
    name: str
    state: str = Field(description="As `state` of `GET /duties`.")
    detail: str


class WatchHandedOut(Schema):
    id: int
    incident: int
    from_: PersonOut = Field(alias="from")
    to: PersonOut | None
    state: str


class WatchTaskOut(Schema):
    id: int
    incident: int
    what: str
    due_on: dt.date | None


class WatchItemOut(Schema):
    item: str
    title: str
    queue: str
    taken_at: Moment


class WatchLeftOut(Schema):
    incident: WatchNamedOut
    decided: str = Field(description="Kept, offered, given to act, or still to be decided.")
    detail: str


class WatchOwnedOut(Schema):
    incident: WatchNamedOut
    since: Moment
    until: Moment | None


class WatchAnsweredOut(Schema):
    incident: WatchNamedOut
    at: Moment


class WatchPassOut(Schema):
    queue: str
    at: Moment
    note: str


class WatchNoteOut(Schema):
    incident: int
    at: Moment
    text: str


class WatchNumbersOut(Schema):
    pages: int
    at_night: int
    acknowledged: int
    median_seconds: int | None
    worst_seconds: int | None


class WatchAccountOut(Schema):
    person: PersonOut
    schedule: str | None = Field(description="Null: they have no watch, and had none lately. What they must do stands here all the same.")
    team: str | None
    start: Moment | None
    end: Moment | None
    state: Literal["running", "over", "to come", "none"]
    duties: list[WatchOwedOut]
    offered: list[WatchHandedOut] = Field(description="Hand-offs that wait for their answer.")
    tasks: list[WatchTaskOut]
    items: list[WatchItemOut] = Field(description="Of queues: theirs until they are done.")
    left: list[WatchLeftOut] = Field(description="Open incidents that they have.")
    owned: list[WatchOwnedOut]
    answered: list[WatchAnsweredOut]
    passes: list[WatchPassOut]
    notes: list[WatchNoteOut]
    learnings: list[LearningOut]
    handed: list[WatchHandedOut]
    items_done: list[WatchItemOut]
    tasks_done: list[WatchTaskOut]
    numbers: WatchNumbersOut


@router.get("/shift", response=ListOut[WatchAccountOut], by_alias=True, **needs("incidents:read"))
def get_shift(
    request: HttpRequest,
    person: Word = Query("", description="Handle; unless said you, or with `team` everybody who has its watch."),
    team: Word = Query("", description="The watch of this team."),
    at: Word = time_field("A moment in it; now unless said."),
) -> HttpResponse:
    """A watch as you may see it: your own, and those of teams that you manage."""
    who, now = caller(request), database_now()
    when = moment(at, field="at") if at else None
    found: list[tuple[Person, Watch | None]] = []
    if person or not team:
        whose = active_person(person) if person not in ("", who.person.handle) else who.person
        found.append((whose, of_person(who.viewer, whose, now=now, at=when, team_id=active_team(team).pk if team else None)[0]))
    else:
        found += of_team(who.viewer, active_team(team), now=now, at=when)
    rows = [account_of(who.viewer, whose, watch, now=now, zone=zone_of(whose.timezone)) for whose, watch in found]
    return answer({"items": [described(row, now=now) for row in rows], "next": None})
