"""A watch for which somebody is wanted: `watchbill cover ask | list | take | withdraw`."""

from __future__ import annotations

from typing import Annotated

import typer

from watchbill.cli.app import As, Caller, Json, app, caller, now, out, say, short, table, usage
from watchbill.kernel.errors import NotAllowed
from watchbill.people.rules import parse_time
from watchbill.response.covering import may_agree_for, may_cover
from watchbill.schedules import actions, selectors

cover = typer.Typer(no_args_is_help=True, help="Ask everybody who could to stand a watch of yours; the first taker has it.")
app.add_typer(cover, name="cover")

Number = Annotated[int, typer.Argument(metavar="ID", help="Its number, from `cover list`.")]


@cover.command("ask")
def ask(
    schedule: Annotated[str, typer.Argument(metavar="SCHEDULE", help="Where you have the watch.")],
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="A moment in it. As --from of `shifts`.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; those who are asked read it.")] = "",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Ask everybody of the team who is free and rested. The watch is yours until somebody takes it."""
    me, found = caller(as_, needs="schedules:write"), selectors.by_name(schedule)
    _must_cover(me, found.team_id)
    try:
        moment = parse_time(at, found.timezone)
    except ValueError as error:
        raise usage(str(error)) from error
    made = actions.ask_for_cover(found, moment, reason, person=me.person, by=me.actor, now=now())
    _say(made.id, as_json, f"Request {made.id}: asked {len(made.asked)}. The watch is yours until somebody takes it.")


@cover.command("list")
def list_(everything: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False, as_json: Json = False) -> None:
    """Which watches want somebody."""
    rows = selectors.covers().order_by("start", "id")
    if not everything:
        rows = rows.filter(state="open", end__gt=now())
    data = [selectors.cover_object(row, now=now()) for row in rows]
    cells = [[d["id"], d["state"], d["from"]["name"], d["schedule"], short(d["start"]), short(d["end"]), d["reason"]] for d in data]
    say(data, as_json=as_json, human=lambda: table(("id", "state", "for", "schedule", "start", "end", "reason"), cells))


@cover.command("take")
def take(number: Number, as_: As = "", as_json: Json = False) -> None:
    """The watch is yours, from its beginning or from now on."""
    me = caller(as_, needs="schedules:write")
    _must_cover(me, selectors.cover_by_id(number).schedule.team_id)
    actions.take_cover(number, person=me.person, by=me.actor, now=now())
    _say(number, as_json, "The watch is yours.")


@cover.command("withdraw")
def withdraw(number: Number, as_: As = "", as_json: Json = False) -> None:
    """The watch stays with whoever asked."""
    me, team_id = caller(as_, needs="schedules:write"), selectors.cover_by_id(number).schedule.team_id
    _must_cover(me, team_id)
    for_others = may_agree_for(me.viewer(), team_id, now=now()).allowed
    actions.withdraw_cover(number, person=me.person, by=me.actor, now=now(), may_for_others=for_others)
    _say(number, as_json, "Withdrawn; the watch stays as it was.")


def _must_cover(me: Caller, team_id: int) -> None:
    decision = may_cover(me.viewer(), team_id, now=now())
    if not decision.allowed:
        raise NotAllowed(decision.why)


def _say(number: int, as_json: bool, sentence: str) -> None:
    data = selectors.cover_object(selectors.cover_by_id(number), now=now())
    say(data, as_json=as_json, human=lambda: out.print(sentence))
