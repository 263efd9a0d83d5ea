"""`watchbill preview`: whom would a page reach, and why?"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from watchbill.cli.app import Json, app, now, out, say, short, usage
from watchbill.paging.selectors import described, policy_named
from watchbill.people.rules import parse_time

WORDS = {"last_resort": "last resort", "again": "last resort again", "daylight": "next of them", "held": "their hours begin"}


@app.command("preview")
def preview(
    policy: Annotated[str, typer.Argument(metavar="POLICY", help="Its name.")],
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="When the page would begin; now unless said. RFC 3339, or UTC.")] = "",
    urgency: Annotated[str, typer.Option("--urgency", help="high or low.")] = "high",
    as_json: Json = False,
) -> None:
    """Whom a page would reach that nobody answers: who, when, by which ways, and why."""
    if urgency not in ("high", "low"):
        raise usage("--urgency is high or low.")
    try:
        when = parse_time(at, "UTC") if at else now()
    except ValueError as error:
        raise usage(str(error)) from error
    data: dict[str, Any] = described(policy_named(policy), at=when, urgency=urgency)
    say(data, as_json=as_json, human=lambda: _print(data))


def _print(data: dict[str, Any]) -> None:
    out.print(f"{data['policy']}, a page of {data['urgency']} urgency at {short(data['at'])}, if nobody answers:")
    for one in data["firings"]:
        what = WORDS.get(one["kind"], f"step {one['step']}") + (f", round {one['round']}" if one["round"] > 1 else "")
        out.print(f"  {short(one['at'])}  +{_span(one['after_seconds'])}  {what}")
        for reached in one["people"]:
            ways = ", ".join(_way(way) for way in reached["ways"]) or f"NOBODY HEARS THIS: {reached['unreachable']}"
            out.print(f"      {reached['person']['name']}: {ways.rstrip('.')}. {reached['why']}")
        for passed in one["skipped"]:
            out.print(f"      skipped {passed['name']}: {passed['why']}")
    if not data["firings"]:
        out.print("  nobody")


def _way(way: dict[str, Any]) -> str:
    return f"{way['kind']} +{_span(way['after_seconds'])}" if way["after_seconds"] else str(way["kind"])


def _span(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min" + (f" {rest} s" if rest else "")
