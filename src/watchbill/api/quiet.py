"""Maintenance and heartbeats over HTTP: what is quiet, until when, and who is silent."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Query

from watchbill.api.access import Caller, caller, needs
from watchbill.api.errors import answer
from watchbill.api.lists import cursor_field, entry_id, limit_field
from watchbill.api.shapes import EndIn, ExtendIn, HeartbeatOut, ListOut, MaintenanceIn, MaintenanceOut, Word
from watchbill.intake import actions
from watchbill.intake.selectors import quiet
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import Invalid, NotAllowed, NotFound
from watchbill.people.permissions import Verb, decide

router = Router(tags=["quiet"])
read, write = needs("incidents:read"), needs("incidents:write")


@router.get("/maintenances", response=ListOut[MaintenanceOut], **read)
def list_maintenances(
    request: HttpRequest,
    over: bool = Query(False, description="Those that are over, in the place of those that run or come."),
    cursor: Word = cursor_field(),
    limit: int = limit_field(),
) -> HttpResponse:
    """Services in maintenance, and those that will be, in the order in which they were added; of those that are over the latest first."""
    viewer, after = caller(request).viewer, entry_id(cursor)
    rows = quiet.maintenances_for(viewer, over=over).order_by("-id" if over else "id")
    if after:
        rows = rows.filter(id__lt=after) if over else rows.filter(id__gt=after)
    found = list(rows[: limit + 1])
    held = quiet.held_now(viewer, [row.id for row in found[:limit]])
    items = [quiet.describe_maintenance(row, held.get(row.id, 0)) for row in found[:limit]]
    return answer({"items": items, "next": str(found[limit - 1].id) if len(found) > limit else None})


@router.post("/maintenances", response={201: MaintenanceOut}, **write)
def add_maintenance(request: HttpRequest, body: MaintenanceIn) -> HttpResponse:
    """Announce one, or begin it now. Alerts are kept, nobody is paged, and what still fires at the end is paged from step 1."""
    who, now = caller(request), database_now()
    try:
        service = quiet.service_for(who.viewer, body.service)
    except NotFound as error:  # it stands in a body, and is no address
        raise Invalid(error.message, field="service") from error
    _may(who, service.team_id)
    new = actions.NewMaintenance(
        service=service,
        starts_at=body.starts_at or now,
        ends_at=body.ends_at,
        reason=body.reason,
        when=body.when,
        every=body.every,
        until=body.until,
        zone=body.timezone,
    )
    made = actions.add_maintenance(new, by=who.actor, now=now)
    return _now(who, made.id, status=201)


@router.get("/maintenances/{int:id}", response=MaintenanceOut, **read)
def get_maintenance(request: HttpRequest, id: int) -> HttpResponse:  # noqa: A002  the address names it so
    """One maintenance."""
    return _now(caller(request), id)


@router.post("/maintenances/{int:id}/end", response=MaintenanceOut, **write)
def end_maintenance(request: HttpRequest, id: int, body: EndIn) -> HttpResponse:  # noqa: A002  the same
    """It ends now, and what still fires is paged from step 1."""
    who = _who_may_change(request, id)
    actions.end_maintenance(id, by=who.actor, now=database_now(), this_time=body.this_time)
    return _now(who, id)


@router.post("/maintenances/{int:id}/extend", response=MaintenanceOut, **write)
def extend_maintenance(request: HttpRequest, id: int, body: ExtendIn) -> HttpResponse:  # noqa: A002  the same
    """It ends then, this time: later or sooner."""
    who = _who_may_change(request, id)
    actions.extend_maintenance(id, body.ends_at, by=who.actor, now=database_now())
    return _now(who, id)


@router.get("/heartbeats", response=ListOut[HeartbeatOut], **read)
def list_heartbeats(request: HttpRequest, cursor: Word = cursor_field(), limit: int = limit_field(200)) -> HttpResponse:
    """Who must give signs of life, who is silent, and when each came last."""
    rows = list(quiet.heartbeats_for(caller(request).viewer).filter(id__gt=entry_id(cursor)).order_by("id")[: limit + 1])
    items = [quiet.describe_heartbeat(row) for row in rows[:limit]]
    return answer({"items": items, "next": str(rows[limit - 1].id) if len(rows) > limit else None})


def _who_may_change(request: HttpRequest, maintenance_id: int) -> Caller:
    who = caller(request)
    _may(who, quiet.maintenance_for(who.viewer, maintenance_id).service.team_id)
    return who


def _may(who: Caller, team_id: int) -> None:
    decision = decide(who.viewer, Verb.RESPOND, team_id=team_id)
    if not decision.allowed:
        raise NotAllowed(decision.why)


def _now(who: Caller, maintenance_id: int, *, status: int = 200) -> HttpResponse:
    row = quiet.maintenance_for(who.viewer, maintenance_id)
    data: dict[str, Any] = quiet.describe_maintenance(row, quiet.held_now(who.viewer, [row.id]).get(row.id, 0))
    return answer(data, status)
