"""Shared mailboxes over HTTP: what must be followed up first stands first. Who need not know of a thread hears that it is not there."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.params.functions import Query
from pydantic import Field

from watchbill.api.access import caller, needs
from watchbill.api.errors import answer
from watchbill.api.lists import LARGEST
from watchbill.api.shapes import Body, ListOut, Moment, PersonOut, Word
from watchbill.kernel.clock import database_now
from watchbill.mailbox.actions import working
from watchbill.mailbox.describing import describe
from watchbill.mailbox.models import Thread
from watchbill.mailbox.rules import Act
from watchbill.mailbox.selectors import by_number, search

router = Router(tags=["mail"])
read, write = needs("reports:read"), needs("reports:write")
View = Literal["open", "mine", "late", "done", "spam", "all"]


class LetterOut(Schema):
    at: Moment
    sender: str | None
    to: str | None = Field(description="Of one of ours.")
    outgoing: Literal["waiting", "sent", "failed"] | None
    text: str
    files: list[str] = Field(description="Names of what is attached; it is never opened.")
    remark: str


class ThreadOut(Schema):
    id: int
    mailbox: str
    subject: str
    sender: str | None
    state: Literal["open", "no_action", "completed", "duplicate", "spam"]
    accountable: PersonOut | None
    taken: bool
    received_at: Moment
    due_at: Moment | None = Field(description="When somebody must have followed it up.")
    issue: str | None
    link: str | None = Field(description="Where its list shows it.")
    url: str
    letters: list[LetterOut] | None = Field(None, description="In the answer about one thread; lists leave them out.")


class ActIn(Body):
    act: Literal["take", "no-action", "complete", "reopen", "spam", "not-spam"]


@router.get("/mail", response=ListOut[ThreadOut], **read)
def list_threads(
    request: HttpRequest,
    view: View = Query("open", description="Spam stands in its own view alone."),
    mailbox: Word = Query("", description="Of one mailbox."),
    text: Word = Query("", description="In the subject or the sender; or a number."),
    cursor: int = Query(1, ge=1, le=200, description="`next` of the page before."),
) -> HttpResponse:
    """Fifty at a time; what must be followed up first stands first."""
    found = search(caller(request).viewer, view=view, mailbox=mailbox, text=text, page=cursor, now=database_now())
    return answer({"items": [describe(each) for each in found.threads], "next": str(found.next) if found.next else None})


@router.get("/mail/{int:id}", response=ThreadOut, **read)
def get_thread(request: HttpRequest, id: int) -> HttpResponse:  # noqa: A002  the address names it so
    """One thread, with the text of its mails."""
    return answer(describe(by_number(caller(request).viewer, min(id, LARGEST)), whole=True))


@router.post("/mail/{int:id}", response=ThreadOut, **write)
def act_on_thread(request: HttpRequest, id: int, body: ActIn) -> HttpResponse:  # noqa: A002
    """Take it, close it, open it again, or mark it as spam for everybody."""
    who, number = caller(request), min(id, LARGEST)
    thread = _done(Act(body.act), number, person=who.person, actor=who.actor, now=database_now())
    return answer(describe(thread, whole=True))


def _done(act: Act, number: int, **by: object) -> Thread:
    if act in working.CLOSING:
        return working.close(number, act, **by)  # type: ignore[arg-type]
    does = {Act.TAKE: working.take, Act.REOPEN: working.reopen, Act.SPAM: working.mark_spam, Act.NOT_SPAM: working.undo_spam}[act]
    return does(number, **by)  # type: ignore[arg-type]
