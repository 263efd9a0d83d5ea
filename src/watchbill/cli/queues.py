"""Queues in a terminal: `watchbill queue list|show|take|give-back|done|promote|pass|check|answer|decide`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from watchbill.cli.app import As, Json, app, caller, caller_or_none, now, operator_viewer, out, printable, say, short, table
from watchbill.duties.actions import items
from watchbill.duties.actions.proving import record_pass
from watchbill.duties.models import Queue
from watchbill.duties.requests.actions import Found, answer, decide_on
from watchbill.duties.requests.selectors import describe as describe_request
from watchbill.duties.requests.selectors import request_in
from watchbill.duties.selectors.queues import describe_listed, describe_summary, list_queue, queue_by_name, summaries
from watchbill.incidents.selectors import by_number
from watchbill.response.selectors import describe

Name = Annotated[str, typer.Argument(metavar="QUEUE", help="Name of the queue.")]
Item = Annotated[int, typer.Argument(metavar="ITEM", help="Id of the item, as `queue show` lists it.")]
WRITE = "incidents:write"

queue = typer.Typer(no_args_is_help=True, help="Issues and change requests that wait for somebody.")
app.add_typer(queue, name="queue")


@queue.command("list")
def listed(as_: As = "", as_json: Json = False) -> None:
    """Every queue in a line."""
    who = caller_or_none(as_, needs="incidents:read")
    rows = [describe_summary(each) for each in summaries(who.viewer() if who else operator_viewer())]
    cells = [[r["name"], r["team"], r["items"], r["new"], r["mine"], _pass(r["last_pass"])] for r in rows]
    columns = ("queue", "team", "items", "new", "yours", "last gone through")
    say(rows, as_json=as_json, human=lambda: table(columns, cells) if cells else out.print("There is no queue that is active."))


@queue.command("show")
def show(name: Name, as_: As = "", as_json: Json = False) -> None:
    """What waits in one, new items first."""
    who = caller_or_none(as_, needs="incidents:read")
    data = describe_listed(list_queue(who.viewer() if who else operator_viewer(), queue_by_name(name)))
    say(data["items"], as_json=as_json, human=lambda: _print(data))


@queue.command("take")
def take(name: Name, item: Item, as_: As = "", as_json: Json = False) -> None:
    """It is yours until it is done, over the end of your shift."""
    _do(items.take, "It is yours until it is done, over the end of your shift.", name, item, as_, as_json)


@queue.command("give-back")
def give_back(
    name: Name,
    item: Item,
    why: Annotated[str, typer.Option("--why", help="Whoever takes it, and the managers, read it.")],
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Somebody else may take it."""
    _do(items.give_back, "Given back. The managers of the team hear of it.", name, item, as_, as_json, reason=why)


@queue.command("done")
def done(name: Name, item: Item, as_: As = "", as_json: Json = False) -> None:
    """It is done, whether the tracker says so or not."""
    _do(items.finish, "Done.", name, item, as_, as_json)


@queue.command("promote")
def promote(
    name: Name,
    item: Item,
    service: Annotated[str, typer.Option("--service", metavar="NAME", help="A service of the queue's team.")],
    severity: Annotated[str, typer.Option("--severity", help="critical, high, medium or low.")] = "high",
    title: Annotated[str, typer.Option("--title", help="Of the incident; the item's own when left out.")] = "",
    page: Annotated[bool, typer.Option("--page", help="Wake the team. Otherwise it is yours.")] = False,
    restricted: Annotated[
        bool | None, typer.Option("--restricted/--not-restricted", help="Need to know; as confidential as the item when left out.")
    ] = None,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """It becomes an incident, whose tracking issue it is. Prints the number."""
    who = caller(as_, needs=WRITE)
    wanted = items.Promotion(service, severity, title, page, restricted)
    made = items.promote(queue_by_name(name), item, wanted, person=who.person, actor=who.actor, now=now())
    viewer = who.viewer()
    data = describe(viewer, by_number(viewer, made.number)) if as_json else {}
    say(data, as_json=as_json, human=lambda: out.print(str(made.number)))


@queue.command("pass")
def gone_through(
    name: Name,
    note: Annotated[str, typer.Option("--note", help="What you noticed.")] = "",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """You went through it: what comes from now on is new."""
    who, found = caller(as_, needs=WRITE), queue_by_name(name)
    made = record_pass(found, note, person=who.person, actor=who.actor, now=now())
    say(_now(found, who), as_json=as_json, human=lambda: out.print(f"Recorded: you went through {len(made.issues)} items."))


@queue.command("check")
def check(name: Name, item: Item, as_: As = "", as_json: Json = False) -> None:
    """The criteria of an item, what was found of each, and the decision."""
    who, found = caller(as_, needs="incidents:read"), queue_by_name(name)
    data = describe_request(found, request_in(who.viewer(), found, item), now=now())
    say(data, as_json=as_json, human=lambda: _checklist(data))


@queue.command("answer")
def answered(
    name: Name,
    item: Item,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Place of the criterion, as `queue check` lists it.")],
    word: Annotated[str, typer.Argument(metavar="WORD", help="met, not_met or unclear.")],
    note: Annotated[str, typer.Option("--note", help="What shows it, or a link.")] = "",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Say what you found of one criterion."""
    who, found = caller(as_, needs=WRITE), queue_by_name(name)
    issue = answer(found, item, [Found(number, word, note)], person=who.person, actor=who.actor, now=now())
    data = describe_request(found, issue, now=now())
    say(data, as_json=as_json, human=lambda: out.print(printable(data["summary"])))


@queue.command("decide")
def decided(
    name: Name,
    item: Item,
    verdict: Annotated[str, typer.Argument(metavar="VERDICT", help="accept, decline, or ask: the applicant was asked for more.")],
    why: Annotated[str, typer.Option("--why", help="Why, or what the applicant is asked for.")] = "",
    vouched: Annotated[str, typer.Option("--vouched", metavar="NAME", help="Who vouches for them; needed to accept.")] = "",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Decide about an item by its criteria."""
    who, found = caller(as_, needs=WRITE), queue_by_name(name)
    made = decide_on(found, item, verdict, why, vouched=vouched, person=who.person, actor=who.actor, now=now())
    data = describe_request(found, made.issue, now=now())
    said = {"accept": "It is accepted.", "decline": "It is declined.", "ask": "Its clock stands still until they answer."}[made.verdict]
    say(data, as_json=as_json, human=lambda: out.print(said))


def _checklist(data: dict[str, Any]) -> None:
    cells = [
        [r["number"], r["word"] or "", r["criterion"], r["note"], r["by"]["name"] if r["by"] else ""]
        for r in data["criteria"]
        if r["asked"]
    ]
    table(("", "found", "criterion", "what shows it", "by"), cells)
    made = data["decision"]
    due = f", due {short(data['due_at'])}{' (late)' if data['late'] else ''}" if data["due_at"] else ""
    out.print(printable(f"{data['summary']}{due}" + (f"; {made['verdict']} by {made['by']['name']}" if made else "")))


def _do(act: Callable[..., Any], sentence: str, name: str, item: int, as_: str, as_json: bool, /, **values: Any) -> None:
    who, found = caller(as_, needs=WRITE), queue_by_name(name)
    act(found, item, **values, person=who.person, actor=who.actor, now=now())
    say(_now(found, who) if as_json else [], as_json=as_json, human=lambda: out.print(printable(sentence)))


def _now(found: Queue, who: Any) -> Any:
    return describe_listed(list_queue(who.viewer(), found))["items"]


def _print(data: dict[str, Any]) -> None:
    if not data["items"]:
        out.print("Nothing waits in it.")
        return
    cells = [
        [
            r["id"],
            "new" if r["new"] else "",
            r["severity"],
            r["name"],
            r["title"],
            r["taken_by"]["name"] if r["taken_by"] else f"#{r['incident']}" if r["incident"] else "",
            short(r["created_at"]),
        ]
        for r in data["items"]
    ]
    table(("id", "", "severity", "item", "title", "who has it", "since"), cells)
    if data["more"]:
        out.print("There are more; open the queue in a browser.")


def _pass(last: dict[str, Any] | None) -> str:
    return f"{short(last['at'])} by {last['person']['name']}" if last else "never"
