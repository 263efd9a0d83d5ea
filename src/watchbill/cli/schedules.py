"""Who has the watch, the shifts, the gaps, and coverage by hand: `watchbill who | shifts | verify | override`."""

from __future__ import annotations

import datetime as dt
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from watchbill.audit.actions import Actor
from watchbill.cli.app import As, Caller, Json, app, caller, err, now, out, say, short, table, usage
from watchbill.cli.watches import phrase, print_why
from watchbill.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from watchbill.people.models import Person
from watchbill.people.rules import parse_time
from watchbill.response.covering import may_cover
from watchbill.schedules import actions, selectors
from watchbill.schedules.models import Override, Schedule
from watchbill.schedules.rules import Finding, news

SHOWN = 10  # warnings of one kind in the terminal; JSON has all of them
MOST_MONTHS = 240
FORESEEN = 12  # months that are looked at before and after a change

override = typer.Typer(no_args_is_help=True, help="Coverage by hand: who takes a watch, replaces somebody, is added, removed or shadows.")
app.add_typer(override, name="override")

Name = Annotated[str, typer.Argument(metavar="SCHEDULE", help="Its name.")]
MayName = Annotated[str, typer.Argument(metavar="[SCHEDULE]", help="Its name; all of them unless said.")]
From = Annotated[str, typer.Option("--from", metavar="TIME", help="RFC 3339, or 2026-11-02T09:00 or a date in the schedule's zone.")]
AcceptGaps = Annotated[bool, typer.Option("--accept-gaps", help="Ask nothing where nobody would have the watch.")]
Made = TypeVar("Made")
To = Annotated[str, typer.Option("--to", metavar="TIME", help="The moment at which it is over.")]


@app.command("who")
def who(
    schedule: MayName = "",
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="As --from of `shifts`; now unless said.")] = "",
    next_: Annotated[bool, typer.Option("--next", help="Also who follows, and when.")] = False,
    why: Annotated[bool, typer.Option("--why", help="Also why: layer by layer, then change by change.")] = False,
    as_json: Json = False,
) -> None:
    """Who has the watch, until when, and who follows."""
    schedules = _schedules(schedule)
    data = _watches(schedules, at)
    if why:
        for watch, each in zip(data, schedules, strict=True):
            watch["why"] = selectors.why_object(each, _time(at, each) if at else now())
    say(data, as_json=as_json, human=lambda: _print_watches(data, with_next=next_))


@app.command("shifts")
def shifts(schedule: Name, start: From, end: To, as_json: Json = False) -> None:
    """The final shifts that touch the range, whole, with their source; gaps are named."""
    found = selectors.by_name(schedule)
    begins, ends = _range(start, end, found)
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


@app.command("verify")
def verify(
    schedule: MayName = "",
    months: Annotated[int, typer.Option("--months", min=1, max=MOST_MONTHS, help="How far ahead.")] = 12,
    as_json: Json = False,
) -> None:
    """Is somebody on watch at every second to come? Gaps (exit 1), and what people cannot stand."""
    reports = selectors.verify(_schedules(schedule), months=months, now=now())
    names = selectors.people_objects(
        person_id for report in reports for person_id in (*report.hours, *(w.person_id for w, _ in report.warnings))
    )
    data = [_report(report, names) for report in reports]
    say(data, as_json=as_json, human=lambda: _print_reports(data))
    if any(report.gaps for report in reports):
        raise typer.Exit(1)


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
    begins, ends = _range(start, end, found)
    person = _somebody(by or take or add or remove or shadow or reverse_shadow)
    change = actions.Change(kind, person, begins, ends, _somebody(replace) if replace else None, layer, reason)
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
    person, replaced = _somebody(by), _somebody(of)
    begins, ends = (_time_in(text, person.timezone) for text in (start, end))
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
    rows = Override.objects.filter(schedule__in=_schedules(schedule)).select_related("schedule", "person", "replaced", "created_by")
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


def _watches(schedules: Sequence[Schedule], at: str) -> list[dict[str, Any]]:
    """A time without a zone is another moment on every schedule."""
    if not at:
        return selectors.who([each.id for each in schedules], at=now())
    return [answer for each in schedules for answer in selectors.who([each.id], at=_time(at, each))]


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
        err.print(f"New: {_said(found, other, names)}")
    if len(warnings) > SHOWN:
        err.print(f"And {len(warnings) - SHOWN} more; `watchbill verify` names all.")


def _may_cover(me: Caller, team_id: int) -> None:
    decision = may_cover(me.viewer(), team_id, now=now())
    if not decision.allowed:
        raise NotAllowed(decision.why)


def _schedules(name: str) -> list[Schedule]:
    if name:
        return [selectors.by_name(name)]
    return list(Schedule.objects.filter(is_active=True).order_by("position", "id"))


def _time(text: str, schedule: Schedule) -> dt.datetime:
    return _time_in(text, schedule.timezone)


def _time_in(text: str, zone: str) -> dt.datetime:
    try:
        return parse_time(text, zone)
    except ValueError as error:
        raise usage(str(error)) from error


def _range(start: str, end: str, schedule: Schedule) -> tuple[dt.datetime, dt.datetime]:
    begins, ends = _time(start, schedule), _time(end, schedule)
    if begins >= ends:
        raise Invalid("The range must end after it begins.")
    return begins, ends


def _one_of(**options: str) -> str:
    given = [name for name, value in options.items() if value]
    if len(given) != 1:
        raise usage("Say one of --take B, --replace A --by B, --add B, --remove A, --shadow B, --reverse-shadow B.")
    return given[0]


def _somebody(handle: str) -> Person:
    found = Person.objects.filter(handle=handle).first() or Person.objects.filter(email__iexact=handle).first()
    return found or _unknown(handle)


def _unknown(handle: str) -> NoReturn:
    raise NotFound(f"There is nobody with the handle {handle}.", handle=handle)


def _person(person: dict[str, str] | None) -> str:
    return person["name"] if person else ""


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


def _report(report: selectors.Report, names: dict[int, dict[str, str]]) -> dict[str, Any]:
    return {
        "schedule": report.schedule.name,
        "from": report.start,
        "to": report.end,
        "gaps": [{"start": start, "end": end} for start, end in report.gaps],
        "warnings": [
            {
                "kind": found.kind,
                "person": names.get(found.person_id),
                "start": found.start,
                "end": found.end,
                "text": _said(found, other, names),
            }
            for found, other in report.warnings
        ],
        "hours": [
            {
                "person": names.get(load.person_id),
                "hours": round(load.watched.total_seconds() / 3600, 2),
                "nights": load.nights,
                "weekends": load.weekends,
                "holidays": load.holidays,
            }
            for load in report.verdict.loads
        ],
    }


def _said(found: Finding, other: str, names: dict[int, dict[str, str]]) -> str:
    return f"{phrase(found, other, names)}, {short(found.start)} to {short(found.end)}."


def _print_reports(data: Iterable[dict[str, Any]]) -> None:
    for report in data:
        gaps = report["gaps"]
        span = f"{report['from']:%Y-%m-%d} to {report['to']:%Y-%m-%d}"
        out.print(f"{report['schedule']}, {span}: {f'{len(gaps)} gaps' if len(gaps) > 1 else 'one gap' if gaps else 'no gap'}")
        for gap in gaps[:SHOWN]:
            out.print(f"  nobody from {short(gap['start'])} to {short(gap['end'])}")
        if len(gaps) > SHOWN:
            out.print(f"  and {len(gaps) - SHOWN} more gaps; --json has all of them")
        for kind, count in Counter(warning["kind"] for warning in report["warnings"]).items():
            for warning in [warning for warning in report["warnings"] if warning["kind"] == kind][:SHOWN]:
                out.print(f"  warning: {warning['text']}")
            if count > SHOWN:
                out.print(f"  and {count - SHOWN} more of this kind; --json has all of them")
        if report["hours"]:
            hours = ", ".join(f"{_person(one['person'])} {one['hours']:,g}" for one in report["hours"])
            out.print(f"  hours on watch: {hours}")
            counts = ", ".join(f"{_person(one['person'])} {one['nights']}/{one['weekends']}/{one['holidays']}" for one in report["hours"])
            out.print(f"  nights/weekends/holidays: {counts}")


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
