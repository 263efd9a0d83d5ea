"""Who does what about an incident, in a terminal: `watchbill task`, `watchbill stakeholder`, `watchbill participants`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from watchbill.cli.app import As, Json, app, caller, caller_or_none, now, operator_viewer, out, printable, say, short, table
from watchbill.cli.people import somebody
from watchbill.incidents.models import Incident
from watchbill.incidents.selectors import by_number
from watchbill.response import actions
from watchbill.response.selectors import describe_participants, describe_stakeholders, describe_tasks

Number = Annotated[int, typer.Argument(metavar="N", help="Number of the incident.")]
Id = Annotated[int, typer.Argument(metavar="ID", help="As the list shows it.")]
WRITE = "incidents:write"

tasks = typer.Typer(no_args_is_help=True, help="Tasks of an incident, for anybody.")
stakeholders = typer.Typer(no_args_is_help=True, help="Who must hear how an incident stands.")
app.add_typer(tasks, name="task")
app.add_typer(stakeholders, name="stakeholder")


@tasks.command("list")
def task_list(number: Number, as_: As = "", as_json: Json = False) -> None:
    """Open and done ones."""
    rows = describe_tasks(_seen(number, as_))
    say(rows, as_json=as_json, human=lambda: _print_tasks(rows))


@tasks.command("add")
def task_add(
    number: Number,
    what: Annotated[str, typer.Argument(metavar="WHAT", help="What there is to do.")],
    to: Annotated[str, typer.Option("--to", metavar="WHO", help="Handle of whoever does it; nobody's yet when left out.")] = "",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Write one down. Who owns the incident stays."""
    by_number(caller(as_, needs=WRITE).viewer(), number)
    _do(describe_tasks, actions.add_task, number, as_, as_json, what=what, assignee=somebody(to) if to else None)


@tasks.command("done")
def task_done(number: Number, task_id: Id, as_: As = "", as_json: Json = False) -> None:
    """It is done."""
    _do(describe_tasks, actions.end_task, number, as_, as_json, task_id=task_id)


@app.command("participants")
def participants(number: Number, as_: As = "", as_json: Json = False) -> None:
    """Who takes part in an incident without owning it."""
    rows = describe_participants(_seen(number, as_))
    cells = [[row["person"]["name"], short(row["joined_at"])] for row in rows]
    say(rows, as_json=as_json, human=lambda: table(("who", "since"), cells) if cells else out.print("Nobody besides its owner."))


@stakeholders.command("list")
def stakeholder_list(number: Number, as_: As = "", as_json: Json = False) -> None:
    """With when they last heard."""
    rows = describe_stakeholders(_seen(number, as_))
    cells = [[row["id"], row["name"], row["every_minutes"], short(row["updated_at"]) or "never"] for row in rows]
    columns = ("id", "who", "every so many minutes", "heard")
    say(rows, as_json=as_json, human=lambda: table(columns, cells) if cells else out.print("Nobody is named who must hear."))


@stakeholders.command("add")
def stakeholder_add(
    number: Number,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A person or a group.")],
    every: Annotated[int | None, typer.Option("--every", metavar="MINUTES", help="How old what they last heard may be.")] = None,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Name somebody who must hear. Nothing is sent to them."""
    _do(describe_stakeholders, actions.add_stakeholder, number, as_, as_json, name=name, every_minutes=every)


@stakeholders.command("remove")
def stakeholder_remove(number: Number, stakeholder_id: Id, as_: As = "", as_json: Json = False) -> None:
    """They need not hear any more."""
    _do(describe_stakeholders, actions.remove_stakeholder, number, as_, as_json, stakeholder_id=stakeholder_id)


@stakeholders.command("told")
def stakeholder_told(
    number: Number,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What they were told.")],
    as_: As = "",
    as_json: Json = False,
) -> None:
    """You told all of them. Watchbill keeps when."""
    _do(describe_stakeholders, actions.updated_stakeholders, number, as_, as_json, text=text)


def _seen(number: int, as_: str) -> Incident:
    who = caller_or_none(as_, needs="incidents:read")
    return by_number(who.viewer() if who else operator_viewer(), number)


def _do(
    shown: Callable[[Incident], Any], act: Callable[..., actions.Outcome], number: int, as_: str, as_json: bool, /, **values: Any
) -> None:
    who = caller(as_, needs=WRITE)
    done = act(number, **values, person=who.person, actor=who.actor, now=now())
    data = shown(by_number(who.viewer(), number)) if as_json else {}
    say(data, as_json=as_json, human=lambda: out.print(printable(done.message)))


def _print_tasks(rows: list[dict[str, Any]]) -> None:
    if not rows:
        out.print("There are no tasks.")
        return
    cells = [[r["id"], r["what"], r["assignee"]["name"] if r["assignee"] else "nobody's yet", short(r["done_at"]) or "open"] for r in rows]
    table(("id", "what", "by", "done"), cells)
