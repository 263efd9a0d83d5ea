"""Read everything stored that these events can touch, in a handful of statements whatever their number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import connection

from watchbill.incidents.models import Service
from watchbill.intake.actions.running import draft_of, running_in
from watchbill.intake.models import Alert
from watchbill.intake.rules import (
    SEVERITIES,
    AlertState,
    Draft,
    IncidentState,
    Incoming,
    Route,
    Routed,
    ServiceRule,
    Storm,
    Verb,
    World,
    group_key,
    read_routes,
)
from watchbill.paging.models import Policy
from watchbill.response.rules import urgency

# By hand, as every event waits for it.
SERVICES = "SELECT s.*, t.desk AS team_desk, t.critical_anyway AS team_anyway FROM incidents_service s JOIN people_team t ON t.id = s.team_id WHERE"
HELD = "EXISTS (SELECT FROM paging_page p WHERE p.incident_id = i.id AND p.status = 'paused' AND p.maintenance_at IS NOT NULL)"
FIRING = """
WITH w AS MATERIALIZED (SELECT * FROM unnest(%s::bigint[], %s::text[]) w(service_id, dedup_key))
SELECT a.id, a.service_id, a.incident_id, a.dedup_key, a.severity, a.summary, a.first_at, a.last_at, a.acknowledged_at, a.sources
FROM w JOIN intake_alert a ON a.service_id = w.service_id AND a.dedup_key = w.dedup_key AND a.state = 'firing'
UNION
SELECT a.id, a.service_id, a.incident_id, a.dedup_key, a.severity, a.summary, a.first_at, a.last_at, a.acknowledged_at, a.sources
FROM w JOIN intake_alert a ON a.dedup_key = w.dedup_key AND a.state = 'firing' AND NOT a.sources = '{}' AND w.service_id = ANY(a.sources)
"""
FIRING_OF_GROUP = """
WITH w AS MATERIALIZED (SELECT * FROM unnest(%s::bigint[], %s::text[]) w(service_id, prefix))
SELECT a.id, a.service_id, a.incident_id, a.dedup_key, a.severity, a.summary, a.first_at, a.last_at, a.acknowledged_at, a.sources
FROM w JOIN intake_alert a ON a.service_id = w.service_id AND starts_with(a.dedup_key, w.prefix) AND a.state = 'firing'
UNION
SELECT a.id, a.service_id, a.incident_id, a.dedup_key, a.severity, a.summary, a.first_at, a.last_at, a.acknowledged_at, a.sources
FROM w JOIN intake_alert a ON starts_with(a.dedup_key, w.prefix) AND a.state = 'firing' AND NOT a.sources = '{}' AND w.service_id = ANY(a.sources)
"""
LATEST_RESOLVED = """
SELECT w.service_id, w.dedup_key, a.incident_id, a.resolved_at, a.sources
FROM unnest(%s::bigint[], %s::text[]) w(service_id, dedup_key)
CROSS JOIN LATERAL (
    SELECT incident_id, resolved_at, sources FROM intake_alert l WHERE l.service_id = w.service_id AND l.dedup_key = w.dedup_key ORDER BY l.id DESC LIMIT 1
) a
"""
GROUPS = f"""
SELECT i.service_id, i.group_key, h.held, max(i.id)
FROM unnest(%s::bigint[], %s::text[]) w(service_id, group_key)
JOIN incidents_incident i ON i.service_id = w.service_id AND i.group_key = w.group_key
    AND i.status <> 'resolved' AND i.group_key <> '' AND i.cleared_at IS NULL
CROSS JOIN LATERAL (SELECT {HELD}) h(held)
GROUP BY i.service_id, i.group_key, h.held
"""
# How many incidents opened lately, counting as far as the guard asks; and the storm incident that may still take more.
RECENT = f"""
SELECT w.service_id,
    (SELECT count(*) FROM (SELECT 1 FROM incidents_incident i
        WHERE i.service_id = w.service_id AND i.opened_at > w.since LIMIT w.most) one),
    (SELECT max(i.id) FROM incidents_incident i WHERE i.service_id = w.service_id AND i.storm AND i.status <> 'resolved' AND NOT {HELD}),
    (SELECT max(i.id) FROM incidents_incident i WHERE i.service_id = w.service_id AND i.storm AND i.status <> 'resolved' AND {HELD})
FROM unnest(%s::bigint[], %s::timestamptz[], %s::int[]) w(service_id, since, most)
"""
JOINED_STORM = """
SELECT w.incident_id, (SELECT count(*) FROM (SELECT 1 FROM intake_alert a
    WHERE a.incident_id = w.incident_id AND a.first_at > w.since LIMIT w.most) one)
FROM unnest(%s::bigint[], %s::timestamptz[], %s::int[]) w(incident_id, since, most)
"""
# Locked, so that nobody resolves the incident while an alert joins it: the alert would never be seen.
INCIDENTS = f"""
SELECT i.id, i.service_id, i.number, i.severity, i.status = 'resolved', i.cleared_at IS NOT NULL, i.restricted, i.storm, i.group_key, i.last_alert_at,
    EXISTS (SELECT FROM paging_page p WHERE p.incident_id = i.id AND p.purpose = 'respond' AND p.urgency = 'low'
        AND p.status IN ('triggered', 'exhausted', 'paused')), {HELD}
FROM incidents_incident i WHERE i.id = ANY(%s) ORDER BY i.id
"""
# The lock of its own service does not hold an alert that a route sent to another one: that one's events may have changed it before we had its incident.
CHANGED = """
SELECT count(*) FROM unnest(%s::bigint[], %s::bigint[]) w(id, incident_id) JOIN intake_alert a ON a.id = w.id
WHERE a.incident_id <> w.incident_id OR a.state <> 'firing'
"""
STILL_FIRING = "SELECT incident_id, count(*) FROM intake_alert WHERE incident_id = ANY(%s) AND state = 'firing' GROUP BY incident_id"


class Changed(Exception):
    """An alert of another service is not as it was read: the round begins anew."""


def service_rules(service_ids: Collection[int]) -> dict[int, ServiceRule]:
    """What these services say about their events, and those to which their routes may send them."""
    rows = _services(service_ids)
    to = [one["to"] for row in rows for one in row.routes]
    names = {name for name in (one.get("service") for one in to) if name}
    wanted = {name for name in (one.get("policy") for one in to) if name}
    others = list(Service.objects.raw(f"{SERVICES} s.name = ANY(%s) AND s.is_active", [sorted(names)])) if names else []
    policies = dict(Policy.objects.filter(name__in=wanted, is_active=True).values_list("name", "id")) if wanted else {}
    services = {row.name: row.id for row in others}
    rules = {row.id: _rule(row) for row in others}
    return rules | {row.id: _rule(row, read_routes(row.routes, row.name, services, policies)) for row in rows}


def load_in(events: Sequence[Incoming], services: dict[int, ServiceRule], *, now: dt.datetime) -> World:
    """The world of these events; its incidents are locked in the open transaction. Raises Changed."""
    drafts = [(event.service_id, draft) for event in events for draft in event.parsed.drafts]
    world = World(services=services, quiet=running_in(services, now=now))
    triggers = [
        (each.service_id, draft, each)
        for event in events
        for draft, each in zip(event.parsed.drafts, event.routed, strict=True)
        if each is not None
    ]
    _alerts([*drafts, *((service_id, draft) for service_id, draft, _ in triggers)], world)
    known = set(world.alerts)
    new = {(service_id, draft.dedup_key): draft for service_id, draft, _ in triggers if (service_id, draft.dedup_key) not in known}
    if triggers:
        _previous(new, world)
        _groups(triggers, world)
        _storms(sorted({service_id for service_id, _, _ in triggers}), world, now=now)
    _incidents(world)
    _as_read({service_id for service_id, _ in drafts}, world)
    _services_of_incidents(world, services, now=now)
    _said(drafts, world)
    if any(draft.verb is Verb.RESOLVE for _, draft in drafts):
        _still_firing(world)
    return world


def _alerts(drafts: Iterable[tuple[int, Draft]], world: World) -> None:
    keys = sorted({(service_id, draft.dedup_key) for service_id, draft in drafts if not draft.all_with_prefix})
    groups = sorted({(service_id, draft.dedup_key) for service_id, draft in drafts if draft.all_with_prefix})
    rows = _pairs(FIRING, keys) + (_pairs(FIRING_OF_GROUP, groups) if groups else [])
    for id_, service_id, incident_id, key, severity, summary, first_at, last_at, acknowledged_at, sources in rows:
        state = AlertState(
            id_,
            service_id,
            incident_id,
            key,
            severity,
            None,
            first_at,
            last_at,
            acknowledged_at=acknowledged_at,
            summary=summary,
            sources=frozenset(sources),
        )
        world.alerts.setdefault((service_id, key), state)
        world.sent.update({(origin, key): (service_id, key) for origin in sources if origin != service_id})


def _said(drafts: Iterable[tuple[int, Draft]], world: World) -> None:
    """What alerts say until now that their source changes in part, where a maintenance may go by it."""
    changing = {(service_id, draft.dedup_key) for service_id, draft in drafts if draft.verb is Verb.CHANGE} if world.quiet else set()
    places = changing | {world.sent[place] for place in changing if place in world.sent}
    wanted = {alert.id: alert for place in places if (alert := world.alerts.get(place)) is not None}
    for row in Alert.objects.filter(id__in=wanted) if wanted else ():
        wanted[row.id].stored = draft_of(row)


def _services_of_incidents(world: World, services: dict[int, ServiceRule], *, now: dt.datetime) -> None:
    """Those to which a route led that the file does not have any more."""
    missing = {incident.service_id for incident in world.incidents.values()} - set(services)
    if missing:
        services |= {row.id: _rule(row) for row in _services(missing)}
        world.quiet = {**world.quiet, **running_in(missing, now=now)}


def _previous(new: Iterable[tuple[int, str]], world: World) -> None:
    for service_id, key, incident_id, resolved_at, sources in _pairs(LATEST_RESOLVED, sorted(new)):
        world.previous[service_id, key] = incident_id
        for origin in (sources or [service_id]) if resolved_at is not None else []:
            world.closed[origin, key] = max(resolved_at, world.closed.get((origin, key), resolved_at))


def _groups(triggers: Iterable[tuple[int, Draft, Routed]], world: World) -> None:
    wanted: set[tuple[int, str]] = set()
    for service_id, draft, routed in triggers:
        service = world.services[service_id]
        if service.group_by:
            wanted.add((service_id, group_key(service_id, service.group_by, draft, routed.severity, routed.policy_id)))
    for service_id, key, held, incident_id in _pairs(GROUPS, sorted(pair for pair in wanted if pair[1])):
        (world.held_groups if held else world.groups)[service_id, key] = incident_id


def _storms(service_ids: Sequence[int], world: World, *, now: dt.datetime) -> None:
    guarded = [(service_id, storm) for service_id in service_ids if (storm := world.services[service_id].storm) is not None]
    if not guarded:
        return
    since = {service_id: now - storm.within for service_id, storm in guarded}
    most = {service_id: storm.incidents for service_id, storm in guarded}
    ids = list(since)
    rows = _rows(RECENT, [ids, [since[i] for i in ids], [most[i] for i in ids]])
    for service_id, count, storm_id, held_id in rows:
        world.recent[service_id] = count
        if storm_id is not None:
            world.storms[service_id] = storm_id
        if held_id is not None:
            world.held_storms[service_id] = held_id
    of = {incident_id: service_id for storms in (world.storms, world.held_storms) for service_id, incident_id in storms.items()}
    if of:
        joined = _rows(JOINED_STORM, [list(of), [since[i] for i in of.values()], [most[i] for i in of.values()]])
        for incident_id, count in joined:
            world.recent[of[incident_id]] += count


def _incidents(world: World) -> None:
    joined = (world.groups, world.storms, world.held_groups, world.held_storms)
    changing = {alert.incident for alert in world.alerts.values()}.union(*(of.values() for of in joined))
    only_read = set(world.previous.values()) - changing
    rows = _rows(INCIDENTS + "FOR NO KEY UPDATE OF i", [sorted(changing)]) if changing else []
    rows += _rows(INCIDENTS, [sorted(only_read)]) if only_read else []
    for id_, service_id, number, severity, resolved, cleared, restricted, storm, key, last_alert_at, quiet, held in rows:
        world.incidents[id_] = IncidentState(
            id_,
            service_id,
            number,
            severity,
            resolved=resolved,
            cleared=cleared,
            restricted=restricted,
            storm=storm,
            group_key=key,
            last_alert_at=last_alert_at,
            quiet=quiet,
            held=held,
        )


def _as_read(locked: Collection[int], world: World) -> None:
    sent = [alert for alert in world.alerts.values() if alert.service_id not in locked]
    if sent and _rows(CHANGED, [[alert.id for alert in sent], [alert.incident for alert in sent]])[0][0]:
        raise Changed


def _still_firing(world: World) -> None:
    ids = sorted({alert.incident for alert in world.alerts.values()})
    for incident_id, count in _rows(STILL_FIRING, [ids]):
        world.incidents[incident_id].firing = count


def _services(ids: Collection[int]) -> list[Service]:
    return list(Service.objects.raw(f"{SERVICES} s.id = ANY(%s)", [list(ids)])) if ids else []


def _rule(row: Service, routes: Sequence[Route] = ()) -> ServiceRule:
    storm = row.storm
    desk, anyway = row.team_desk, row.team_anyway  # type: ignore[attr-defined]  # of SERVICES
    loud = {s for s in SEVERITIES if urgency(desk, s, row.urgency, critical_anyway=anyway) == "high"}
    return ServiceRule(
        id=row.id,
        name=row.name,
        team_id=row.team_id,
        group_by=tuple(row.group_by or ()),
        group_for=dt.timedelta(seconds=row.group_for_seconds),
        severity=row.severity_map or {},
        storm=Storm(int(storm["incidents"]), dt.timedelta(seconds=int(storm["within_seconds"]))) if storm else None,
        restricted=row.restricted,
        loud=frozenset(loud),
        routes=routes,
    )


def _pairs(sql: str, pairs: Sequence[tuple[int, str]]) -> list[tuple[Any, ...]]:
    return _rows(sql, [[service_id for service_id, _ in pairs], [text for _, text in pairs]]) if pairs else []


def _rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
