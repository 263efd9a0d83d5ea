"""Vulnerability reports in a terminal: `watchbill report list | show | fetch | new`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from watchbill.cli.app import As, Json, app, caller, now, out, printable, say, short, table
from watchbill.cli.fetched import keep
from watchbill.connectors.platform.files import fetch
from watchbill.reports.actions.making import NewReport, make
from watchbill.reports.selectors.describing import describe
from watchbill.reports.selectors.listing import MOST, Filters, search
from watchbill.reports.selectors.seeing import by_number

report = typer.Typer(help="Vulnerability reports: what breaks its promise first stands first.", no_args_is_help=True)
app.add_typer(report, name="report")


@report.command("list")
def listed(
    view: Annotated[
        str,
        typer.Option(
            "--view",
            help="open, mine, broken, waiting, violations, bounty, resolution, disclosure, pending_disclosure, secret, closed, all.",
        ),
    ] = "open",
    text: Annotated[str, typer.Option("--text", help="Words of the title, the reporter, a number.")] = "",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Those that you may know of; at most 200."""
    who = caller(as_, needs="reports:read")
    rows = search(who.viewer(), Filters(view, text=text), now=now(), limit=MOST).items
    data = describe(who.viewer(), rows)
    cells = [
        [
            d["id"],
            d["state"],
            d["severity"],
            short(d["due"]["at"]) if d["due"] else "",
            d["accountable"]["handle"] if d["accountable"] else "",
            d["title"],
        ]
        for d in data
    ]
    say(data, as_json=as_json, human=lambda: table(("id", "state", "severity", "due", "accountable", "title"), cells))


@report.command("show")
def show(number: Annotated[int, typer.Argument(metavar="N")], as_: As = "", as_json: Json = False) -> None:
    """One report, as a whole."""
    viewer = caller(as_, needs="reports:read").viewer()
    (data,) = describe(viewer, [by_number(viewer, number)], whole=True)

    def human() -> None:
        out.print(printable(f"R-{data['id']} ({data['code_name']}): {data['title']}"))
        out.print(printable(f"{data['state']}, {data['severity'] or 'not rated'}, by {data['reporter'] or 'nobody named'}"))
        for line in data["body"].splitlines():
            out.print(printable(line))
        for each in data["files"]:
            out.print(printable(f"attached, file {each['id']}: {each['name']}"))

    say(data, as_json=as_json, human=human)


@report.command("new")
def new(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What it is about. What was reported is read from standard input.")],
    program: Annotated[str, typer.Option("--program", help="A programme of the configuration file.")],
    reporter: Annotated[str, typer.Option("--reporter", help="Who found it.")] = "",
    source: Annotated[str, typer.Option("--source", help="hand, form, mail, hackerone or github.")] = "hand",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Write one down that came by a way of its own."""
    who = caller(as_, needs="reports:write")
    made = make(NewReport(title, sys.stdin.read(), program, reporter, source), person=who.person, actor=who.actor, now=now())
    (data,) = describe(who.viewer(), [made], whole=True)
    say(data, as_json=as_json, human=lambda: out.print(printable(f"{made} ({made.code_name}) is here.")))


@report.command("fetch")
def fetch_file(
    number: Annotated[int, typer.Argument(metavar="N")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="The id of one of its files, as `report show --json` says it.")],
    to: Annotated[Path | None, typer.Option("--to", metavar="PATH", help="A file that does not exist yet.")] = None,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """A file that is attached on its platform, fetched there now. Written by an outsider: open it where nothing can be broken."""
    who = caller(as_, needs="reports:read")
    name, content = fetch(who.viewer(), number, file, actor=who.actor, now=now())
    keep(content, to or Path(f"report-{number}-{file}.bin"), name=name, as_json=as_json)


import watchbill.cli.disclosures  # noqa: E402, F401  its commands stand under `report` as well, which they import from here
