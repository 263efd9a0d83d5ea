"""What does each form on the page of a thread do? Parses, calls one action, and says what was done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import QueryDict

from watchbill.kernel.errors import Invalid
from watchbill.mailbox.actions import answering, working
from watchbill.mailbox.rules import Act
from watchbill.people.models import Person
from watchbill.reports.actions.mailing import report_of_thread

By = Mapping[str, Any]
Does = Callable[[int, QueryDict, By], str]


def _plain(does: Callable[..., Any], word: str) -> Does:
    def act(number: int, _said: QueryDict, by: By) -> str:
        does(number, **by)
        return word

    return act


def _closed(act: Act, word: str) -> Does:
    def do(number: int, _said: QueryDict, by: By) -> str:
        working.close(number, act, **by)
        return word

    return do


def _addressed(does: Callable[..., Any], word: str) -> Does:
    def act(number: int, said: QueryDict, by: By) -> str:
        does(number, said.get("address", ""), **by)
        return word

    return act


def _assign(number: int, said: QueryDict, by: By) -> str:
    who = Person.objects.filter(handle=said.get("to", "")[:100], is_active=True).first()
    if who is None:
        raise Invalid("Choose somebody.", field="to")
    working.assign(number, who, **by)
    return f"{who.name} is accountable."


def _duplicate(number: int, said: QueryDict, by: By) -> str:
    typed = said.get("duplicate_of", "").strip().upper().removeprefix("M-")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 19):
        raise Invalid(f"{typed[:40]!r} is no number of a thread. Write it as M-1234567.", field="duplicate_of")
    working.mark_duplicate(number, int(typed), **by)
    return "It is marked as a duplicate."


def _report(number: int, said: QueryDict, by: By) -> str:
    made = report_of_thread(number, said.get("program", ""), **by)
    return f"{made} is made of it, under the code name {made.code_name}."


def _answer(number: int, said: QueryDict, by: By) -> str:
    letter = answering.answer(number, said.get("text", ""), **by)
    return f"It leaves in a moment, for {letter.to}."


ACTS: Mapping[str, Does] = {
    "take": _plain(working.take, "It is yours."),
    "assign": _assign,
    "no-action": _closed(Act.NO_ACTION, "No action is needed: it is out of the list."),
    "complete": _closed(Act.COMPLETE, "It is completed."),
    "duplicate": _duplicate,
    "reopen": _plain(working.reopen, "It is open again."),
    "spam": _plain(
        working.mark_spam, "It is spam, and gone for everybody. It stands under the view Spam, and can be taken back for 14 days."
    ),
    "not-spam": _plain(working.undo_spam, "It is there again, for everybody."),
    "tracked": _addressed(working.mark_tracked, "It has the label Tracked."),
    "link": _addressed(working.set_link, "The link of the thread is kept."),
    "report": _report,
    "answer": _answer,
}
