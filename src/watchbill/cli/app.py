"""The command line's frame: one application, one way to print, one way to refuse.

Every module of this package adds its commands to `app`. Exit codes: 0 done, 1 refused with one sentence, 2 wrong usage.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from watchbill.cli.identity import Caller, WrongUsage, acts_as, caller, caller_or_none, operator, operator_viewer, person_for
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import WatchbillError

__all__ = [
    "MODULES",
    "OPERATOR",
    "As",
    "Caller",
    "Json",
    "acts_as",
    "app",
    "caller",
    "caller_or_none",
    "err",
    "now",
    "operator",
    "operator_viewer",
    "out",
    "person_for",
    "plain",
    "refuse",
    "say",
    "short",
    "table",
    "usage",
]

WIDE = 10_000  # columns of a pipe or a file: nothing is cut for a reader that is no terminal

app = typer.Typer(name="watchbill", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False, width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)

# Which module has a command (tests/cli hold the two together). A command that is named here loads that module alone.
MODULES = {
    "user": "accounts",
    "token": "accounts",
    "key": "keys",
    "mailbox": "mailboxes",
    "incidents": "desk",
    "show": "desk",
    "ack": "desk",
    "resolve": "desk",
    "note": "desk",
    "learn": "learnings",
    "learnings": "learnings",
    "page": "desk",
    "reopen": "verbs",
    "escalate": "verbs",
    "snooze": "verbs",
    "assign": "verbs",
    "severity": "verbs",
    "merge": "verbs",
    "write-again": "verbs",
    "steps": "verbs",
    "step": "verbs",
    "task": "errands",
    "participants": "errands",
    "stakeholder": "errands",
    "queue": "queues",
    "duty": "duties",
    "runbook": "runbooks",
    "shift": "shift",
    "report": "reports",
    "mail": "mails",
    "handoff": "handoffs",
    "accept": "handoffs",
    "decline": "handoffs",
    "withdraw": "handoffs",
    "keep": "handoffs",
    "who": "schedules",
    "shifts": "schedules",
    "verify": "verifying",
    "override": "overriding",
    "swap": "swaps",
    "cover": "covers",
    "timeoff": "absences",
    "maintenance": "quiet",
    "providers": "providers",
    "heartbeat": "quiet",
    "preview": "policies",
    "apply": "configuration",
    "export": "configuration",
    "schema": "configuration",
    "doctor": "operate",
}

Json = Annotated[bool, typer.Option("--json", help="Print data as JSON.")]
As = Annotated[str, typer.Option("--as", metavar="HANDLE", envvar="WATCHBILL_AS", help="Act for this person.")]

OPERATOR = operator()


@app.callback()
def frame() -> None:
    """Watchbill: who has the watch, who was woken, who owns it."""


def plain(value: Any) -> Any:
    """What JSON has no type for."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return str(value)


def say(data: Any, *, as_json: bool, human: Callable[[], object] | None = None) -> None:
    """Print data: as JSON, or by the given function for humans."""
    if as_json or human is None:
        sys.stdout.write(json.dumps(data, default=plain, ensure_ascii=False, indent=2) + "\n")
    else:
        human()


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str | None = None) -> None:
    """A table for a terminal."""
    made = Table(*columns, title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for row in rows:
        made.add_row(*(("" if cell is None else printable(str(cell))) for cell in row))
    out.print(made)


def printable(text: str) -> str:
    """Text from outside must not move the cursor or change the colours of somebody's terminal."""
    return "".join(letter if letter.isprintable() else " " if letter.isspace() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def short(at: dt.datetime | None) -> str:
    """A time in a table: to the minute, UTC. Nothing for none."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%MZ}" if at else ""


def usage(message: str) -> WrongUsage:
    """Wrong usage: says why, exit 2. Use as `raise usage(...)`."""
    return WrongUsage(message)


def now() -> dt.datetime:
    """The database's clock: what every command passes on as `now`."""
    return database_now()


def refuse(error: WatchbillError) -> int:
    """One clear sentence on standard error."""
    sys.stderr.write(f"{printable(error.message)}\n")
    return 1
