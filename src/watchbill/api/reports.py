"""Vulnerability reports over HTTP: what breaks its promise first stands first. Who need not know of one hears that it is not there."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.params.functions import Query
from pydantic import Field

from watchbill.api.access import caller, needs
from watchbill.api.errors import answer
from watchbill.api.lists import LARGEST, cursor_field, limit_field
from watchbill.api.shapes import Body, Line, ListOut, Moment, PersonOut, Word
from watchbill.connectors.platform.files import fetch
from watchbill.kernel.clock import database_now
from watchbill.kernel.quarantine import as_bytes
from watchbill.reports.actions.making import NewReport, make
from watchbill.reports.selectors.describing import describe
from watchbill.reports.selectors.listing import Filters, search
from watchbill.reports.selectors.seeing import by_number

router = Router(tags=["reports"])
read, write, as_it_came = needs("reports:read"), needs("reports:write"), needs("reports:read", bytes_only=True)
Source = Literal["hand", "form", "mail", "hackerone", "github"]
View = Literal[
    "open", "mine", "broken", "waiting", "violations", "bounty", "resolution", "disclosure", "pending_disclosure", "secret", "closed", "all"
]


class ReportIn(Body):
    title: Line = Field(description="What it is about, on one line.")
    body: str = Field(min_length=1, max_length=200_000, description="What was reported, as it was.")
    program: Word = Field(description="A programme of the configuration file.")
    reporter: str = Field("", max_length=254, description="Who found it: a mail address, or a name.")
    source: Source = Field("hand", description="Where it came from.")
    external_id: Word = Field("", description="What its source calls it. It is here once.")
    weakness: Word = Field("", description="Such as CWE-22.")
    asset: str = Field("", max_length=300)


class PromiseOut(Schema):
    promise: str
    at: Moment


class SecretOut(Schema):
    reason: str
    review_on: str
    until: str | None


class FileOut(Schema):
    id: str
    name: str
    size: int = Field(description="In bytes; 0: not known.")


class ReportOut(Schema):
    id: int
    code_name: str
    title: str
    body: str | None = Field(None, description="In the answer about one report; lists leave it out.")
    files: list[FileOut] | None = Field(None, description="What is attached on its platform; likewise. Of a mail: by its thread.")
    program: str
    team: str
    state: str
    source: Source
    external_id: str | None
    reporter: str | None
    accountable: PersonOut | None
    severity: Literal["critical", "high", "medium", "low"] | None
    score: float | None
    vector: str | None
    tier: str | None
    weakness: str | None
    asset: str | None
    tracking: str | None = Field(description="The address of its tracking issue.")
    tracked: bool = Field(description="It has one, or one is being made.")
    incident: int | None
    duplicate_of: int | None
    bounty: Literal["none", "proposed", "approved", "sending", "unknown", "awarded", "ineligible"] = Field(
        description="unknown: sent to the platform, without an answer, and not found there."
    )
    received_at: Moment
    answered_at: Moment | None
    triaged_at: Moment | None
    closed_at: Moment | None
    embargo_on: str | None
    announcement: str | None = Field(description="Where the public reads of it.")
    do_not_disclose: SecretOut | None = Field(description="It must not become public, and why.")
    disclosure_asked_at: Moment | None
    disclosed_at: Moment | None
    due: PromiseOut | None = Field(description="The promise that breaks first.")
    url: str


@router.get("/reports", response=ListOut[ReportOut], **read)
def list_reports(
    request: HttpRequest,
    view: View = Query("open", description="A saved view."),
    state: Word = Query("", description="One state alone."),
    severity: Word = Query("", description="critical, high, medium, low, or none."),
    source: Word = Query("", description="hand, form, mail, hackerone or github."),
    program: Word = Query("", description="Of one programme."),
    accountable: Word = Query("", description="A handle."),
    text: Word = Query("", description="In the title, the reporter, the asset; or a number, code name, weakness."),
    cursor: str = cursor_field(),
    limit: int = limit_field(),
) -> HttpResponse:
    """What breaks its promise first stands first."""
    filters = Filters(view, state, severity, source, program, accountable, text)
    viewer = caller(request).viewer
    found = search(viewer, filters, now=database_now(), cursor=cursor, limit=limit)
    return answer({"items": describe(viewer, found.items), "next": found.next})


@router.post("/reports", response={201: ReportOut}, **write)
def make_report(request: HttpRequest, body: ReportIn) -> HttpResponse:
    """Write one down that came by a way of its own. Whoever has the watch is accountable from now on."""
    who = caller(request)
    made = make(NewReport(**body.dict()), person=who.person, actor=who.actor, now=database_now())
    (data,) = describe(who.viewer, [made], whole=True)
    return answer(data, 201)


@router.get("/reports/{int:id}", response=ReportOut, **read)
def get_report(request: HttpRequest, id: int) -> HttpResponse:  # noqa: A002  the address names it so
    """One report, as a whole."""
    viewer = caller(request).viewer
    (data,) = describe(viewer, [by_number(viewer, min(id, LARGEST))], whole=True)
    return answer(data)


@router.get("/reports/{int:id}/files/{slug:file_id}", **as_it_came)
def get_file(request: HttpRequest, id: int, file_id: str) -> HttpResponse:  # noqa: A002
    """A file that is attached on the platform, fetched there now, as bytes. Written by an outsider, and never opened here."""
    who = caller(request)
    return as_bytes(*fetch(who.viewer, min(id, LARGEST), file_id, actor=who.actor, now=database_now()))
