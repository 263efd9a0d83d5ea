"""The desk in a terminal: which incidents are open, what happened, I have it, it is solved."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from watchbill.cli.app import As, Caller, Json, app, caller, caller_or_none, now, operator_viewer, out, printable, say, short, table
from watchbill.incidents.selectors import MOST, Filters, by_number, search, timeline
from watchbill.kernel.errors import AlreadyDone
from watchbill.people.permissions import Viewer
from watchbill.response import actions
from watchbill.response.selectors import describe, describe_many

Number = Annotated[int, typer.Argument(metavar="N", help="Number of the incident.")]
WRITE = "incidents:write"


@app.command("incidents")
def incidents(
    everything: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = sys.maxsize,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Open incidents, the newest first."""
    rows = _found(_viewer(as_), Filters(status="all" if everything else "open"), limit)
    say(rows, as_json=as_json, human=lambda: _print_list(rows, everything))


@app.command("show")
def show(number: Number, as_: As = "", as_json: Json = False) -> None:
    """One incident: who has it, its pages, what happened."""
    viewer = _viewer(as_)
    incident = by_number(viewer, number)
    data = describe(viewer, incident)
    say(data, as_json=as_json, human=lambda: _print_one(data, timeline(viewer, incident)))


@app.command("ack")
def ack(
    number: Number,
    take_over: Annotated[bool, typer.Option("--take-over", help="Its owner was silent: own it from now on.")] = False,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """I have it."""
    who = caller(as_, needs=WRITE)
    done = actions.acknowledge(number, person=who.person, actor=who.actor, now=now(), take_over=take_over)
    _report(done, who, as_json=as_json)


@app.command("resolve")
def resolve(number: Number, as_: As = "", as_json: Json = False) -> None:
    """It is solved: the incident, its pages and its alerts."""
    who = caller(as_, needs=WRITE)
    _report(actions.resolve(number, person=who.person, actor=who.actor, now=now()), who, as_json=as_json)


@app.command("note")
def note(
    number: Number,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What was seen, decided or tried; - reads standard input.")],
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Write something down in the timeline."""
    who = caller(as_, needs=WRITE)
    written = sys.stdin.read() if text == "-" else text
    _report(actions.note(number, written, person=who.person, actor=who.actor, now=now()), who, as_json=as_json)


@app.command("page")
def page(
    summary: Annotated[str, typer.Argument(metavar="SUMMARY", help="What happened, in one sentence.")],
    service: Annotated[str, typer.Option("--service", help="The service whose team is paged.")],
    severity: Annotated[str, typer.Option("--severity", help="critical, high, medium or low.")] = "high",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Page a team by hand; prints the number of the incident."""
    who = caller(as_, needs=WRITE)
    incident = actions.page_by_hand(summary, service, severity, by=who.actor, now=now())
    data = describe(who.viewer(), incident) if as_json else {}
    say(data, as_json=as_json, human=lambda: out.print(incident.number))


def _viewer(as_: str) -> Viewer:
    """For whom to look: the named person, else the operator, who sees no restricted incident."""
    who = caller_or_none(as_, needs="incidents:read")
    return who.viewer() if who else operator_viewer()


def _found(viewer: Viewer, filters: Filters, limit: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None and len(rows) < limit:
        listed = search(viewer, filters, cursor=cursor, limit=min(MOST, limit - len(rows)))
        rows += describe_many(viewer, listed.items)
        cursor = listed.next
    return rows


def _report(done: actions.Outcome, who: Caller, *, as_json: bool) -> None:
    """What became of it. A lost race is a refusal with one sentence: it says who was first."""
    if not done.won:
        raise AlreadyDone(done.message, number=done.number)
    viewer = who.viewer()
    data = describe(viewer, by_number(viewer, done.number)) if as_json else {}
    say(data, as_json=as_json, human=lambda: out.print(printable(done.message)))


def _print_list(rows: list[dict[str, Any]], everything: bool) -> None:
    if not rows:
        out.print("There are no incidents yet." if everything else "No incident is open.")
        return
    columns = ("#", "severity", "status", "title", "service", "owner", "opened")
    cells = [[r["number"], r["severity"], _status(r), r["title"], r["service"], _name(r["owner"]), short(r["opened_at"])] for r in rows]
    table(columns, cells)


def _print_one(data: dict[str, Any], entries: list[Any]) -> None:
    out.print(printable(f"#{data['number']}  {data['title']}"), style="bold")
    facts = [
        ("status", _status(data)),
        ("severity", data["severity"]),
        ("service", data["service"]),
        ("owner", _name(data["owner"]) or "nobody yet"),
        ("acting", _name(data["acting"])),
        ("offered to", _name(data["handoff"]["to"]) if data["handoff"] else ""),
        ("opened", short(data["opened_at"])),
        ("acknowledged", short(data["acknowledged_at"])),
        ("resolved", short(data["resolved_at"])),
        ("page", _page(data["page"])),
        ("open it at", data["url"]),
    ]
    table(("", ""), [fact for fact in facts if fact[1]])
    table(("alert", "severity", "state", "events", "last"), [_alert(each) for each in data["alerts"]] or [["none", "", "", "", ""]])
    out.print()
    table(("time", "who", "what"), [[short(e.at), e.actor.name if e.actor else "", e.text or e.kind] for e in entries])


def _alert(alert: dict[str, Any]) -> list[Any]:
    return [alert["summary"], alert["severity"], alert["state"], alert["count"], short(alert["last_at"])]


def _status(data: dict[str, Any]) -> str:
    """One word; two where the page says more than the incident."""
    page = data["page"]
    return f"{data['status']}, page {page['status']}" if page and page["status"] in ("exhausted", "paused") else str(data["status"])


def _page(page: dict[str, Any] | None) -> str:
    if page is None:
        return ""
    goes_on = f", goes on at {short(page['next_at'])}" if page["next_at"] else ""
    return f"{page['status']} at step {page['step']}{goes_on}"


def _name(person: dict[str, str] | None) -> str:
    return person["name"] if person else ""
