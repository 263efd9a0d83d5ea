"""Threads of shared mailboxes in a terminal: `watchbill mail list | show | take | close | spam | report`."""

from __future__ import annotations

from typing import Annotated

import typer

from watchbill.cli.app import As, Json, app, caller, now, out, printable, say, short, table
from watchbill.kernel.errors import Invalid
from watchbill.mailbox import selectors
from watchbill.mailbox.actions import working
from watchbill.mailbox.describing import describe
from watchbill.mailbox.models import Thread
from watchbill.mailbox.rules import Act
from watchbill.reports.actions.mailing import report_of_thread

mail = typer.Typer(help="Shared mailboxes: what must be followed up first stands first.", no_args_is_help=True)
app.add_typer(mail, name="mail")
Number = Annotated[int, typer.Argument(metavar="N")]
CLOSING = {"no-action": Act.NO_ACTION, "completed": Act.COMPLETE}


@mail.command("list")
def listed(
    view: Annotated[str, typer.Option("--view", help="open, mine, late, done, spam or all.")] = "open",
    text: Annotated[str, typer.Option("--text", help="Words of the subject, a sender, a number.")] = "",
    mailbox: Annotated[str, typer.Option("--mailbox", help="One mailbox alone.")] = "",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Threads that you may know of; at most 50."""
    who = caller(as_, needs="reports:read")
    data = [describe(each) for each in selectors.search(who.viewer(), view=view, text=text, mailbox=mailbox, now=now()).threads]
    cells = [
        [
            d["id"],
            d["state"],
            short(d["due_at"]) if d["due_at"] else "",
            d["accountable"]["handle"] if d["accountable"] else "",
            d["sender"],
            d["subject"],
        ]
        for d in data
    ]
    say(data, as_json=as_json, human=lambda: table(("id", "state", "due", "accountable", "sender", "subject"), cells))


@mail.command("show")
def show(number: Number, as_: As = "", as_json: Json = False) -> None:
    """One thread, with the text of its mails."""
    thread = selectors.by_number(caller(as_, needs="reports:read").viewer(), number)
    data = describe(thread, whole=True)

    def human() -> None:
        out.print(printable(f"{thread}: {thread.subject}"))
        for each in data["letters"]:
            out.print(printable(f"{short(each['at'])}, {each['sender']}"))
            for line in each["text"].splitlines():
                out.print(printable(f"  {line}"))

    say(data, as_json=as_json, human=human)


@mail.command("take")
def take(number: Number, as_: As = "", as_json: Json = False) -> None:
    """You are accountable for it."""
    who = caller(as_, needs="reports:write")
    _said(working.take(number, person=who.person, actor=who.actor, now=now()), "It is yours.", as_json=as_json)


@mail.command("close")
def close(
    number: Number, how: Annotated[str, typer.Argument(metavar="HOW", help="no-action or completed.")], as_: As = "", as_json: Json = False
) -> None:
    """There is nothing to do, or it is done."""
    who = caller(as_, needs="reports:write")
    if how not in CLOSING:
        raise Invalid(f"HOW is {how[:40]!r}; it can be {' or '.join(CLOSING)}.", field="how")
    _said(working.close(number, CLOSING[how], person=who.person, actor=who.actor, now=now()), "It is closed.", as_json=as_json)


@mail.command("spam")
def spam(
    number: Number, undo: Annotated[bool, typer.Option("--undo", help="It was none.")] = False, as_: As = "", as_json: Json = False
) -> None:
    """Gone for everybody; `--undo` takes it back for 14 days."""
    who = caller(as_, needs="reports:write")
    does = working.undo_spam if undo else working.mark_spam
    done = does(number, person=who.person, actor=who.actor, now=now())
    _said(done, "It is there again, for everybody." if undo else "It is spam, and gone for everybody.", as_json=as_json)


@mail.command("report")
def report(
    number: Number,
    program: Annotated[str, typer.Option("--program", help="A programme of the mailbox's team.")] = "",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Make a report of it; its sender is the reporter."""
    who = caller(as_, needs="reports:write")
    made = report_of_thread(number, program, person=who.person, actor=who.actor, now=now())
    data = {"id": made.number, "code_name": made.code_name}
    say(data, as_json=as_json, human=lambda: out.print(printable(f"{made} ({made.code_name}) is here.")))


def _said(thread: Thread, word: str, *, as_json: bool) -> None:
    say(describe(thread), as_json=as_json, human=lambda: out.print(word))
