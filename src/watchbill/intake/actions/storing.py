"""Store what was decided about events: a handful of statements, whatever their number."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

from watchbill.audit.actions import Actor
from watchbill.incidents.actions import Line, NewIncident, tell_in
from watchbill.incidents.models import Incident
from watchbill.intake.actions.choosing import Stored
from watchbill.intake.actions.holding import hold_in, let_go_incidents_in
from watchbill.intake.actions.louder import raise_in
from watchbill.intake.actions.routes import count_in
from watchbill.intake.rules import AlertState, Opening, Plan, ServiceRule, World
from watchbill.kernel import bus
from watchbill.response.actions import cleared_in, open_in, source_ack_in

MONITOR = Actor(name="monitor", via="source")
TRIES = 5  # then an event is set aside
PAUSES = (1, 5, 30, 120)  # seconds after each failed try: a bug that passes, or a release that is just being changed, sets nothing aside
BOARDS = 20  # more incidents than this in one round: one signal for all boards

CHANGE_ALERTS = """
UPDATE intake_alert a SET
    state = CASE WHEN r.firing THEN 'firing' ELSE 'resolved' END, resolved_at = r.resolved_at, acknowledged_at = r.acknowledged_at,
    severity = r.severity, last_at = r.last_at, count = a.count + r.events,
    summary = COALESCE(r.summary, a.summary), source = COALESCE(r.source, a.source), component = COALESCE(r.component, a.component),
    "group" = COALESCE(r."group", a."group"), event_class = COALESCE(r.event_class, a.event_class),
    details = COALESCE(r.details, a.details) || COALESCE(r.more, '{}'), links = COALESCE(r.links, a.links), sources = r.sources
FROM jsonb_to_recordset(%s::jsonb) AS r(id bigint, firing boolean, resolved_at timestamptz, acknowledged_at timestamptz, severity text,
    last_at timestamptz, events int, sources bigint[], summary text, source text, component text, "group" text, event_class text, details jsonb,
    links jsonb, more jsonb)
WHERE a.id = r.id
"""
NEW_ALERTS = """
INSERT INTO intake_alert (service_id, incident_id, dedup_key, state, severity, summary, source, component, "group", event_class, details, links,
    first_at, last_at, resolved_at, acknowledged_at, count, sources)
SELECT r.service_id, r.incident_id, r.dedup_key, CASE WHEN r.firing THEN 'firing' ELSE 'resolved' END, r.severity, r.summary, r.source,
    r.component, r."group", r.event_class, r.details, r.links, r.first_at, r.last_at, r.resolved_at, r.acknowledged_at, r.events, r.sources
FROM ROWS FROM (jsonb_to_recordset(%s::jsonb) AS (service_id bigint, incident_id bigint, dedup_key text, firing boolean, severity text,
    summary text, source text, component text, "group" text, event_class text, details jsonb, links jsonb, first_at timestamptz,
    last_at timestamptz, resolved_at timestamptz, acknowledged_at timestamptz, events int, sources bigint[])) WITH ORDINALITY AS r
ORDER BY r.ordinality
"""
TOUCH = """
UPDATE incidents_incident i SET last_alert_at = GREATEST(i.last_alert_at, r.at)
FROM unnest(%s::bigint[], %s::timestamptz[]) r(id, at) WHERE i.id = r.id
"""
DONE = """
UPDATE intake_event e SET state = 'done', outcome = r.outcome
FROM unnest(%s::bigint[], %s::text[]) r(id, outcome) WHERE e.id = r.id AND e.state = 'pending'
"""
FAILED = """
UPDATE intake_event e SET tries = e.tries + 1, outcome = r.outcome, retry_at = %s + (%s::int[])[e.tries + 1] * interval '1 second',
    state = CASE WHEN e.tries + 1 >= %s THEN 'aside' ELSE e.state END
FROM unnest(%s::bigint[], %s::text[]) r(id, outcome) WHERE e.id = r.id AND e.state = 'pending' RETURNING e.id, e.state
"""
USED = """
UPDATE intake_integrationkey k SET last_event_at = GREATEST(k.last_event_at, r.at)
FROM unnest(%s::bigint[], %s::timestamptz[]) r(id, at) WHERE k.id = r.id
"""


def store_in(plan: Plan, world: World, events: Sequence[Stored], *, now: dt.datetime) -> None:
    """Write it all. Incidents first, since alerts name them; alerts that ended before those that begin with the same key."""
    made = _open(plan.openings, world.services, now=now)
    numbers = {ref: incident.number for ref, incident in made.items()}
    numbers |= {incident.id: incident.number for incident in world.incidents.values() if incident.id > 0}

    def stored(ref: int) -> int:
        return ref if ref > 0 else made[ref].id

    _run(CHANGE_ALERTS, [_changed(alert) for alert in plan.alerts if alert.id > 0])
    _run(NEW_ALERTS, [_new(alert, stored(alert.incident)) for alert in plan.alerts if alert.id < 0])
    touched = {ref: at for ref, at in plan.touched.items() if ref > 0}
    _execute(TOUCH, list(touched), list(touched.values()))
    tell_in(
        [
            Line(stored(line.incident), line.kind, _numbered(line.text, numbers, line.about), via="source", data=dict(line.data))
            for line in plan.lines
        ],
        now=now,
    )
    for source, ids in _by_source(plan.source_acks, stored, world).items():
        source_ack_in(ids, source=source, now=now)
    raise_in(plan.louder, {ref: world.incidents[ref].service_id for ref in world.incidents}, world.services, now=now)
    hold_in({stored(ref): list(of.values()) for ref, of in plan.quiet.items()}, now=now)
    let_go_incidents_in([ref for ref in plan.let_go if ref > 0], now=now)
    count_in(plan.used, now=now)
    for source, ids in _by_source(plan.cleared, stored, world).items():
        cleared_in(ids, source=source, now=now)
    outcomes = {id_: _numbered(text, numbers, ref) for id_, (text, ref) in plan.outcomes.items()}
    _execute(DONE, list(outcomes), [text[:500] for text in outcomes.values()])
    _note_keys([event for event in events if event.id in outcomes])
    _tell_boards({stored(ref) for ref in [*plan.touched, *plan.cleared]} | {stored(a.incident) for a in plan.alerts if a.id > 0})


def fail_in(failures: Mapping[int, str], *, now: dt.datetime) -> list[int]:
    """Count a failed try of these events, with its error. Answers those that are set aside by it."""
    with connection.cursor() as cursor:
        cursor.execute(FAILED, [now, list(PAUSES), TRIES, list(failures), [text[:500] for text in failures.values()]])
        return [id_ for id_, state in cursor.fetchall() if state == "aside"]


def _open(openings: Sequence[Opening], services: Mapping[int, ServiceRule], *, now: dt.datetime) -> dict[int, Incident]:
    """Open the incidents. One that follows another of the same round is opened after it, so that it can name it."""
    made: dict[int, Incident] = {}
    left = list(openings)
    while left:
        ready = [opening for opening in left if opening.previous is None or opening.previous > 0 or opening.previous in made]
        opened = open_in([_incident(opening, services[opening.service_id], made) for opening in ready], by=MONITOR, now=now)
        made |= {opening.ref: incident for opening, incident in zip(ready, opened, strict=True)}
        left = [opening for opening in left if opening.ref not in made]
    return made


def _incident(opening: Opening, service: ServiceRule, made: Mapping[int, Incident]) -> NewIncident:
    previous = opening.previous
    return NewIncident(
        title=opening.title,
        severity=opening.severity,
        team_id=service.team_id,
        service_id=service.id,
        restricted=service.restricted,
        text=opening.text,
        group_key=opening.group_key,
        last_alert_at=opening.last_alert_at,
        storm=opening.storm,
        policy_id=opening.policy_id,
        previous_id=made[previous].id if previous is not None and previous < 0 else previous,
    )


def _changed(alert: AlertState) -> dict[str, Any]:
    return {**_content(alert), **_state(alert), "id": alert.id}


def _new(alert: AlertState, incident_id: int) -> dict[str, Any]:
    first = {
        "service_id": alert.service_id,
        "incident_id": incident_id,
        "dedup_key": alert.dedup_key,
        "first_at": alert.first_at.isoformat(),
    }
    return {**_content(alert), **_state(alert), **first}


def _state(alert: AlertState) -> dict[str, Any]:
    return {
        "firing": alert.firing,
        "resolved_at": alert.resolved_at.isoformat() if alert.resolved_at else None,
        "acknowledged_at": alert.acknowledged_at.isoformat() if alert.acknowledged_at else None,
        "severity": alert.severity,
        "last_at": alert.last_at.isoformat(),
        "events": alert.events,
        "sources": sorted(alert.sources),
    }


def _content(alert: AlertState) -> dict[str, Any]:
    draft = alert.draft
    if draft is None:
        return dict(alert.parts)
    return {
        "summary": draft.summary,
        "source": draft.source,
        "component": draft.component,
        "group": draft.group,
        "event_class": draft.event_class,
        "details": draft.details,
        "links": list(draft.links),
    }


def _by_source(refs: Iterable[int], stored: Callable[[int], int], world: World) -> dict[str, list[int]]:
    """Incidents by who speaks of them."""
    found: dict[str, list[int]] = {}
    for ref in refs:
        found.setdefault(f"The monitor of {world.services[world.incidents[ref].service_id].name}", []).append(stored(ref))
    return found


def _numbered(text: str, numbers: Mapping[int, int], ref: int | None) -> str:
    return text.replace("{number}", f"#{numbers[ref]}", 1) if ref is not None else text


def _note_keys(events: Iterable[Stored]) -> None:
    latest: dict[int, dt.datetime] = {}
    for event in events:
        latest[event.key_id] = max(event.received_at, latest.get(event.key_id, event.received_at))
    _execute(USED, list(latest), list(latest.values()))


def _tell_boards(incident_ids: set[int]) -> None:
    if len(incident_ids) > BOARDS:
        bus.board_changed()
    else:
        bus.boards_changed(incident_ids)


def _run(sql: str, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(sql, [json.dumps(rows)])


def _execute(sql: str, ids: list[int], values: list[Any]) -> None:
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(sql, [ids, values])
