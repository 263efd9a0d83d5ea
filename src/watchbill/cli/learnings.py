"""What people on watch learn, in a terminal: `watchbill learn` and `watchbill learnings`."""

from __future__ import annotations

from typing import Annotated

import typer

from watchbill.cli.app import As, Json, app, caller, caller_or_none, now, operator_viewer, out, printable, say, short, table
from watchbill.duties.learnings import actions
from watchbill.duties.learnings.rules import KINDS
from watchbill.duties.learnings.selectors import by_id, describe, learnings

MOST = 200


@app.command("learn")
def learn(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What should be better, in one line.")],
    kind: Annotated[str, typer.Option("--kind", help="improvement, automatable, question or risky.")] = "improvement",
    incident: Annotated[int | None, typer.Option("--incident", metavar="N", help="The incident that it is about.")] = None,
    team: Annotated[str, typer.Option("--team", help="For whom; unless said the team whose watch you have.")] = "",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Write down what you learned."""
    who = caller(as_, needs="incidents:write")
    made = actions.learn(text, kind, incident, team, person=who.person, actor=who.actor, now=now())
    (data,) = describe([by_id(who.viewer(), made.id)])
    said = f"Noted as learning {made.id} ({KINDS[made.kind].lower()}), for {made.team.name}."
    say(data, as_json=as_json, human=lambda: out.print(printable(said)))


@app.command("learnings")
def listed(
    everything: Annotated[bool, typer.Option("--all", help="Also those of which something became.")] = False,
    kind: Annotated[str, typer.Option("--kind", help="Of one kind alone.")] = "",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """What people on watch learned, the latest first; at most 200."""
    me = caller_or_none(as_, needs="incidents:read")
    rows = learnings(me.viewer() if me else operator_viewer(), state="all" if everything else "open", kind=kind)
    data = describe(list(rows[:MOST]))
    columns = ("id", "kind", "at", "by", "incident", "text", "became")
    cells = [
        [d["id"], d["kind"], short(d["at"]), d["by"]["handle"], d["incident"], d["text"], d["document"] or d["outcome"] or d["issue"]]
        for d in data
    ]
    say(data, as_json=as_json, human=lambda: table(columns, cells))
