"""Hand an incident over in a terminal: `watchbill handoff`, `watchbill accept`, `watchbill decline`, `watchbill withdraw`."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from watchbill.cli.app import As, Caller, Json, app, caller, now, out, printable, say, short, usage
from watchbill.cli.people import somebody
from watchbill.handoff import actions
from watchbill.handoff.models import Handoff
from watchbill.handoff.rules import Step, Words, part_by_part
from watchbill.handoff.selectors import LISTS, describe, offered_by, open_offer, words_of
from watchbill.incidents.selectors import by_number
from watchbill.kernel.errors import Refused
from watchbill.people.rules import parse_time
from watchbill.response.selectors import describe as describe_incident

Number = Annotated[int, typer.Argument(metavar="N", help="Number of the incident.")]
WRITE = "incidents:write"


def _many(flag: str, text: str) -> Any:
    return typer.Option(flag, help=f"{text} May be said several times.")


@app.command("handoff")
def handoff(
    number: Number,
    to: Annotated[str, typer.Option("--to", metavar="WHO", help="Handle of whoever has it next.")],
    summary: Annotated[str, typer.Option("--summary", help="What it is, and how it stands; - reads standard input.")] = "",
    next_: Annotated[list[str] | None, _many("--next", "A next step, as `WHO: WHAT`.")] = None,
    engaged: Annotated[list[str] | None, _many("--engaged", "Who works on it besides.")] = None,
    kind: Annotated[str, typer.Option("--kind", help="shift, break or permanent.")] = "shift",
    returns: Annotated[str, typer.Option("--returns", metavar="TIME", help="Of a break: when you are back. As --from of `shifts`.")] = "",
    related: Annotated[list[str] | None, _many("--related", "An issue that another team works on.")] = None,
    bridge: Annotated[str, typer.Option("--bridge", help="Address of the call.")] = "",
    channel: Annotated[list[str] | None, _many("--channel", "A channel or thread.")] = None,
    question: Annotated[list[str] | None, _many("--question", "An open question.")] = None,
    decision: Annotated[list[str] | None, _many("--decision", "What was decided.")] = None,
    pending: Annotated[list[str] | None, _many("--pending", "What runs, and when it is done.")] = None,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Offer an incident to somebody. You have it until they accept."""
    who = caller(as_, needs=WRITE)
    by_number(who.viewer(), number)
    words = Words(
        summary=sys.stdin.read() if summary == "-" else summary,
        related=tuple(related or ()),
        engaged=tuple(engaged or ()),
        bridge=bridge,
        channels=tuple(channel or ()),
        next_steps=tuple(_step(each) for each in next_ or ()),
        open_questions=tuple(question or ()),
        decisions=tuple(decision or ()),
        pending=tuple(pending or ()),
    )
    wanted = actions.Wanted(somebody(to), words, kind, _time(returns, who))
    made = actions.offer(number, wanted, person=who.person, actor=who.actor, now=now())
    until = short(made.expires_at)
    _say(made, as_json, f"Hand-off {made.id}: {wanted.to.name} is asked, until {until}. #{number} is yours until they accept.")


@app.command("accept")
def accept(
    number: Number,
    readback: Annotated[
        str,
        typer.Option(
            "--readback",
            help="In your own words: what is going on, what you do first; - reads standard input. Left out: read part by part.",
        ),
    ] = "",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Accept the hand-off of an incident that is offered to you. Without your own words it is printed, and accepted part by part."""
    who = caller(as_, needs=WRITE)
    found = _offer(number, who)
    said = sys.stdin.read() if readback == "-" else readback
    if not said:
        if not as_json:
            _print(found)
        said = typer.prompt("In your own words, what do you do first?") if sys.stdin.isatty() else part_by_part(words_of(found))
    made = actions.accept(found.id, said, person=who.person, actor=who.actor, now=now())
    _say(made, as_json, f"You have #{number} now; {made.giver.name} is told.")


@app.command("decline")
def decline(
    number: Number,
    why: Annotated[str, typer.Option("--why", help="Whoever offered it reads it.")],
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Decline it, with the reason. The owner stays."""
    who = caller(as_, needs=WRITE)
    made = actions.decline(_offer(number, who).id, why, person=who.person, actor=who.actor, now=now())
    _say(made, as_json, f"Declined; {made.giver.name} keeps #{number} and is told.")


@app.command("withdraw")
def withdraw(number: Number, as_: As = "", as_json: Json = False) -> None:
    """Take back what you offered. Nothing has moved."""
    who = caller(as_, needs=WRITE)
    made = actions.withdraw(_offer(number, who).id, person=who.person, actor=who.actor, now=now())
    _say(made, as_json, f"Withdrawn; #{number} is yours as before.")


@app.command("keep")
def keep(
    number: Number,
    until: Annotated[str, typer.Option("--until", metavar="TIME", help="Needed on a desk that is paged. As --from of `shifts`.")] = "",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Keep an incident beyond your watch; when that time has come you are asked again."""
    who = caller(as_, needs=WRITE)
    done = actions.keep(number, _time(until, who), person=who.person, actor=who.actor, now=now())
    viewer = who.viewer()
    data = describe_incident(viewer, by_number(viewer, number)) if as_json else {}
    say(data, as_json=as_json, human=lambda: out.print(printable(done.message)))


def _offer(number: int, who: Caller) -> Handoff:
    viewer = who.viewer()
    found = open_offer(viewer, by_number(viewer, number))
    if found is None:
        others = ", ".join(f"#{each.incident.number}" for each in offered_by(viewer))
        raise Refused(f"No hand-off of #{number} waits for an answer." + (f" You offered {others}." if others else ""))
    return found


def _say(made: Handoff, as_json: bool, sentence: str) -> None:
    fresh = Handoff.objects.select_related("incident", "giver", "receiver").get(pk=made.pk)
    say(describe(fresh) if as_json else {}, as_json=as_json, human=lambda: out.print(printable(sentence)))


def _print(row: Handoff) -> None:
    """Everything that is handed over."""
    out.print(printable(row.summary))
    for step in row.next_steps:
        out.print(printable(f"Next: {step['who']}: {step['what']}"))
    for name in LISTS:
        for line in getattr(row, name):
            out.print(printable(f"{name.replace('_', ' ')}: {line}"))
    if row.bridge:
        out.print(printable(f"bridge: {row.bridge}"))


def _step(text: str) -> Step:
    """`ada: look at the logs`. Without a colon nobody is named, and that is what is missing."""
    who, colon, what = text.partition(":")
    return Step(who.strip(), what.strip()) if colon else Step("", text.strip())


def _time(text: str, who: Caller) -> Any:
    if not text:
        return None
    try:
        return parse_time(text, who.person.timezone)
    except ValueError as error:
        raise usage(str(error)) from error
