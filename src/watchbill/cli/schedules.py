"""Who has the watch, and the shifts: `watchbill who | shifts`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from watchbill.cli.app import Json, app, now, say, short, table
from watchbill.cli.spans import From, MayName, Name, To, range_on, schedules_named, time_on
from watchbill.cli.watches import print_why
from watchbill.schedules import selectors
from watchbill.schedules.models import Schedule


@app.command("who")
def who(
    schedule: MayName = "",
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="As --from of `shifts`; now unless said.")] = "",
    next_: Annotated[bool, typer.Option("--next", help="Also who follows, and when.")] = False,
    why: Annotated[bool, typer.Option("--why", help="Also why: layer by layer, then change by change.")] = False,
    as_json: Json = False,
) -> None:
    """Who has the watch, until when, and who follows."""
    schedules = schedules_named(schedule)
    data = _watches(schedules, at)
    if why:
        for watch, each in zip(data, schedules, strict=True):
            watch["why"] = selectors.why_object(each, time_on(at, each) if at else now())
    say(data, as_json=as_json, human=lambda: _print_watches(data, with_next=next_))


@app.command("shifts")
def shifts(schedule: Name, start: From, end: To, as_json: Json = False) -> None:
    """The final shifts that touch the range, whole, with their source; gaps are named."""
    found = selectors.by_name(schedule)
    begins, ends = range_on(start, end, found)
    data = selectors.shift_objects(found.id, begins, ends)
    rows = [
        [
            short(d["start"]),
            short(d["end"]),
            (_person(d["person"]) or "NOBODY") + (" (shadow)" if "shadow" in d else ""),
            d["source"],
            d["layer"],
        ]
        for d in data
    ]
    say(data, as_json=as_json, human=lambda: table(("start", "end", "person", "source", "layer"), rows))


def _watches(schedules: Sequence[Schedule], at: str) -> list[dict[str, Any]]:
    """A time without a zone is another moment on every schedule."""
    if not at:
        return selectors.who([each.id for each in schedules], at=now())
    return [answer for each in schedules for answer in selectors.who([each.id], at=time_on(at, each))]


def _print_watches(data: Sequence[dict[str, Any]], *, with_next: bool) -> None:
    rows = []
    for watch in data:
        first = watch["schedule"]
        for one in watch["on_call"] or [None]:
            reachable = one and one["reachable_from"]
            rows.append(
                [first, _person(one["person"]) if one else "NOBODY", short(one["until"]) if one else "", short(reachable) if one else ""]
            )
            first = ""
        if with_next:
            rows += [["", f"then {_person(one['person'])}", f"from {short(one['from'])}", ""] for one in watch["next"]]
    table(("schedule", "on call", "until", "reachable from"), rows)
    for watch in data:
        if "why" in watch:
            print_why(watch["why"])


def _person(person: dict[str, str] | None) -> str:
    return person["name"] if person else ""
