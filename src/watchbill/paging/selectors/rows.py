"""Which pages are due, and where does each stand? Rows become walks here, for the engine, for acts and for pictures alike."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from psycopg.types.datetime import TimestamptzLoader

from watchbill.paging.rules import Copy, Walk, walk_of_fields
from watchbill.paging.selectors.world import copies_of


@dataclass(frozen=True, slots=True)
class Row:
    """A page with the walk it is on and what its messages are made of. Of a restricted incident `title` is the code name."""

    page_id: int
    incident_id: int
    number: int
    title: str
    severity: str
    restricted: bool
    service_id: int | None
    service: str
    incident_opened_at: dt.datetime
    tries: int
    walk: Walk


FIELDS = """
SELECT p.id, p.incident_id, i.number, CASE WHEN i.restricted THEN i.code_name ELSE i.title END, i.severity, i.restricted, i.service_id, s.name,
    i.opened_at, p.tries, i.team_id, COALESCE(i.owner_id, i.acting_id, p.acknowledged_by_id), p.copy_id, p.opened_at, p.due_at, p.status,
    p.purpose, p.urgency, p.step, p.round, p.firings, p.rest, p.held, p.wait_until, p.step_fired_at, p.paused_status, p.paused_due_in_ms,
    p.pause_reason, p.acknowledged_at, p.acknowledged_by_id, p.resolved_at, p.exhausted_at, p.word_at, p.pinged_at, p.source_cleared, p.quiet_at,
    p.aimed_at_id, p.maintenance_at
"""
FROM = "FROM paging_page p JOIN incidents_incident i ON i.id = p.incident_id LEFT JOIN incidents_service s ON s.id = i.service_id"

# The engine never waits for a lock: a page, or an incident, that somebody holds is looked at in the next tick. Pages that have asked nobody
# yet come before everything else.
DUE = f"""
WITH first AS MATERIALIZED (
    SELECT id FROM paging_page WHERE due_at <= %(now)s AND set_aside_at IS NULL AND firings = 0 ORDER BY due_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), later AS MATERIALIZED (
    SELECT id FROM paging_page WHERE due_at <= %(now)s AND set_aside_at IS NULL AND firings > 0
    ORDER BY due_at LIMIT %(limit)s - (SELECT count(*) FROM first) FOR UPDATE SKIP LOCKED
), claimed AS (SELECT id FROM first UNION ALL SELECT id FROM later)
{FIELDS} FROM claimed c JOIN paging_page p ON p.id = c.id JOIN incidents_incident i ON i.id = p.incident_id
    LEFT JOIN incidents_service s ON s.id = i.service_id
FOR KEY SHARE OF i SKIP LOCKED
"""
ONE_DUE = f"""{FIELDS} {FROM}
WHERE p.id = ANY(%(ids)s) AND p.due_at <= %(now)s AND p.set_aside_at IS NULL FOR UPDATE OF p SKIP LOCKED FOR KEY SHARE OF i SKIP LOCKED"""
HELD = f"{FIELDS} {FROM} WHERE p.id = ANY(%(ids)s) ORDER BY p.id FOR UPDATE OF p"
SEEN = f"{FIELDS} {FROM} WHERE p.id = ANY(%(ids)s) ORDER BY p.id"


# Names of the walk's fields, as they stand in FIELDS from the eleventh column on.
WALK = (
    "team_id", "owner_id", "copy", "opened_at", "due_at", "status", "purpose", "urgency", "step", "round", "firings", "rest", "held",
    "wait_until", "step_fired_at", "paused_status", "paused_due_in", "pause_reason", "acknowledged_at", "acknowledged_by", "resolved_at",
    "exhausted_at", "word_at", "pinged_at", "source_cleared", "quiet_at", "aimed_at", "maintenance_at",
)  # fmt: skip
EMPTY = "[]"  # a raw cursor of Django leaves jsonb as text


def claim_due(*, now: dt.datetime, limit: int) -> list[Row]:
    """Lock the pages that are due, at most `limit`, those that somebody else holds left out. Needs an open transaction."""
    return _read(DUE, {"now": now, "limit": limit})


def claim_one(page_id: int, *, now: dt.datetime) -> list[Row]:
    """The page, locked, if it is still due and nobody holds it."""
    return _read(ONE_DUE, {"now": now, "ids": [page_id]})


def hold(page_ids: Collection[int]) -> list[Row]:
    """Lock these pages, waiting for whoever holds them. The caller has locked their incidents before (order: incident, page)."""
    return _read(HELD, {"ids": list(page_ids)})


def rows_of(page_ids: Collection[int]) -> list[Row]:
    """These pages as they are stored, without a lock."""
    return _read(SEEN, {"ids": list(page_ids)})


def due_ids(*, now: dt.datetime, limit: int) -> list[int]:
    """Ids of pages that are due, oldest first, without a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM paging_page WHERE due_at <= %s AND set_aside_at IS NULL ORDER BY due_at LIMIT %s", [now, limit])
        return [row[0] for row in cursor.fetchall()]


def with_tried(rows: Sequence[Row]) -> list[Row]:
    """The same rows, each walk knowing whom its round has asked: only where a daylight step wants to know."""
    ids = [row.page_id for row in rows if row.walk.copy.daylight and row.walk.firings]
    if not ids:
        return list(rows)
    tried = _tried(ids)
    return [replace(row, walk=replace(row.walk, tried=tried[row.page_id])) if row.page_id in tried else row for row in rows]


def _tried(page_ids: list[int]) -> dict[int, tuple[int, ...]]:
    sql = "SELECT page_id, kind, round, step, people FROM paging_firing WHERE page_id = ANY(%s) ORDER BY page_id, n"
    with connection.cursor() as cursor:
        cursor.execute(sql, [page_ids])
        fired = cursor.fetchall()
    tried: dict[int, tuple[int, ...]] = {}
    last: dict[int, tuple[int, int]] = {}
    for page_id, kind, round_, step, people in fired:
        place = (round_, step)
        # A ping, or a place further to the front, means that the walk began anew.
        if kind == "ping" or place[1] < last.get(page_id, place)[1] or place[0] != last.get(page_id, place)[0]:
            tried[page_id] = ()
        if kind != "ping":
            tried[page_id] = tried.get(page_id, ()) + tuple(json.loads(people))
        last[page_id] = place
    return tried


def _read(sql: str, values: dict[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        # Django reads times by a loader in Python; the driver's own is in C, and these columns are most of what is read.
        cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
        cursor.execute(sql, values)
        found = cursor.fetchall()
    copies = copies_of({row[12] for row in found})
    return [_row(row, copies[row[12]]) for row in found]


def _row(r: Sequence[Any], copy: Copy) -> Row:
    fields = dict(zip(WALK, r[10:], strict=True))
    fields["copy"] = copy
    fields["rest"] = () if fields["rest"] == EMPTY else tuple(json.loads(fields["rest"]))
    fields["held"] = () if fields["held"] == EMPTY else _held(json.loads(fields["held"]))
    if fields["paused_due_in"] is not None:
        fields["paused_due_in"] = dt.timedelta(milliseconds=fields["paused_due_in"])
    fields["urged"], fields["tried"] = False, ()
    return Row(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7] or "", r[8], r[9], walk_of_fields(fields))


def _held(entries: Iterable[tuple[int, str]]) -> tuple[tuple[int, dt.datetime], ...]:
    return tuple((person_id, dt.datetime.fromisoformat(at)) for person_id, at in entries)
