"""Integration keys, the addresses of services for their monitors: `watchbill key ...`."""

from __future__ import annotations

import datetime as dt
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from django.conf import settings

from watchbill.cli.app import Json, app, now, operator, out, say, short, table
from watchbill.connectors.rehearsal import Rehearsed, mapping_of, rehearse
from watchbill.connectors.snippets import address, snippet
from watchbill.incidents.models import Service
from watchbill.intake.actions import create_key, revoke_key, rotate_key, set_mapping
from watchbill.intake.models import IntegrationKey
from watchbill.intake.selectors.log import Counts, counts
from watchbill.kernel.errors import Invalid, NotFound
from watchbill.people.rules import parse_duration

key = typer.Typer(no_args_is_help=True, help="Integration keys: where monitors send their events.")
app.add_typer(key, name="key")

Id = Annotated[int, typer.Argument(metavar="ID", help="Its id, from `key list`.")]


class Kind(StrEnum):
    """Which kind of monitor uses the key."""

    EVENTS = "events"
    ALERTMANAGER = "alertmanager"
    GRAFANA = "grafana"
    OPSGENIE = "opsgenie"
    GENERIC = "generic"
    GITHUB_ALERTS = "github-alerts"
    GITLAB_ALERTS = "gitlab-alerts"
    SENTRY = "sentry"
    EMAIL = "email"


@key.command("create")
def key_create(
    service: Annotated[str, typer.Option("--service", help="The service that its events page for.")],
    kind: Annotated[Kind, typer.Option("--kind", help="Which kind of monitor uses it.")] = Kind.EVENTS,
    name: Annotated[str, typer.Option("--name", help="What it is for.")] = "",
    as_json: Json = False,
) -> None:
    """Make a key and print it, this once, with what to paste into the monitor."""
    of = Service.objects.filter(name=service, is_active=True).first()
    if of is None:
        raise NotFound(f"There is no service {service!r}. The configuration file names them: watchbill export.", service=service)
    made, secret = create_key(of, kind.value, name, by=operator(), now=now())
    data = {"key": secret, "id": made.id, "service": of.name, "kind": made.kind}
    say(data, as_json=as_json, human=lambda: sys.stdout.write(_shown_once(made.kind, secret)))


@key.command("rotate")
def key_rotate(
    number: Id,
    overlap: Annotated[str, typer.Option("--overlap", metavar="DURATION", help="How long the old one goes on working.")] = "24h",
    as_json: Json = False,
) -> None:
    """Make a new key in the place of this one and print it, this once. The old one works until the overlap ends."""
    made, secret = rotate_key(number, _span(overlap), by=operator(), now=now())
    old = IntegrationKey.objects.get(pk=number)
    data = {"key": secret, "id": made.id, "service": made.service.name, "kind": made.kind, "replaces": number, "old_ends_at": old.ends_at}
    words = f"{_shown_once(made.kind, secret)}Key {number} (...{old.hint}) works until {short(old.ends_at)}.\n"
    say(data, as_json=as_json, human=lambda: sys.stdout.write(words))


@key.command("list")
def key_list(service: Annotated[str, typer.Option("--service", help="Only this service's.")] = "", as_json: Json = False) -> None:
    """Which keys there are, when each was last used, and how much came by it. Never the keys."""
    rows = IntegrationKey.objects.select_related("service").order_by("service__name", "id")
    if service:
        rows = rows.filter(service__name=service)
    found = list(rows)
    counted = counts([row.id for row in found])
    data = [_listed(row, counted.get(row.id, Counts())) for row in found]
    columns = ("id", "service", "kind", "name", "ends in", "last event", "events", "set aside", "state")
    cells = [
        [
            d["id"],
            d["service"],
            d["kind"],
            d["name"],
            f"...{d['ends_in']}",
            short(d["last_event_at"]) or "never",
            f"{d['events']}{'+' if d['more_events'] else ''}",
            d["set_aside"] or "",
            state_of(d["revoked_at"], d["ends_at"], now()),
        ]
        for d in data
    ]
    say(data, as_json=as_json, human=lambda: table(columns, cells))


@key.command("revoke")
def key_revoke(number: Id) -> None:
    """End a key now: monitors that still use it are refused."""
    revoke_key(number, by=operator(), now=now())
    out.print(f"Key {number} takes no events any more.")


@key.command("snippet")
def key_snippet(number: Id) -> None:
    """What to paste into the monitor, with KEY where the key stands: only its hash is kept."""
    found = _key(number)
    out.print(snippet(found.kind, url=settings.PUBLIC_URL, key="KEY"))


@key.command("mapping")
def key_mapping(
    number: Id,
    file: Annotated[Path | None, typer.Option("--file", metavar="F", help="Set it: YAML or JSON, `-` reads standard input.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Find the fields by their usual names again.")] = False,
) -> None:
    """Where the fields of an alert stand in what this key's monitor sends: show it, or set it."""
    if file is not None or clear:
        wanted = {} if file is None else mapping_of(_read(file))
        set_mapping(number, wanted, by=operator(), now=now())
        out.print(f"Key {number} reads its events by {'this mapping' if wanted else 'the usual names'} from now on.")
        return
    say(_key(number).mapping or {}, as_json=True)


@key.command("try")
def key_try(
    number: Id,
    sample: Annotated[Path, typer.Option("--sample", metavar="FILE", help="A message as the monitor sends it; `-` reads standard input.")],
    file: Annotated[Path | None, typer.Option("--file", metavar="F", help="Try this mapping in the place of the key's.")] = None,
    as_json: Json = False,
) -> None:
    """What would be made of this message? Nothing is stored, nobody is paged."""
    found = _key(number)
    mapping = found.mapping if file is None else mapping_of(_read(file))
    result = rehearse(found.kind, _read(sample), mapping, found.service.severity_map)
    if result.problem:
        raise Invalid(f"It would be refused: {result.problem}")
    data = {"alerts": list(result.alerts), "remark": result.remark}
    say(data, as_json=as_json, human=lambda: _show(result))


def _show(result: Rehearsed) -> None:
    for alert in result.alerts:
        out.print(f"{alert['action']}  {alert['summary']}".rstrip())
        table(
            ("field", "value"),
            [(name, value) for name, value in alert.items() if value and name not in ("action", "summary", "details", "links")],
        )
        for link in alert["links"]:
            out.print(f"  {link['text']}: {link['href']}")
        if alert["details"]:
            out.print(json.dumps(alert["details"], ensure_ascii=False, indent=2))
    out.print(result.remark or ("" if result.alerts else "Nothing would come of it."))


def _listed(row: IntegrationKey, counted: Counts) -> dict[str, Any]:
    return {
        "id": row.id,
        "service": row.service.name,
        "kind": row.kind,
        "name": row.name,
        "ends_in": row.hint,
        "created_at": row.created_at,
        "ends_at": row.ends_at,
        "revoked_at": row.revoked_at,
        "last_event_at": row.last_event_at,
        "replaces": row.follows_id,
        "mapped": bool(row.mapping),
        "events": counted.events,
        "more_events": counted.more,
        "set_aside": counted.aside,
    }


def _key(number: int) -> IntegrationKey:
    found = IntegrationKey.objects.select_related("service").filter(pk=number).first() if 0 < number < 2**63 else None
    if found is None:
        raise NotFound(f"There is no key {number}; `watchbill key list` shows those that exist.")
    return found


def _shown_once(kind: str, secret: str) -> str:
    text = snippet(kind, url=settings.PUBLIC_URL, key=secret)
    return f"{secret}\n{address(kind, url=settings.PUBLIC_URL, key=secret)}\n\n{text}\n"


def _span(text: str) -> dt.timedelta:
    try:
        duration = parse_duration(text)
    except ValueError as error:
        raise Invalid(str(error)) from error
    if duration.elapsed is None and duration.days is None:
        raise Invalid(f"{text!r} has no fixed length; give hours or days, such as 24h or 3 days.")
    return duration.elapsed if duration.elapsed is not None else dt.timedelta(days=duration.days or 0)


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}.") from error


def state_of(revoked_at: dt.datetime | None, ends_at: dt.datetime | None, at: dt.datetime) -> str:
    """One word or two for the table."""
    if revoked_at:
        return f"revoked {short(revoked_at)}"
    if ends_at is None:
        return "works"
    return f"works until {short(ends_at)}" if ends_at > at else f"ended {short(ends_at)}"
