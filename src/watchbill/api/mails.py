"""Shared mailboxes over HTTP: what must be followed up first stands first. Who need not know of a thread hears that it is not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.params.functions import Query
from pydantic import Field

from watchbill.api.access import caller, needs
from watchbill.api.errors import answer
from watchbill.api.lists import LARGEST, person_named
from watchbill.api.shapes import Body, ListOut, Moment, PersonOut, Text, Word
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import Invalid
from watchbill.kernel.quarantine import as_bytes
from watchbill.mailbox.actions import answering, fetching, working
from watchbill.mailbox.describing import describe
from watchbill.mailbox.rules import Act
from watchbill.mailbox.selectors import by_number, search
from watchbill.reports.actions.mailing import report_of_thread

router = Router(tags=["mail"])
read, write, as_it_came = needs("reports:read"), needs("reports:write"), needs("reports:read", bytes_only=True)
View = Literal["open", "mine", "late", "done", "spam", "all"]


class LetterOut(Schema):
    id: int
    at: Moment
    sender: str | None
    to: str | None = Field(description="Of one of ours.")
    outgoing: Literal["waiting", "sent", "failed"] | None
    text: str
    files: list[str] = Field(description="Names of what is attached; it is never opened. The first is number 1.")
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
    report: int | None = Field(description="The report that was made of it.")
    url: str
    letters: list[LetterOut] | None = Field(None, description="In the answer about one thread; lists leave them out.")


class ActIn(Body):
    act: Literal[
        "take", "assign", "answer", "no-action", "complete", "duplicate", "reopen", "spam", "not-spam", "tracked", "link", "report"
    ]
    to: Word = Field("", description="With `assign`: the handle of somebody of the mailbox's team.")
    text: Text = Field("", description="With `answer`: what leaves, as a mail of the team.")
    of: int | None = Field(None, ge=1, description="With `duplicate`: the thread that goes on.")
    address: Text = Field("", description="With `tracked`: of the issue. With `link`: where the list shows the thread.")
    program: Word = Field("", description="With `report`: a programme of the team; its only one when left out.")


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
    """Take it or give it to somebody, answer it, close it, link it, make a report of it, or mark it as spam for everybody."""
    who, number = caller(request), min(id, LARGEST)
    DOES[body.act](number, body, {"person": who.person, "actor": who.actor, "now": database_now()})
    return answer(describe(by_number(who.viewer, number), whole=True))


@router.get("/mail/{int:id}/letters/{int:letter_id}", **as_it_came)
def get_letter(request: HttpRequest, id: int, letter_id: int) -> HttpResponse:  # noqa: A002
    """A mail as it came, as bytes. The audit says who fetched it."""
    who, number = caller(request), min(id, LARGEST)
    found = fetching.fetch(number, min(letter_id, LARGEST), person=who.person, actor=who.actor, now=database_now())
    return as_bytes(f"mail-{number}-{letter_id}.eml", found)


@router.get("/mail/{int:id}/letters/{int:letter_id}/files/{int:which}", **as_it_came)
def get_attachment(request: HttpRequest, id: int, letter_id: int, which: int) -> HttpResponse:  # noqa: A002
    """One thing that is attached to it, as bytes. Written by an outsider, and never opened here."""
    who, number = caller(request), min(id, LARGEST)
    by: dict[str, Any] = {"person": who.person, "actor": who.actor, "now": database_now()}
    return as_bytes(*fetching.fetch_attached(number, min(letter_id, LARGEST), which, **by))


Does = Callable[[int, ActIn, Mapping[str, Any]], object]


def _assign(number: int, body: ActIn, by: Mapping[str, Any]) -> None:
    working.assign(number, person_named(body.to, field="to"), **by)


def _duplicate(number: int, body: ActIn, by: Mapping[str, Any]) -> None:
    if body.of is None:
        raise Invalid("Say which thread goes on: `of` is its number.", field="of")
    working.mark_duplicate(number, min(body.of, LARGEST), **by)


DOES: Mapping[str, Does] = {
    "take": lambda number, _, by: working.take(number, **by),
    "assign": _assign,
    "answer": lambda number, body, by: answering.answer(number, body.text, **by),
    "no-action": lambda number, _, by: working.close(number, Act.NO_ACTION, **by),
    "complete": lambda number, _, by: working.close(number, Act.COMPLETE, **by),
    "duplicate": _duplicate,
    "reopen": lambda number, _, by: working.reopen(number, **by),
    "spam": lambda number, _, by: working.mark_spam(number, **by),
    "not-spam": lambda number, _, by: working.undo_spam(number, **by),
    "tracked": lambda number, body, by: working.mark_tracked(number, body.address, **by),
    "link": lambda number, body, by: working.set_link(number, body.address, **by),
    "report": lambda number, body, by: report_of_thread(number, body.program, **by),
}
