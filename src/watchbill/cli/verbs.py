"""What else is done with an incident in a terminal: reopen, escalate, snooze, assign, its severity, merge, and its decisions step by step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any

import typer

from watchbill.cli.app import As, Json, app, caller, caller_or_none, now, operator_viewer, out, printable, say, short, table, usage
from watchbill.cli.people import somebody
from watchbill.incidents.selectors import by_number
from watchbill.intake.actions import merge as merge_incidents
from watchbill.kernel.errors import AlreadyDone
from watchbill.people.rules import parse_time
from watchbill.response import actions
from watchbill.response.selectors import describe, describe_steps

Number = Annotated[int, typer.Argument(metavar="N", help="Number of the incident.")]
Why = Annotated[str, typer.Option("--why", help="The reason; it stands in the timeline.")]
WRITE = "incidents:write"


@app.command("reopen")
def reopen(number: Number, why: Why, as_: As = "", as_json: Json = False) -> None:
    """It was not solved."""
    _do(actions.reopen, number, as_, as_json, reason=why)


@app.command("escalate")
def escalate(number: Number, as_: As = "", as_json: Json = False) -> None:
    """The next step is paged at once."""
    _do(actions.escalate, number, as_, as_json)


@app.command("snooze")
def snooze(
    number: Number,
    until: Annotated[str, typer.Option("--until", metavar="TIME", help="At most 24 hours from now. As --from of `shifts`.")],
    why: Why,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Its owner lets the page sleep."""
    zone = caller(as_, needs=WRITE).person.timezone
    _do(actions.snooze, number, as_, as_json, until=_time(until, zone), reason=why)


@app.command("assign")
def assign(
    number: Number,
    to: Annotated[str, typer.Option("--to", metavar="WHO", help="Handle of the person.")],
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Page somebody instead before it is acknowledged; the owner after triage. What has an owner is handed over."""
    by_number(caller(as_, needs=WRITE).viewer(), number)
    _do(actions.assign, number, as_, as_json, to=somebody(to))


@app.command("severity")
def severity(
    number: Number,
    wanted: Annotated[str, typer.Argument(metavar="SEVERITY", help="critical, high, medium or low.")],
    why: Annotated[str, typer.Option("--why", help="Needed to lower it.")] = "",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Raise it at will, lower it with a reason."""
    _do(actions.set_severity, number, as_, as_json, severity=wanted, reason=why)


@app.command("merge")
def merge(
    number: Number,
    into: Annotated[int, typer.Option("--into", metavar="N", help="Number of the incident that goes on.")],
    as_: As = "",
    as_json: Json = False,
) -> None:
    """It is the same problem as another one, which goes on with its alerts, tasks and people. This one is resolved."""
    _do(merge_incidents, number, as_, as_json, into=into)


@app.command("write-again")
def write_again(number: Number, as_: As = "", as_json: Json = False) -> None:
    """Try at once what could not be written about it, on its tracking issue or in chats."""
    _do(actions.write_again, number, as_, as_json)


@app.command("steps")
def steps(number: Number, as_: As = "", as_json: Json = False) -> None:
    """The decisions of a vulnerability: which are open, who answered the others, and why."""
    who = caller_or_none(as_, needs="incidents:read")
    rows = describe_steps(by_number(who.viewer() if who else operator_viewer(), number))
    say(rows, as_json=as_json, human=lambda: _print_steps(rows))


@app.command("step")
def step(
    number: Number,
    name: Annotated[str, typer.Argument(metavar="STEP", help="As `steps` names it.")],
    answer: Annotated[str, typer.Argument(metavar="ANSWER", help="yes or no; done or not_needed.")],
    why: Annotated[str, typer.Option("--why", help="Needed for a decision, and for what is left out.")] = "",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Answer a step, or answer it anew."""
    _do(actions.answer_step, number, as_, as_json, step=name, answer=answer, why=why)


def _do(act: Callable[..., actions.Outcome], number: int, as_: str, as_json: bool, /, **values: Any) -> None:
    """What became of it. A lost race is a refusal with one sentence."""
    who = caller(as_, needs=WRITE)
    done = act(number, **values, person=who.person, actor=who.actor, now=now())
    if not done.won:
        raise AlreadyDone(done.message, number=number)
    viewer = who.viewer()
    data = describe(viewer, by_number(viewer, number)) if as_json else {}
    say(data, as_json=as_json, human=lambda: out.print(printable(done.message)))


def _print_steps(rows: list[dict[str, Any]]) -> None:
    cells = [[r["step"], r["answer"] or r["state"], r["text"], r["by"]["name"] if r["by"] else "", short(r["at"]), r["why"]] for r in rows]
    table(("step", "answer", "what", "who", "when", "why"), cells)


def _time(text: str, zone: str) -> dt.datetime:
    try:
        return parse_time(text, zone)
    except ValueError as error:
        raise usage(str(error)) from error
