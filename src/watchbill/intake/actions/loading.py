"""Read everything stored that these events can touch, in a handful of statements whatever their number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import connection

from watchbill.incidents.models import Service
from watchbill.intake.rules import (
    SEVERITIES,
    AlertState,
    Draft,
    IncidentState,
    Incoming,
    ServiceRule,
    Storm,
    Verb,
    World,
    group_key,
    severity_of,
)
from watchbill.response.rules import urgency

FIRING = """
SELECT a.id, a.service_id, a.incident_id, a.dedup_key, a.severity, a.summary, a.first_at, a.last_at, a.acknowledged_at
FROM unnest(%s::bigint[], %s::text[]) w(service_id, dedup_key)
JOIN intake_alert a ON a.service_id = w.service_id AND a.dedup_key = w.dedup_key AND a.state = 'firing'
"""
FIRING_OF_GROUP = """
SELECT a.id, a.service_id, a.incident_id, a.dedup_key, a.severity, a.summary, a.first_at, a.last_at, a.acknowledged_at
FROM unnest(%s::bigint[], %s::text[]) w(service_id, prefix)
JOIN intake_alert a ON a.service_id = w.service_id AND starts_with(a.dedup_key, w.prefix) AND a.state = 'firing'
"""
LATEST_RESOLVED = """
SELECT w.service_id, w.dedup_key, a.incident_id, a.resolved_at
FROM unnest(%s::bigint[], %s::text[]) w(service_id, dedup_key)
CROSS JOIN LATERAL (
    SELECT incident_id, resolved_at FROM intake_alert l WHERE l.service_id = w.service_id AND l.dedup_key = w.dedup_key ORDER BY l.id DESC LIMIT 1
) a
"""
GROUPS = """
SELECT i.service_id, i.group_key, max(i.id)
FROM unnest(%s::bigint[], %s::text[]) w(service_id, group_key)
JOIN incidents_incident i ON i.service_id = w.service_id AND i.group_key = w.group_key
    AND i.status <> 'resolved' AND i.group_key <> '' AND i.cleared_at IS NULL
GROUP BY i.service_id, i.group_key
"""
# How many incidents opened lately, counting as far as the guard asks; and the storm incident that may still take more.
RECENT = """
SELECT w.service_id,
    (SELECT count(*) FROM (SELECT 1 FROM incidents_incident i
        WHERE i.service_id = w.service_id AND i.opened_at > w.since LIMIT w.most) one),
    (SELECT max(i.id) FROM incidents_incident i WHERE i.service_id = w.service_id AND i.storm AND i.status <> 'resolved')
FROM unnest(%s::bigint[], %s::timestamptz[], %s::int[]) w(service_id, since, most)
"""
JOINED_STORM = """
SELECT w.incident_id, (SELECT count(*) FROM (SELECT 1 FROM intake_alert a
    WHERE a.incident_id = w.incident_id AND a.first_at > w.since LIMIT w.most) one)
FROM unnest(%s::bigint[], %s::timestamptz[], %s::int[]) w(incident_id, since, most)
"""
# Locked, so that nobody resolves the incident while an alert joins it: the alert would never be seen.
INCIDENTS = """
SELECT i.id, i.service_id, i.number, i.severity, i.status = 'resolved', i.cleared_at IS NOT NULL, i.restricted, i.storm, i.group_key, i.last_alert_at,
    EXISTS (SELECT FROM paging_page p WHERE p.incident_id = i.id AND p.purpose = 'respond' AND p.urgency = 'low'
        AND p.status IN ('triggered', 'exhausted', 'paused'))
FROM incidents_incident i WHERE i.id = ANY(%s) ORDER BY i.id
"""
STILL_FIRING = "SELECT incident_id, count(*) FROM intake_alert WHERE incident_id = ANY(%s) AND state = 'firing' GROUP BY incident_id"


def service_rules(service_ids: Collection[int]) -> dict[int, ServiceRule]:
    """What these services say about their events."""
    return {row.id: _rule(row) for row in Service.objects.select_related("team").filter(pk__in=service_ids)}


def load_in(events: Sequence[Incoming], services: dict[int, ServiceRule], *, now: dt.datetime) -> World:
    """The world of these events; its incidents are locked in the open transaction."""
    drafts = [(event.service_id, draft) for event in events for draft in event.parsed.drafts]
    world = World(services=services)
    _alerts(drafts, world)
    known = set(world.alerts)
    triggers = [(service_id, draft) for service_id, draft in drafts if draft.verb is Verb.TRIGGER]
    new = {(service_id, draft.dedup_key): draft for service_id, draft in triggers if (service_id, draft.dedup_key) not in known}
    if triggers:
        _previous(new, world)
        _groups(triggers, world)
        _storms(sorted({service_id for service_id, _ in triggers}), world, now=now)
    _incidents(world)
    if any(draft.verb is Verb.RESOLVE for _, draft in drafts):
        _still_firing(world)
    return world


def _alerts(drafts: Iterable[tuple[int, Draft]], world: World) -> None:
    keys = sorted({(service_id, draft.dedup_key) for service_id, draft in drafts if not draft.all_with_prefix})
    groups = sorted({(service_id, draft.dedup_key) for service_id, draft in drafts if draft.all_with_prefix})
    rows = _pairs(FIRING, keys) + (_pairs(FIRING_OF_GROUP, groups) if groups else [])
    for id_, service_id, incident_id, key, severity, summary, first_at, last_at, acknowledged_at in rows:
        state = AlertState(
            id_, service_id, incident_id, key, severity, None, first_at, last_at, acknowledged_at=acknowledged_at, summary=summary
        )
        world.alerts.setdefault((service_id, key), state)


def _previous(new: Iterable[tuple[int, str]], world: World) -> None:
    for service_id, key, incident_id, resolved_at in _pairs(LATEST_RESOLVED, sorted(new)):
        world.previous[service_id, key] = incident_id
        if resolved_at is not None:
            world.closed[service_id, key] = resolved_at


def _groups(triggers: Iterable[tuple[int, Draft]], world: World) -> None:
    wanted: set[tuple[int, str]] = set()
    for service_id, draft in triggers:
        service = world.services[service_id]
        if service.group_by:
            wanted.add((service_id, group_key(service_id, service.group_by, draft, severity_of(draft.severity, service.severity))))
    for service_id, key, incident_id in _pairs(GROUPS, sorted(pair for pair in wanted if pair[1])):
        world.groups[service_id, key] = incident_id


def _storms(service_ids: Sequence[int], world: World, *, now: dt.datetime) -> None:
    guarded = [(service_id, storm) for service_id in service_ids if (storm := world.services[service_id].storm) is not None]
    if not guarded:
        return
    since = {service_id: now - storm.within for service_id, storm in guarded}
    most = {service_id: storm.incidents for service_id, storm in guarded}
    ids = list(since)
    rows = _rows(RECENT, [ids, [since[i] for i in ids], [most[i] for i in ids]])
    for service_id, count, storm_id in rows:
        world.recent[service_id] = count
        if storm_id is not None:
            world.storms[service_id] = storm_id
    of = {incident_id: service_id for service_id, incident_id in world.storms.items()}
    if of:
        joined = _rows(JOINED_STORM, [list(of), [since[i] for i in of.values()], [most[i] for i in of.values()]])
        for incident_id, count in joined:
            world.recent[of[incident_id]] += count


def _incidents(world: World) -> None:
    changing = {alert.incident for alert in world.alerts.values()} | set(world.groups.values()) | set(world.storms.values())
    only_read = set(world.previous.values()) - changing
    rows = _rows(INCIDENTS + "FOR NO KEY UPDATE OF i", [sorted(changing)]) if changing else []
    rows += _rows(INCIDENTS, [sorted(only_read)]) if only_read else []
    for id_, service_id, number, severity, resolved, cleared, restricted, storm, key, last_alert_at, quiet in rows:
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
        )


def _still_firing(world: World) -> None:
    ids = sorted({alert.incident for alert in world.alerts.values()})
    for incident_id, count in _rows(STILL_FIRING, [ids]):
        world.incidents[incident_id].firing = count


def _rule(row: Service) -> ServiceRule:
    storm = row.storm
    loud = {s for s in SEVERITIES if urgency(row.team.desk, s, row.urgency, critical_anyway=row.team.critical_anyway) == "high"}
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
    )


def _pairs(sql: str, pairs: Sequence[tuple[int, str]]) -> list[tuple[Any, ...]]:
    return _rows(sql, [[service_id for service_id, _ in pairs], [text for _, text in pairs]]) if pairs else []


def _rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
