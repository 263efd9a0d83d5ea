"""The watch of somebody in a terminal: what they must do, what they did, what they leave. `watchbill shift`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from watchbill.cli.app import As, Json, app, caller_or_none, now, operator_viewer, out, printable, say, usage
from watchbill.handoff.selectors.shift import Account, Watch, account_of
from watchbill.handoff.selectors.shift_asked import active_person, active_team, of_person, of_team
from watchbill.handoff.selectors.shift_object import described
from watchbill.handoff.selectors.shift_text import words_of
from watchbill.people.models import Person
from watchbill.people.permissions import Viewer
from watchbill.people.rules import parse_time, zone_of


@app.command("shift")
def shift(
    person: Annotated[str, typer.Argument(metavar="[PERSON]", help="Whose; you unless said. Of others as their manager.")] = "",
    team: Annotated[str, typer.Option("--team", metavar="NAME", help="The watch of this team; without PERSON of all who have it.")] = "",
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="A moment in it; now unless said. RFC 3339, or UTC.")] = "",
    share: Annotated[bool, typer.Option("--share", help="Only what everybody may know, to pass it on.")] = False,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """A watch: what must be done, what was done, what is left."""
    who = caller_or_none(as_, needs="incidents:read")
    if who is None and not person and not team:
        raise usage("Whose watch? Name the person, a team with --team NAME, or yourself with --as HANDLE (or WATCHBILL_AS).")
    viewer, moment, found = who.viewer() if who else operator_viewer(), now(), list[tuple[Person, Watch | None]]()
    when = _time(at)
    if person or not team:
        whose = active_person(person) if who is None or person not in ("", who.person.handle) else who.person
        watch, _ = of_person(viewer, whose, now=moment, at=when, team_id=active_team(team).pk if team else None)
        found.append((whose, watch))
    else:
        found += of_team(viewer, active_team(team), now=moment, at=when)
    accounts = [_account(viewer, whose, watch, moment, share=share) for whose, watch in found]
    say([described(one, now=moment) for one in accounts], as_json=as_json, human=lambda: _print(accounts, moment, share=share))


def _account(viewer: Viewer, person: Person, watch: Watch | None, moment: dt.datetime, *, share: bool) -> Account:
    return account_of(viewer, person, watch, now=moment, zone=zone_of(person.timezone), shared=share)


def _print(accounts: list[Account], moment: dt.datetime, *, share: bool) -> None:
    if not accounts:
        out.print("Nobody has a watch of this team then.")
    for one in accounts:
        out.print("\n".join(printable(line) for line in words_of(one, now=moment, shared=share).split("\n")))


def _time(said: str) -> dt.datetime | None:
    try:
        return parse_time(said, "UTC") if said else None
    except ValueError as error:
        raise usage(str(error)) from error
