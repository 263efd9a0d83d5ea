"""What is quiet and who is silent: `watchbill maintenance ...` and `watchbill heartbeat ...`."""

from __future__ import annotations

import datetime as dt
import sys
from typing import Annotated, Any

import typer
from django.conf import settings

from watchbill.cli.app import As, Caller, Json, app, caller_or_none, now, operator, operator_viewer, out, say, short, table, usage
from watchbill.connectors.snippets import address, snippet
from watchbill.intake import actions
from watchbill.intake.models import Maintenance
from watchbill.intake.rules import conditions_of
from watchbill.intake.selectors import quiet
from watchbill.kernel.errors import Invalid, NotAllowed
from watchbill.people.permissions import Verb, Viewer, decide
from watchbill.people.rules import Duration, parse_duration, parse_time

maintenance = typer.Typer(no_args_is_help=True, help="Work on a service: its alerts are kept, and nobody is paged until the end.")
app.add_typer(maintenance, name="maintenance")
heartbeat = typer.Typer(no_args_is_help=True, help="Who must give signs of life, and who is silent.")
app.add_typer(heartbeat, name="heartbeat")

WRITES = "incidents:write"
Id = Annotated[int, typer.Argument(metavar="ID", help="Its number, from `maintenance list`.")]
FIELDS = "summary, severity, source, component, group, class, dedup_key, or a field of the details"


@maintenance.command("add")
def maintenance_add(
    service: Annotated[str, typer.Option("--service", help="The service that is worked on.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for whoever wonders at night.")],
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="RFC 3339, or a clock time of --timezone; now unless said.")] = "",
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="When it is over.")] = "",
    length: Annotated[str, typer.Option("--for", metavar="DURATION", help="In the place of --to: how long, such as 2h.")] = "",
    when: Annotated[
        list[str] | None, typer.Option("--when", metavar="FIELD=VALUE", help=f"Only alerts that fit; VALUE or /pattern/. {FIELDS}.")
    ] = None,
    every: Annotated[str, typer.Option("--every", metavar="'1 day'|'1 week'", help="Again at the same clock times.")] = "",
    until: Annotated[str, typer.Option("--until", metavar="TIME", help="One that recurs does not begin again from then on.")] = "",
    timezone: Annotated[str, typer.Option("--timezone", metavar="ZONE", help="Of clock times, as Europe/Berlin.")] = "UTC",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Announce a maintenance, or begin one now. It always has an end."""
    me = caller_or_none(as_, needs=WRITES)
    of = quiet.service_for(_viewer(me), service)
    _may(me, of.team_id)
    moment = now()
    begins = _time(start, timezone) if start else moment
    if bool(end) == bool(length):
        raise usage("Say when it is over: --to TIME, or --for DURATION.")
    new = actions.NewMaintenance(
        service=of,
        starts_at=begins,
        ends_at=_time(end, timezone) if end else begins + _length(length),
        reason=reason,
        when=_conditions(when or []),
        every=every,
        until=_time(until, timezone) if until else None,
        zone=timezone,
    )
    made = actions.add_maintenance(new, by=me.actor if me else operator(), now=moment)
    data = _described(_viewer(me), made.id)
    said = (
        f"Maintenance {made.id} of {of.name}: {short(made.starts_at)} to {short(made.ends_at)}. Incidents held back now: {data['holds']}."
    )
    say(data, as_json=as_json, human=lambda: out.print(said))


@maintenance.command("list")
def maintenance_list(
    everything: Annotated[bool, typer.Option("--all", help="Also the latest 200 that are over.")] = False,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """What runs and what comes, until when, why, and how many incidents each holds back now."""
    viewer = _viewer(caller_or_none(as_, needs="incidents:read"))
    rows = list(quiet.maintenances_for(viewer))
    if everything:
        rows += list(quiet.maintenances_for(viewer, over=True)[:200])
    held = quiet.held_now(viewer, [row.id for row in rows])
    data = [quiet.describe_maintenance(row, held.get(row.id, 0)) for row in rows]
    columns = ("id", "service", "state", "from", "to", "only", "every", "holds", "reason")
    cells = [
        [
            d["id"],
            d["service"],
            d["state"],
            short(d["starts_at"]),
            short(d["ends_at"]),
            ", ".join(f"{field}={value}" for field, value in d["when"].items()),
            d["every"],
            d["holds"] or "",
            d["reason"],
        ]
        for d in data
    ]
    say(data, as_json=as_json, human=lambda: table(columns, cells))


@maintenance.command("end")
def maintenance_end(
    number: Id,
    this_time: Annotated[bool, typer.Option("--this-time", help="One that recurs comes again next time.")] = False,
    as_: As = "",
    as_json: Json = False,
) -> None:
    """End it now. What still fires is paged from step 1."""
    me = caller_or_none(as_, needs=WRITES)
    _may(me, quiet.maintenance_for(_viewer(me), number).service.team_id)
    ended = actions.end_maintenance(number, by=me.actor if me else operator(), now=now(), this_time=this_time)
    again = f" It comes again {short(ended.starts_at)}." if ended.state != Maintenance.State.OVER else ""
    say(_described(_viewer(me), number), as_json=as_json, human=lambda: out.print(f"Maintenance {number} is over.{again}"))


@heartbeat.command("list")
def heartbeat_list(as_: As = "", as_json: Json = False) -> None:
    """Who gives signs of life, who is silent, and when each came last."""
    viewer = _viewer(caller_or_none(as_, needs="incidents:read"))
    rows = list(quiet.heartbeats_for(viewer))
    keys = quiet.keys_of([row.id for row in rows], now=now())
    data = [{**quiet.describe_heartbeat(row), "keys": len(keys.get(row.id, []))} for row in rows]
    columns = ("name", "service", "state", "every", "grace", "last sign", "silent since", "keys")
    cells = [
        [
            d["name"],
            d["service"],
            d["state"],
            _span(d["every_seconds"]),
            _span(d["grace_seconds"]),
            short(d["last_at"]) or "never",
            short(d["silent_since"]),
            d["keys"] or "none",
        ]
        for d in data
    ]
    say(data, as_json=as_json, human=lambda: table(columns, cells))


@heartbeat.command("key")
def heartbeat_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, from the configuration file.")], as_json: Json = False
) -> None:
    """Make a key for its signs and print it, this once, with what to paste. `watchbill key rotate` replaces it."""
    made, secret = actions.create_heartbeat_key(name, by=operator(), now=now())
    where, text = (render("heartbeat", url=settings.PUBLIC_URL, key=secret) for render in (address, snippet))
    data = {"key": secret, "id": made.id, "heartbeat": name, "service": made.service.name, "address": where}
    say(data, as_json=as_json, human=lambda: sys.stdout.write(f"{secret}\n{where}\n\n{text}\n"))


def _viewer(me: Caller | None) -> Viewer:
    return me.viewer() if me else operator_viewer()


def _may(me: Caller | None, team_id: int) -> None:
    decision = decide(_viewer(me), Verb.RESPOND, team_id=team_id)
    if not decision.allowed:
        raise NotAllowed(decision.why)


def _described(viewer: Viewer, number: int) -> dict[str, Any]:
    return quiet.describe_maintenance(quiet.maintenance_for(viewer, number), quiet.held_now(viewer, [number]).get(number, 0))


def _conditions(words: list[str]) -> dict[str, str]:
    try:
        return conditions_of(words)
    except ValueError as error:
        raise usage(f"--when {error}") from error


def _time(text: str, zone: str) -> dt.datetime:
    try:
        return parse_time(text, zone)
    except ValueError as error:
        raise usage(str(error)) from error
    except (LookupError, OSError) as error:
        raise usage(f"There is no time zone {zone[:60]!r}; expected one such as Europe/Berlin.") from error


def _length(text: str) -> dt.timedelta:
    try:
        duration = parse_duration(text)
    except ValueError as error:
        raise usage(str(error)) from error
    if duration.elapsed is None:
        raise Invalid(f"{text!r} is not so long on every clock; give hours or minutes, such as 2h or 90m.")
    return duration.elapsed


def _span(seconds: int) -> str:
    return str(Duration(elapsed=dt.timedelta(seconds=seconds)))
