"""Threads of shared mailboxes in a terminal: `watchbill mail ...`, from taking one to making a report of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from watchbill.cli.app import As, Json, app, caller, now, out, printable, say, short, table
from watchbill.cli.fetched import keep
from watchbill.cli.people import somebody
from watchbill.kernel.errors import Invalid
from watchbill.mailbox import selectors
from watchbill.mailbox.actions import answering, fetching, working
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
            out.print(printable(f"{each['id']}, {short(each['at'])}, {each['sender']}"))
            for line in each["text"].splitlines():
                out.print(printable(f"  {line}"))
            for which, name in enumerate(each["files"], 1):
                out.print(printable(f"  attached {which}: {name}"))

    say(data, as_json=as_json, human=human)


@mail.command("take")
def take(number: Number, as_: As = "", as_json: Json = False) -> None:
    """You are accountable for it."""
    who = caller(as_, needs="reports:write")
    _said(working.take(number, person=who.person, actor=who.actor, now=now()), "It is yours.", as_json=as_json)


@mail.command("assign")
def assign(
    number: Number,
    to: Annotated[str, typer.Option("--to", metavar="WHO", help="Handle of a responder of the mailbox's team.")],
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Somebody else is accountable for it."""
    who, whom = caller(as_, needs="reports:write"), somebody(to)
    _said(working.assign(number, whom, person=who.person, actor=who.actor, now=now()), f"{whom.name} is accountable.", as_json=as_json)


@mail.command("answer")
def answer(
    number: Number,
    text: Annotated[str, typer.Option("--text", help="What leaves; `-` reads it from standard input.")],
    as_: As = "",
    as_json: Json = False,
) -> None:
    """It leaves at once, as a mail of the team in the same thread."""
    who = caller(as_, needs="reports:write")
    said = sys.stdin.read() if text == "-" else text
    letter = answering.answer(number, said, person=who.person, actor=who.actor, now=now())
    thread = selectors.by_number(who.viewer(), number)
    _said(thread, printable(f"It leaves in a moment, for {letter.to}."), as_json=as_json)


@mail.command("duplicate")
def duplicate(
    number: Number,
    of: Annotated[int, typer.Option("--of", metavar="M", help="The thread of the same mailbox that goes on.")],
    as_: As = "",
    as_json: Json = False,
) -> None:
    """It repeats another one."""
    who = caller(as_, needs="reports:write")
    done = working.mark_duplicate(number, of, person=who.person, actor=who.actor, now=now())
    _said(done, "It is marked as a duplicate.", as_json=as_json)


@mail.command("link")
def link(
    number: Number,
    address: Annotated[str, typer.Argument(metavar="URL")],
    issue: Annotated[bool, typer.Option("--issue", help="It is its issue: the thread is tracked.")] = False,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Where its list shows it; with `--issue`, where it is tracked."""
    who = caller(as_, needs="reports:write")
    does = working.mark_tracked if issue else working.set_link
    _said(does(number, address, person=who.person, actor=who.actor, now=now()), "It is kept.", as_json=as_json)


@mail.command("fetch")
def fetch(
    number: Number,
    letter: Annotated[int, typer.Argument(metavar="MAIL", help="The id of one of its mails, as `mail show --json` says it.")],
    file: Annotated[int, typer.Option("--file", min=0, help="One attachment, counted from 1; the whole mail when left out.")] = 0,
    to: Annotated[Path | None, typer.Option("--to", metavar="PATH", help="A file that does not exist yet.")] = None,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """A mail or one attachment, as bytes that are never opened. Written by an outsider: open it where nothing can be broken."""
    who = caller(as_, needs="reports:read")
    by: dict[str, Any] = {"person": who.person, "actor": who.actor, "now": now()}
    name, content = fetching.fetch_attached(number, letter, file, **by) if file else ("", fetching.fetch(number, letter, **by))
    path = to or Path(f"mail-{number}-{letter}{f'-{file}.bin' if file else '.eml'}")
    keep(content, path, name=name, as_json=as_json)


@mail.command("reopen")
def reopen(number: Number, as_: As = "", as_json: Json = False) -> None:
    """There is something to do after all."""
    who = caller(as_, needs="reports:write")
    _said(working.reopen(number, person=who.person, actor=who.actor, now=now()), "It is open again.", as_json=as_json)


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
