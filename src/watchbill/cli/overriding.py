"""Coverage by hand: `watchbill override add | stand-in | list | remove`."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer

from watchbill.audit.actions import Actor
from watchbill.cli.app import As, Caller, Json, app, caller, err, now, out, say, short, table, usage
from watchbill.cli.people import somebody
from watchbill.cli.spans import From, MayName, Name, To, range_on, schedules_named, time_in
from watchbill.cli.watches import said
from watchbill.kernel.errors import NotAllowed, Refused
from watchbill.response.covering import may_cover
from watchbill.schedules import actions, selectors
from watchbill.schedules.models import Override, Schedule
from watchbill.schedules.rules import news

SHOWN = 10  # of one sort in the terminal
FORESEEN = 12  # months that are looked at before and after a change

override = typer.Typer(no_args_is_help=True, help="Coverage by hand: who takes a watch, replaces somebody, is added, removed or shadows.")
app.add_typer(override, name="override")

AcceptGaps = Annotated[bool, typer.Option("--accept-gaps", help="Ask nothing where nobody would have the watch.")]
Made = TypeVar("Made")


@override.command("add")
def override_add(
    schedule: Name,
    start: From,
    end: To,
    take: Annotated[str, typer.Option("--take", metavar="B", help="B has the watch, whoever it was.")] = "",
    replace: Annotated[str, typer.Option("--replace", metavar="A", help="Whoever is replaced, wherever they would have been.")] = "",
    by: Annotated[str, typer.Option("--by", metavar="B", help="Who replaces them.")] = "",
    add: Annotated[str, typer.Option("--add", metavar="B", help="B watches too.")] = "",
    remove: Annotated[str, typer.Option("--remove", metavar="A", help="A does not watch.")] = "",
    shadow: Annotated[str, typer.Option("--shadow", metavar="B", help="B is notified along with whoever has it.")] = "",
    reverse_shadow: Annotated[
        str, typer.Option("--reverse-shadow", metavar="B", help="B has the watch; whoever had it is notified along.")
    ] = "",
    layer: Annotated[str, typer.Option("--layer", help="Only on this layer.")] = "",
    until: Annotated[str, typer.Option("--weekly-until", metavar="DATE", help="The same of every week until this day.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why, for whoever asks later.")] = "",
    accept_gaps: AcceptGaps = False,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Change who has the watch for a while."""
    kind = _one_of(take=take, replace=replace, add=add, remove=remove, shadow=shadow, reverse_shadow=reverse_shadow)
    if (kind == "replace") != bool(by):
        raise usage("--replace A --by B belong together: who is replaced, and by whom.")
    me = caller(as_, needs="schedules:write")
    found = selectors.by_name(schedule)
    _may_cover(me, found.team_id)
    begins, ends = range_on(start, end, found)
    person = somebody(by or take or add or remove or shadow or reverse_shadow)
    change = actions.Change(kind, person, begins, ends, somebody(replace) if replace else None, layer, reason)
    (before,) = selectors.verify([found], months=FORESEEN, now=now())
    made = _agreed(lambda gap: _made(found, change, until, me.actor, allow_gap=gap), accept=accept_gaps)
    said, data = "\n".join(f"Override {each.id}: {_sentence(each)}" for each in made), [selectors.override_object(each) for each in made]
    say(data if until else data[0], as_json=as_json, human=lambda: out.print(said))
    for each in made:
        _say_gaps(found, each)
    _say_news(found, before)


def _agreed(act: Callable[[bool], Made], *, accept: bool) -> Made:
    """A new gap is asked about where somebody can answer. A script has said what it wants, and reads on standard error what that leaves."""
    if accept or not sys.stdin.isatty():
        return act(True)
    try:
        return act(False)
    except actions.NewGap as error:
        err.print(error.message)
        if not typer.confirm("Shall it be so?"):
            raise Refused("Nothing was changed.") from error
        return act(True)


def _made(schedule: Schedule, change: actions.Change, until: str, by: Actor, *, allow_gap: bool) -> list[Override]:
    """The override, or those of every week until that day."""
    if not until:
        return [actions.add_override(schedule, change, by=by, now=now(), allow_gap=allow_gap)]
    try:
        day = dt.date.fromisoformat(until)
    except ValueError as error:
        raise usage(f"{until[:40]!r} is no day; expected one such as 2026-11-02.") from error
    actions.check_change(schedule, change, now=now())
    return actions.add_series(schedule, actions.repeated(schedule, change, day), by=by, now=now(), allow_gap=allow_gap)


@override.command("stand-in")
def override_stand_in(
    of: Annotated[str, typer.Option("--of", metavar="A", help="Whose watches they are.")],
    by: Annotated[str, typer.Option("--by", metavar="B", help="Who takes them.")],
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="RFC 3339, or 2026-11-02T09:00 or a date in B's zone.")],
    end: To,
    reason: Annotated[str, typer.Option("--reason", help="Why, for whoever asks later.")] = "",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """B takes everything of A for a while, on every schedule on which A has the watch: all or none."""
    me = caller(as_, needs="schedules:write")
    person, replaced = somebody(by), somebody(of)
    begins, ends = (time_in(text, person.timezone) for text in (start, end))
    change = actions.Change("replace", person, begins, ends, replaced, reason=reason)
    schedules = [schedule for schedule, _ in actions.everywhere(change, now=now())]
    for each in schedules:
        _may_cover(me, each.team_id)
    before = selectors.verify(schedules, months=FORESEEN, now=now())
    made = actions.add_together([(each, change) for each in schedules], by=me.actor, now=now())
    said = "\n".join(f"Override {each.id} on {each.schedule.name}: {_sentence(each)}" for each in made)
    say([selectors.override_object(each) for each in made], as_json=as_json, human=lambda: out.print(said))
    for schedule, row, report in zip(schedules, made, before, strict=True):
        _say_gaps(schedule, row)
        _say_news(schedule, report)


@override.command("list")
def override_list(
    schedule: MayName = "",
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over or withdrawn.")] = False,
    as_json: Json = False,
) -> None:
    """Which overrides run or are still to come."""
    rows = Override.objects.filter(schedule__in=schedules_named(schedule)).select_related("schedule", "person", "replaced", "created_by")
    if not everything:
        rows = rows.filter(withdrawn_at=None, end__gt=now())
    data = [selectors.override_object(row) for row in rows.order_by("start", "id")]
    columns = ("id", "schedule", "what", "start", "end", "layer", "reason", "state")
    cells = [
        [
            d["id"],
            d["schedule"],
            _what(d),
            short(d["start"]),
            short(d["end"]),
            d["layer"],
            d["reason"],
            "withdrawn" if d["withdrawn_at"] else "",
        ]
        for d in data
    ]
    say(data, as_json=as_json, human=lambda: table(columns, cells))


@override.command("remove")
def override_remove(
    number: Annotated[int, typer.Argument(metavar="ID", help="Its number, from `override list`.")],
    series: Annotated[bool, typer.Option("--series", help="Also all others made together with it, and not over.")] = False,
    accept_gaps: AcceptGaps = False,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Take an override back. One that runs ends now; what it did until now stays."""
    me = caller(as_, needs="schedules:write")
    team_id = Override.objects.filter(id=number).values_list("schedule__team_id", flat=True).first()
    for each in sorted(selectors.teams_of(number)) if series else [team_id]:
        if each is not None:
            _may_cover(me, each)
    if series:
        rows = _agreed(lambda gap: actions.withdraw_series(number, by=me.actor, now=now(), allow_gap=gap), accept=accept_gaps)
        say(
            [selectors.override_object(row) for row in rows],
            as_json=as_json,
            human=lambda: out.print(f"{len(rows)} overrides are withdrawn."),
        )
        return
    gone = _agreed(lambda gap: actions.withdraw_override(number, by=me.actor, now=now(), allow_gap=gap), accept=accept_gaps)
    say(selectors.override_object(gone), as_json=as_json, human=lambda: out.print(f"Override {number} is withdrawn."))


def _say_gaps(schedule: Schedule, made: Override) -> None:
    """On standard error, so that JSON stays JSON: an override may leave nobody, and nobody should find out at night."""
    rows = selectors.shifts_of(schedule.id, made.start, made.end)
    nobody = [f"{short(max(row.start, made.start))} to {short(min(row.end, made.end))}" for row in rows if row.source == "gap"]
    if nobody:
        more = f" and {len(nobody) - SHOWN} times more" if len(nobody) > SHOWN else ""
        err.print(f"Nobody has {schedule.name} now from {', '.join(nobody[:SHOWN])}{more}. Add somebody with --add or --take.")


def _say_news(schedule: Schedule, before: selectors.Report) -> None:
    """What people can stand less than before: only what this change brings, also on standard error."""
    (after,) = selectors.verify([schedule], months=FORESEEN, now=now())
    warnings = news(before.verdict, after.verdict).warnings
    names = selectors.people_objects(found.person_id for found, _ in warnings)
    for found, other in warnings[:SHOWN]:
        err.print(f"New: {said(found, other, names)}")
    if len(warnings) > SHOWN:
        err.print(f"And {len(warnings) - SHOWN} more; `watchbill verify` names all.")


def _may_cover(me: Caller, team_id: int) -> None:
    decision = may_cover(me.viewer(), team_id, now=now())
    if not decision.allowed:
        raise NotAllowed(decision.why)


def _one_of(**options: str) -> str:
    given = [name for name, value in options.items() if value]
    if len(given) != 1:
        raise usage("Say one of --take B, --replace A --by B, --add B, --remove A, --shadow B, --reverse-shadow B.")
    return given[0]


def _what(data: dict[str, Any]) -> str:
    name = data["person"]["name"]
    if data["kind"] == "replace":
        return f"{name} for {data['replaced']['name']}"
    return {
        "take": f"{name} takes it",
        "add": f"{name} too",
        "remove": f"without {name}",
        "shadow": f"{name} shadows whoever has it",
        "reverse_shadow": f"{name} has it, shadowed by whoever had it",
    }[data["kind"]]


def _sentence(row: Override) -> str:
    where = f"{row.schedule.name}, {row.layer_name}" if row.layer_name else row.schedule.name
    return f"{_what(selectors.override_object(row))}, on {where}, from {short(row.start)} to {short(row.end)}."
