"""What is quiet, why and until when; who gives signs of life; which route was used how often. For one viewer.

Maintenances and heartbeats of an open service are for everybody with an account, as its incidents are. Those of a restricted service are
for responders of its team: their reasons and names may say what nobody else must learn. Of held-back incidents only those count that the
viewer may see.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Q, QuerySet, Value, When

from watchbill.incidents.models import Service
from watchbill.incidents.selectors import visible_to
from watchbill.intake.models import Heartbeat, HeldBack, IntegrationKey, Listening, Maintenance, RouteUse
from watchbill.intake.rules import mark_of
from watchbill.intake.rules.heartbeats import LISTENS
from watchbill.kernel.errors import NotFound
from watchbill.paging.models import Page
from watchbill.people.permissions import Verb, Viewer, decide

EVERY = {None: "", 1: "1 day", 7: "1 week"}
LARGEST = 2**63 - 1
ORDER = Case(When(state="running", then=Value(0)), When(state="coming", then=Value(1)), default=Value(2))


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One route as the page shows it. `used`: since it says what it says."""

    position: int
    when: dict[str, str]
    to: dict[str, Any]
    used: int
    last_at: dt.datetime | None


def services_for(viewer: Viewer) -> QuerySet[Service]:
    """Active services whose quiet the viewer may learn of."""
    active = Service.objects.filter(is_active=True).select_related("team")
    if viewer.is_admin:
        return active
    if not decide(viewer, Verb.SEE).allowed:
        return active.none()
    return active.filter(Q(restricted=False) | Q(team_id__in=_teams(viewer)))


def service_for(viewer: Viewer, name: str) -> Service:
    """Raises NotFound alike for one that does not exist and one that must not be learned of."""
    found = services_for(viewer).filter(name=name).first()
    if found is None:
        raise NotFound(f"There is no service {name[:200]!r} here. Look at the list of services for its name.")
    return found


def services_to_change(viewer: Viewer) -> list[Service]:
    """Those that the viewer may put into maintenance."""
    return [row for row in services_for(viewer).order_by("name") if decide(viewer, Verb.RESPOND, team_id=row.team_id).allowed]


def maintenances_for(viewer: Viewer, *, over: bool = False) -> QuerySet[Maintenance]:
    """Those that run, then those that come, by their begin; with `over` those that are over instead, the latest first."""
    rows = Maintenance.objects.select_related("service__team", "created_by", "ended_by").filter(service__in=services_for(viewer))
    if over:
        return rows.filter(state=Maintenance.State.OVER).order_by("-ends_at", "-id")
    return rows.exclude(state=Maintenance.State.OVER).order_by(ORDER, "starts_at", "id")


def maintenance_for(viewer: Viewer, maintenance_id: int) -> Maintenance:
    """Raises NotFound alike for one that does not exist and one that must not be learned of."""
    rows = Maintenance.objects.select_related("service__team", "created_by", "ended_by").filter(service__in=services_for(viewer))
    found = rows.filter(pk=maintenance_id).first() if 0 < maintenance_id <= LARGEST else None
    if found is None:
        raise NotFound(f"There is no maintenance {maintenance_id} here. Look at the list for its number.")
    return found


def held_now(viewer: Viewer, maintenance_ids: Iterable[int]) -> dict[int, int]:
    """How many incidents that the viewer may see each of these holds back at this moment."""
    rows = _holding(viewer).filter(maintenance_id__in=list(maintenance_ids))
    return dict(Counter(rows.values_list("maintenance_id", flat=True)))


def running_now(viewer: Viewer, *, now: dt.datetime) -> list[tuple[Maintenance, int]]:
    """What is quiet at this moment, the first to end first, and how many incidents each holds back."""
    rows = list(maintenances_for(viewer).filter(starts_at__lte=now, ends_at__gt=now).order_by("ends_at", "id"))
    held = held_now(viewer, [row.id for row in rows]) if rows else {}
    return [(row, held.get(row.id, 0)) for row in rows]


def holding(viewer: Viewer, incident_id: int) -> list[Maintenance]:
    """The maintenances that hold this incident back now, the longest first."""
    rows = _holding(viewer).filter(incident_id=incident_id).select_related("maintenance__service", "maintenance__created_by")
    return sorted((row.maintenance for row in rows), key=lambda one: one.ends_at, reverse=True)


def describe_maintenance(row: Maintenance, held: int) -> dict[str, Any]:
    """A maintenance as every answer has it."""
    return {
        "id": row.id,
        "service": row.service.name,
        "team": row.service.team.name,
        "state": row.state,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "reason": row.reason,
        "when": row.when,
        "every": EVERY.get(row.every_days, f"{row.every_days} days"),
        "until": row.until,
        "timezone": row.zone,
        "by": row.created_by.handle if row.created_by else None,
        "ended_by": row.ended_by.handle if row.ended_by else None,
        "holds": held,
    }


def heartbeats_for(viewer: Viewer) -> QuerySet[Heartbeat]:
    """Those of services that the viewer may learn of; the silent ones first."""
    rows = Heartbeat.objects.filter(is_active=True, service__in=services_for(viewer)).select_related("service__team")
    return rows.order_by("late_at", "name")  # PostgreSQL puts those that are not late last


def heartbeat_for(viewer: Viewer, heartbeat_id: int) -> Heartbeat:
    """Raises NotFound alike for one that does not exist and one that must not be learned of."""
    found = heartbeats_for(viewer).filter(pk=heartbeat_id).first() if 0 < heartbeat_id <= LARGEST else None
    if found is None:
        raise NotFound(f"There is no heartbeat {heartbeat_id} here.")
    return found


def state_of(row: Heartbeat) -> str:
    """silent | waits (for its first sign) | beats"""
    if row.late_at is not None:
        return "silent"
    return "waits" if row.last_at is None else "beats"


def describe_heartbeat(row: Heartbeat) -> dict[str, Any]:
    """A heartbeat as every answer has it."""
    return {
        "id": row.id,
        "name": row.name,
        "service": row.service.name,
        "team": row.service.team.name,
        "state": state_of(row),
        "every_seconds": row.every_seconds,
        "grace_seconds": row.grace_seconds,
        "severity": row.severity,
        "last_at": row.last_at,
        "silent_since": row.late_at,
    }


def keys_of(heartbeat_ids: Iterable[int], *, now: dt.datetime) -> dict[int, list[IntegrationKey]]:
    """The keys by which each of these is fed and that work now."""
    found: dict[int, list[IntegrationKey]] = {}
    works = Q(revoked_at=None) & (Q(ends_at=None) | Q(ends_at__gt=now))
    for key in IntegrationKey.objects.filter(works, heartbeat_id__in=list(heartbeat_ids)).order_by("id"):
        found.setdefault(key.heartbeat_id or 0, []).append(key)
    return found


def hears(*, now: dt.datetime) -> bool:
    """Does the front door listen for signs of life? While it does not, nobody is late."""
    row = Listening.objects.first()
    return row is not None and now - row.last_at < LISTENS


def hidden_from(viewer: Viewer) -> frozenset[str]:
    """Names of services, past ones too, that the viewer must not learn of."""
    rows = Service.objects.filter(restricted=True).exclude(pk__in=services_for(viewer).values("pk"))
    return frozenset(rows.values_list("name", flat=True))


def without_hidden(viewer: Viewer, details: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Details of records of the audit, without the names of hidden services to which a route led or leads."""
    if not any("routes" in (detail.get("fields") or {}) for detail in details):
        return list(details)
    hidden = hidden_from(viewer)
    return [_unnamed(detail, hidden) for detail in details]


def routes_of(services: Sequence[Service], *, hidden: Collection[str] = ()) -> dict[int, list[RouteRow]]:
    """The routes of these services, in their order, each with how often it was used. `hidden`: places that are not named."""
    used: dict[tuple[int, str], tuple[int, dt.datetime]] = {}
    for row in RouteUse.objects.filter(service__in=services):
        count, last = used.get((row.service_id, row.mark), (0, row.last_at))
        used[row.service_id, row.mark] = (count + row.count, max(last, row.last_at))
    return {
        service.id: [
            RouteRow(position, one["when"], _masked(one["to"], hidden), *used.get((service.id, mark_of(one)), (0, None)))
            for position, one in enumerate(service.routes, start=1)
        ]
        for service in services
    }


def _unnamed(detail: dict[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    change = (detail.get("fields") or {}).get("routes")
    if not isinstance(change, list):
        return detail
    said = [[{**one, "to": _masked(one["to"], hidden)} for one in routes] if isinstance(routes, list) else routes for routes in change]
    return {**detail, "fields": {**detail["fields"], "routes": said}}


def _masked(to: dict[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    return {**to, "service": "a restricted service"} if to.get("service") in hidden else to


def _holding(viewer: Viewer) -> QuerySet[HeldBack]:
    """What is held back at this moment: the maintenance runs, and a page of the incident waits for it."""
    waiting = Page.objects.filter(status=Page.Status.PAUSED, maintenance_at__isnull=False).values("incident_id")
    rows = HeldBack.objects.filter(maintenance__state=Maintenance.State.RUNNING, incident_id__in=waiting)
    return rows.filter(incident__in=visible_to(viewer), maintenance__service__in=services_for(viewer))


def _teams(viewer: Viewer) -> list[int]:
    return [team for team in viewer.roles if decide(viewer, Verb.RESPOND, team_id=team).allowed]
