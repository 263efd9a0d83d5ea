"""Duties in a terminal: `watchbill duty list|prove`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from watchbill.cli.app import As, Json, app, caller, caller_or_none, now, operator_viewer, out, say, short, table
from watchbill.duties.actions import proving
from watchbill.duties.selectors.due import describe_all, duty_by_name

duty = typer.Typer(no_args_is_help=True, help="What a watch brings besides pages.")
app.add_typer(duty, name="duty")


@duty.command("list")
def listed(as_: As = "", as_json: Json = False) -> None:
    """What is asked for now, of whom, and how it stands."""
    who = caller_or_none(as_, needs="incidents:read")
    rows = describe_all(who.viewer() if who else operator_viewer(), now=now())
    say(rows, as_json=as_json, human=lambda: _print(rows))


@duty.command("prove")
def prove(
    name: Annotated[str, typer.Argument(metavar="DUTY", help="Its name.")],
    text: Annotated[str, typer.Argument(metavar="[TEXT]", help="What you did.")] = "",
    nothing: Annotated[bool, typer.Option("--nothing", help="There was nothing to do this time.")] = False,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """You did it, or there was nothing to do. One with a queue is done by going through that: `queue pass`."""
    who = caller(as_, needs="incidents:write")
    proving.prove(duty_by_name(name), text, nothing=nothing, person=who.person, actor=who.actor, now=now())
    said = describe_all(who.viewer(), now=now()) if as_json else []
    say(said, as_json=as_json, human=lambda: out.print("Recorded. It counts for your watch."))


def _print(rows: list[dict[str, Any]]) -> None:
    if not rows:
        out.print("There is no duty. The configuration file names them under `duties`.")
        return
    cells = []
    for row in rows:
        for each in row["asked"] or [None]:
            if each is None:
                cells.append([row["name"], row["team"], row["queue"] or "", "not asked for now", "", ""])
                continue
            name = f"{row['name']}, {each['part']} of {row['times']}" if row["times"] > 1 else row["name"]
            who = " and ".join(one["name"] for one in ([each["done_by"]] if each["done_by"] else each["people"])) or "nobody"
            cells.append([name, row["team"], row["queue"] or "", each["state"], who, short(each["due"])])
    table(("duty", "team", "queue", "state", "who", "due"), cells)
