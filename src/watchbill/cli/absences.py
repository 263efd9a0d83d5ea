"""Who is away, and which watches that meets: `watchbill timeoff add | list | remove`, or by a calendar: `subscribe`."""

from __future__ import annotations

import datetime as dt
import sys
from typing import Annotated, Any

import typer

from watchbill.cli.app import As, Caller, Json, app, caller_or_none, err, now, operator, operator_viewer, out, say, short, table, usage
from watchbill.kernel.errors import NotAllowed, NotFound
from watchbill.people.absences import add_time_off, end_time_off
from watchbill.people.calendars import calendar_object, subscribe, unsubscribe
from watchbill.people.dismissing import count_again, dismiss, dismissed_object, dismissed_of
from watchbill.people.models import Person, TimeOff
from watchbill.people.rules import parse_time
from watchbill.people.selectors import calendars_of
from watchbill.response.absence import may_keep
from watchbill.schedules.selectors import time_off_objects, time_off_rows

timeoff = typer.Typer(no_args_is_help=True, help="Who is away: which watches that meets is said at once.")
app.add_typer(timeoff, name="timeoff")

Whose = Annotated[str, typer.Option("--person", metavar="HANDLE", help="Whose time off, if not that of --as; for their managers.")]
WRITES = "schedules:write"


@timeoff.command("add")
def timeoff_add(
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="RFC 3339, or 2026-12-24T12:00 or a date in the person's zone.")],
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="The moment at which they are back.")],
    reason: Annotated[str, typer.Option("--reason", help="Seen by them and their managers.")] = "",
    person: Whose = "",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Somebody is away. Watches that this meets are named on standard error."""
    me = caller_or_none(as_, needs=WRITES)
    whose = _whose(me, person)
    _may(me, whose)
    made = add_time_off(whose, _time(start, whose), _time(end, whose), reason, by=me.actor if me else operator(), now=now())
    data = _described([made])[0]
    say(data, as_json=as_json, human=lambda: out.print(f"Time off {made.id}: {whose.name}, {short(made.start)} to {short(made.end)}."))
    for clash in data["clashes"]:
        err.print(
            f"{whose.name} has the watch {clash['schedule']} then, {short(clash['start'])} to {short(clash['end'])}. Find somebody who takes it."
        )


@timeoff.command("list")
def timeoff_list(
    person: Whose = "",
    everything: Annotated[bool, typer.Option("--all", help="Also the latest 200 that are over.")] = False,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Who is away now or will be, and which watches that meets. The operator sees everybody."""
    me = caller_or_none(as_, needs="schedules:read")
    rows = time_off_rows()
    if me is not None or person:
        whose = _whose(me, person)
        _may(me, whose)
        rows = rows.filter(person=whose)
    found = list(rows.filter(end__gt=now()).order_by("start", "id"))
    if everything:
        found = [*reversed(rows.filter(end__lte=now()).order_by("-start", "-id")[:200]), *found]
    data = time_off_objects(found, now=now())
    cells = [
        [
            d["id"],
            d["person"]["name"],
            short(d["start"]),
            short(d["end"]),
            d["reason"] or (f"calendar at {d['calendar']}" if d["calendar"] else ""),
            ", ".join(sorted({c["schedule"] for c in d["clashes"]})),
        ]
        for d in data
    ]
    say(data, as_json=as_json, human=lambda: table(("id", "person", "from", "to", "reason", "meets"), cells))


@timeoff.command("remove")
def timeoff_remove(
    number: Annotated[int, typer.Argument(metavar="ID", help="Its number, from `timeoff list`.")], as_: As = "", as_json: Json = False
) -> None:
    """They work after all. Time off that runs ends now."""
    me = caller_or_none(as_, needs=WRITES)
    if row := TimeOff.objects.select_related("person").filter(pk=number).first():
        _may(me, row.person)
    gone = end_time_off(number, by=me.actor if me else operator(), now=now())
    say(_described([gone])[0], as_json=as_json, human=lambda: out.print(f"Time off {number} is taken back."))


@timeoff.command("subscribe")
def timeoff_subscribe(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Of the calendar, https. `-` reads it from standard input.")],
    everything: Annotated[bool, typer.Option("--every-event", help="Each event counts, not only those whose title says so.")] = False,
    person: Whose = "",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Somebody's time off is read from a calendar, every hour. Its address is kept encrypted, and shown to nobody again."""
    me, typed = caller_or_none(as_, needs=WRITES), sys.stdin.readline() if address == "-" else address
    whose = _own(me, person)
    made = subscribe(whose, typed, everything=everything, by=me.actor if me else operator(), now=now())
    told = f"Calendar {made.id} at {made.host} is read within a minute, and then every hour."
    say(calendar_object(made), as_json=as_json, human=lambda: out.print(told))


@timeoff.command("calendars")
def timeoff_calendars(person: Whose = "", as_: As = "", as_json: Json = False) -> None:
    """Which calendars are read for somebody, when each was read last, and why one cannot be."""
    data = [calendar_object(row) for row in calendars_of(_own(caller_or_none(as_, needs="schedules:read"), person))]
    cells = [
        [d["id"], d["host"], "every event" if d["everything"] else "by title", short(d["read_at"]), d["failures"], d["error"] or ""]
        for d in data
    ]
    say(data, as_json=as_json, human=lambda: table(("id", "host", "counts", "read", "failures", "error"), cells))


@timeoff.command("dismiss")
def timeoff_dismiss(
    number: Annotated[int, typer.Argument(metavar="ID", help="Its number, from `timeoff list`.")],
    series: Annotated[bool, typer.Option("--series", help="Each of its series in the calendar, also those still to come.")] = False,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """What a calendar calls time off is none: it is gone, and stays so when the calendar is read again."""
    me = caller_or_none(as_, needs=WRITES)
    row = TimeOff.objects.filter(pk=number).first()
    if me is not None and row is not None and row.person_id != me.person.id:
        raise NotAllowed("What is no time off in a calendar is its person's own to say.")
    done = dismiss(number, whole=series, by=me.actor if me else operator(), now=now())
    told = (
        f"Dismissed{' as a series' if series else ''}: {short(done.start)} to {short(done.end)}. `timeoff count {done.id}` takes that back."
    )
    say(dismissed_object(done), as_json=as_json, human=lambda: out.print(told))


@timeoff.command("dismissed")
def timeoff_dismissed(person: Whose = "", as_: As = "", as_json: Json = False) -> None:
    """Which events of somebody's calendars they dismissed."""
    data = [dismissed_object(row) for row in dismissed_of(_own(caller_or_none(as_, needs="schedules:read"), person))]
    cells = [[d["id"], d["calendar"], short(d["start"]), short(d["end"]), "its series" if d["series"] else ""] for d in data]
    say(data, as_json=as_json, human=lambda: table(("id", "calendar", "from", "to", "and"), cells))


@timeoff.command("count")
def timeoff_count(
    number: Annotated[int, typer.Argument(metavar="ID", help="Its number, from `timeoff dismissed`.")], as_: As = "", as_json: Json = False
) -> None:
    """What was dismissed is time off after all: it counts when the calendar is read again, within a minute."""
    me = caller_or_none(as_, needs=WRITES)
    if me is not None and number not in {row.id for row in dismissed_of(me.person)}:
        raise NotFound("You dismissed no such event. `watchbill timeoff dismissed` shows what there is.", dismissed=number)
    found = count_again(number, by=me.actor if me else operator(), now=now())
    data = {**dismissed_object(found), "id": number}
    say(data, as_json=as_json, human=lambda: out.print("It counts again when the calendar is read, within a minute."))


@timeoff.command("unsubscribe")
def timeoff_unsubscribe(
    number: Annotated[int, typer.Argument(metavar="ID", help="Its number, from `timeoff calendars`.")], as_: As = "", as_json: Json = False
) -> None:
    """A calendar is read no more. Its time off that has not begun is gone, what runs ends now."""
    me = caller_or_none(as_, needs=WRITES)
    if me is not None and number not in {row.id for row in calendars_of(me.person)}:
        raise NotFound("You have no such calendar. `watchbill timeoff calendars` shows what there is.", calendar=number)
    gone = unsubscribe(number, by=me.actor if me else operator(), now=now())
    say(calendar_object(gone), as_json=as_json, human=lambda: out.print(f"Calendar {number} at {gone.host} is read no more."))


def _own(me: Caller | None, handle: str) -> Person:
    """A calendar is read for oneself; the operator may see to anybody's."""
    whose = _whose(me, handle)
    if me is not None and whose != me.person:
        raise NotAllowed("A calendar is its person's own: they subscribe to it themselves.")
    return whose


def _whose(me: Caller | None, handle: str) -> Person:
    if not handle:
        if me is None:
            raise usage("Whose? Name the person with --person HANDLE, or act as them with --as HANDLE.")
        return me.person
    found = Person.objects.filter(handle=handle).first()
    if found is None:
        raise NotFound(f"There is nobody with the handle {handle}.", handle=handle)
    return found


def _may(me: Caller | None, whose: Person) -> None:
    decision = may_keep(me.viewer() if me else operator_viewer(), whose, now=now())
    if not decision.allowed:
        raise NotAllowed(decision.why)


def _time(text: str, whose: Person) -> dt.datetime:
    try:
        return parse_time(text, whose.timezone)
    except ValueError as error:
        raise usage(str(error)) from error


def _described(rows: list[TimeOff]) -> list[dict[str, Any]]:
    return time_off_objects(rows, now=now())
