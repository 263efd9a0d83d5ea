"""Awards and disclosure of reports in a terminal: `watchbill report award | preview | disclosure | publish | secret`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer

from watchbill.cli.app import As, Json, caller, now, out, printable, say, table
from watchbill.cli.reports import report
from watchbill.kernel.errors import Invalid
from watchbill.reports.actions import disclosing, money, secrecy, watching
from watchbill.reports.actions.disclosing import Wanted
from watchbill.reports.models import Report
from watchbill.reports.rules.disclosure import fingerprint
from watchbill.reports.selectors import bounties
from watchbill.reports.selectors import disclosing as reading
from watchbill.reports.selectors.describing import describe
from watchbill.reports.selectors.seeing import by_number

Number = Annotated[int, typer.Argument(metavar="N", help="Number of the report.")]
Kind = Annotated[str, typer.Option("--kind", help="full or limited; as the programme says when left out.")]
Summary = Annotated[str, typer.Option("--summary", help="Stands above what was reported.")]
LeaveOut = Annotated[list[str] | None, typer.Option("--leave-out", metavar="PASSAGE", help="That nobody outside reads; may be repeated.")]
Sent = Annotated[bool, typer.Option("--sent", help="You did it where the report came from, as Watchbill has no way there.")]
WRITE = "reports:write"


@report.command("award")
def award(
    number: Number,
    act: Annotated[str, typer.Argument(metavar="ACT", help="send, awarded, look-again, send-again or looked-there.")],
    amount: Annotated[int, typer.Option("--amount", help="With send and awarded: the approved amount.")] = 0,
    word: Annotated[str, typer.Option("--word", help="With send: what the reporter reads with it.")] = "",
    found: Annotated[bool | None, typer.Option("--found/--not-found", help="With looked-there: what you found.")] = None,
    sure: Annotated[bool, typer.Option("--sure", help="With send-again: you looked there, and it was not awarded.")] = False,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Send the approved amount to the platform, once; or decide about an award whose end nobody knows."""
    who = caller(as_, needs=WRITE)
    by: dict[str, Any] = {"person": who.person, "actor": who.actor, "now": now()}
    match act:
        case "send":
            made, said = money.award(number, amount, word, **by), "It is on its way to the platform. How it ends stands on the report."
        case "awarded":
            made, said = money.awarded(number, amount, **by), "It is awarded."
        case "looked-there" if found is not None:
            made, said = money.looked_there(number, found, **by), "It is awarded." if found else "It is not awarded, and can be sent anew."
        case "look-again":
            made, said = money.look_again(number, **by), "It is looked for on the platform."
        case "send-again" if sure:
            made, said = money.look_again(number, send=True, **by), "It is looked for once more, and sent again where it is not there."
        case _:
            raise Invalid(
                "Expected send or awarded with --amount, look-again, send-again with --sure, or looked-there with --found or --not-found."
            )
    _say(who, made, said, as_json)


@report.command("watch")
def watch(
    number: Number,
    stop: Annotated[bool, typer.Option("--stop", help="Hear no more of it.")] = False,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Hear of each step of it from now on: by your own ways, its number and code name alone."""
    who = caller(as_, needs="reports:read")
    does, said = (watching.unwatch, "You hear no more of it.") if stop else (watching.watch, "You hear of each step from now on.")
    _say(who, does(number, person=who.person, actor=who.actor, now=now()), said, as_json)


@report.command("bounties")
def ledger(as_: As = "", as_json: Json = False) -> None:
    """What was awarded, by currency and month, of the reports that you may know of."""
    found = [bounties.describe_sum(one) for one in bounties.sums(bounties.awards(caller(as_, needs="reports:read").viewer()))]
    cells = [[one["month"], one["currency"], f"{one['amount']:,}", one["awards"]] for one in found]
    say(
        found,
        as_json=as_json,
        human=lambda: table(("month", "", "amount", "awards"), cells) if cells else out.print("Nothing was awarded yet."),
    )


@report.command("preview")
def preview(
    number: Number, kind: Kind = "", summary: Summary = "", leave_out: LeaveOut = None, as_: As = "", as_json: Json = False
) -> None:
    """Exactly what would leave, its fingerprint, and what stands in the way. Changes nothing."""
    found = by_number(caller(as_, needs="reports:read").viewer(), number)
    kind, text = disclosing.checked_text(found, _wanted(kind, summary, leave_out))
    data = {"kind": kind, "text": text, "fingerprint": fingerprint(text), "obstacles": reading.obstacles(found, today=now().date())}

    def human() -> None:
        for line in text.splitlines():
            out.print(printable(line))
        out.print(f"Fingerprint: {data['fingerprint']}")
        for each in reading.obstacles(found, today=now().date()):
            out.print(printable(each))

    say(data, as_json=as_json, human=human)


@report.command("disclosure")
def disclosure(
    number: Number,
    act: Annotated[str, typer.Argument(metavar="ACT", help="ask, reporter-asks, agreed or cancel.")],
    kind: Kind = "",
    summary: Summary = "",
    leave_out: LeaveOut = None,
    why: Annotated[str, typer.Option("--why", help="With cancel.")] = "",
    on: Annotated[str, typer.Option("--on", metavar="DAY", help="With reporter-asks: when they asked, as 2026-04-14.")] = "",
    sent: Sent = False,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Ask the reporter to agree, note that they asked or agreed, or cancel the request."""
    who = caller(as_, needs=WRITE)
    by: dict[str, Any] = {"person": who.person, "actor": who.actor, "now": now()}
    match act:
        case "ask":
            made, said = disclosing.ask(number, _wanted(kind, summary, leave_out), sent=sent, **by), "The reporter is asked."
        case "reporter-asks":
            made, said = disclosing.asked_by_reporter(number, _day(on), **by), "It is written down."
        case "agreed":
            made, said = disclosing.agreed(number, **by), "They agreed; it can be published."
        case "cancel":
            made, said = disclosing.cancel(number, why, sent=sent, **by), "The request is cancelled."
        case _:
            raise Invalid(f"{act[:40]!r} is no act. Expected ask, reporter-asks, agreed or cancel.")
    _say(who, made, said, as_json)


@report.command("publish")
def publish(
    number: Number,
    looked_at: Annotated[str, typer.Option("--fingerprint", help="Of what you looked at, by `report preview`.")],
    again: Annotated[int, typer.Option("--number", help="The number once more: it cannot be taken back.")],
    kind: Kind = "",
    summary: Summary = "",
    leave_out: LeaveOut = None,
    sent: Sent = False,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Exactly what was looked at becomes public, once."""
    who = caller(as_, needs="reports:publish")
    if again != number:
        raise Invalid(f"--number is {again}, and the report is {number}.", field="number")
    by: dict[str, Any] = {"person": who.person, "actor": who.actor, "now": now()}
    made = disclosing.publish(number, _wanted(kind, summary, leave_out), looked_at, sent=sent, **by)
    _say(who, made, "It is public.", as_json)


@report.command("secret")
def secret(
    number: Number,
    why: Annotated[str, typer.Option("--why", help="It stands in the team's comment.")],
    review_on: Annotated[str, typer.Option("--review-on", metavar="DAY", help="When somebody looks at it again.")] = "",
    until: Annotated[str, typer.Option("--until", metavar="DAY", help="The mark ends by itself.")] = "",
    end: Annotated[bool, typer.Option("--end", help="Take the mark away.")] = False,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Mark it do not disclose, or take that mark away."""
    who = caller(as_, needs=WRITE)
    by: dict[str, Any] = {"person": who.person, "actor": who.actor, "now": now()}
    if end:
        _say(who, secrecy.end_secrecy(number, why, **by), "It may be disclosed again.", as_json)
    else:
        _say(who, secrecy.keep_secret(number, why, _day(review_on), until=_day(until), **by), "It is marked do not disclose.", as_json)


def _wanted(kind: str, summary: str, leave_out: list[str] | None) -> Wanted:
    return Wanted(kind, summary, "\n".join(leave_out or ()))


def _day(text: str) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"{text[:40]!r} is no day. Expected one such as 2026-04-14.") from error


def _say(who: Any, made: Report, sentence: str, as_json: bool) -> None:
    data = describe(who.viewer(), [made], whole=True)[0] if as_json else {}
    say(data, as_json=as_json, human=lambda: out.print(sentence))
