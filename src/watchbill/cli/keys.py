"""Integration keys, the addresses of services for their monitors: `watchbill key ...`."""

from __future__ import annotations

import datetime as dt
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer
from django.conf import settings

from watchbill.cli.app import Json, app, now, operator, out, say, short, table
from watchbill.incidents.models import Service
from watchbill.intake.actions import create_key, revoke_key
from watchbill.intake.models import IntegrationKey
from watchbill.kernel.errors import NotFound

key = typer.Typer(no_args_is_help=True, help="Integration keys: where monitors send their events.")
app.add_typer(key, name="key")


class Kind(StrEnum):
    """Which kind of monitor uses the key."""

    EVENTS = "events"
    ALERTMANAGER = "alertmanager"
    GRAFANA = "grafana"
    OPSGENIE = "opsgenie"
    GENERIC = "generic"
    EMAIL = "email"


# Where a monitor of that kind sends; the key goes into the address or into the body.
ADDRESS = {
    Kind.EVENTS: "{url}/v2/enqueue   (routing_key: {key})",
    Kind.ALERTMANAGER: "{url}/in/alertmanager/{key}",
}


@key.command("create")
def key_create(
    service: Annotated[str, typer.Option("--service", help="The service that its events page for.")],
    kind: Annotated[Kind, typer.Option("--kind", help="Which kind of monitor uses it.")] = Kind.EVENTS,
    name: Annotated[str, typer.Option("--name", help="What it is for.")] = "",
    as_json: Json = False,
) -> None:
    """Make a key and print it, this once."""
    of = Service.objects.filter(name=service, is_active=True).first()
    if of is None:
        raise NotFound(f"There is no service {service!r}. The configuration file names them: watchbill export.", service=service)
    made, secret = create_key(of, kind.value, name, by=operator(), now=now())
    data = {"key": secret, "id": made.id, "service": of.name, "kind": made.kind}
    where = ADDRESS.get(kind, "").format(url=settings.PUBLIC_URL, key=secret)
    say(data, as_json=as_json, human=lambda: sys.stdout.write(f"{secret}\n{where}\n" if where else f"{secret}\n"))


@key.command("list")
def key_list(service: Annotated[str, typer.Option("--service", help="Only this service's.")] = "", as_json: Json = False) -> None:
    """Which keys there are, and when each was last used. Never the keys."""
    rows = IntegrationKey.objects.select_related("service").order_by("service__name", "id")
    if service:
        rows = rows.filter(service__name=service)
    data: list[dict[str, Any]] = [
        {
            "id": row.id,
            "service": row.service.name,
            "kind": row.kind,
            "name": row.name,
            "ends_in": row.hint,
            "created_at": row.created_at,
            "ends_at": row.ends_at,
            "revoked_at": row.revoked_at,
            "last_event_at": row.last_event_at,
        }
        for row in rows
    ]
    columns = ("id", "service", "kind", "name", "ends in", "last event", "state")
    cells = [
        [
            d["id"],
            d["service"],
            d["kind"],
            d["name"],
            f"...{d['ends_in']}",
            short(d["last_event_at"]) or "never",
            state_of(d["revoked_at"], d["ends_at"]),
        ]
        for d in data
    ]
    say(data, as_json=as_json, human=lambda: table(columns, cells))


@key.command("revoke")
def key_revoke(number: Annotated[int, typer.Argument(metavar="ID", help="Its id, from `key list`.")]) -> None:
    """End a key now: monitors that still use it are refused."""
    revoke_key(number, by=operator(), now=now())
    out.print(f"Key {number} takes no events any more.")


def state_of(revoked_at: dt.datetime | None, ends_at: dt.datetime | None) -> str:
    """One word or two for the table."""
    if revoked_at:
        return f"revoked {short(revoked_at)}"
    return f"works until {short(ends_at)}" if ends_at else "works"
