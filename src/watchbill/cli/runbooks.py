"""Runbooks in a terminal, to read: `watchbill runbook list|show`."""

from __future__ import annotations

from typing import Annotated

import typer

from watchbill.cli.app import As, Json, app, caller_or_none, operator_viewer, out, printable, say, short, table
from watchbill.people.permissions import Viewer
from watchbill.runbooks.selectors import by_id, describe, listed

runbook = typer.Typer(no_args_is_help=True, help="What to do, as it reads now.")
app.add_typer(runbook, name="runbook")

MOST = 300


@runbook.command("list")
def list_(
    text: Annotated[str, typer.Argument(metavar="[WORDS]", help="Words of its title or text.")] = "",
    team: Annotated[str, typer.Option("--team", metavar="NAME", help="Of one team.")] = "",
    retired: Annotated[bool, typer.Option("--retired", help="Those that are not in use any more.")] = False,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Runbooks in use, by title; at most 300."""
    data = describe(list(listed(_viewer(as_), text=text, team=team, retired=retired)[:MOST]))
    cells = [[row["id"], row["title"], row["team"], row["version"], short(row["changed_at"])] for row in data]
    nothing = (
        "There is no such runbook." if text or team or retired else "There is no runbook yet. Write the first one on the page Runbooks."
    )
    human = (lambda: table(("id", "title", "team", "version", "changed"), cells)) if cells else (lambda: out.print(nothing))
    say(data, as_json=as_json, human=human)


@runbook.command("show")
def show(
    runbook_id: Annotated[int, typer.Argument(metavar="ID", help="As `runbook list` shows it.")],
    as_: As = "",
    as_json: Json = False,
) -> None:
    """One runbook, as Markdown."""
    (data,) = describe([by_id(_viewer(as_), runbook_id)])
    retired = f", not in use since {short(data['retired_at'])}" if data["retired_at"] else ""
    head = f"{data['title']} ({data['team']}), version {data['version']} of {short(data['changed_at'])}{retired}"
    text = "\n".join(printable(line) for line in data["text"].split("\n"))
    say(data, as_json=as_json, human=lambda: out.print(f"{printable(head)}\n\n{text}"))


def _viewer(as_: str) -> Viewer:
    who = caller_or_none(as_, needs="incidents:read")
    return who.viewer() if who else operator_viewer()
