"""Rows of the outbox, in sets: how they are written, how further ones join one that waits, who inherits when that one is cancelled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.db import connection

from watchbill.notifications.rules import BUNDLE_WAIT, STATUS_WAIT

Key = tuple[int | None, int | None, str]  # person, contact, kind: what may go as one


class Row(msgspec.Struct):
    """One notification to insert, under the names of its columns. `hold`: waits to go with others; `error` and no contact: unreachable."""

    person_id: int | None  # none: a webhook that a policy names
    contact_id: int | None
    kind: str
    page_id: int | None
    firing: int | None
    incident_id: int | None
    service_id: int | None
    urgency: str
    rule: int
    due_at: dt.datetime
    first_page: bool
    content: msgspec.Raw
    hold: bool = False
    error: str = ""
    id: int = 0
    state: str = "queued"
    held: bool = False
    bundle_id: int | None = None


INSERT = """
INSERT INTO notifications_notification (id, public_id, person_id, contact_id, kind, page_id, firing, incident_id, service_id, urgency, rule,
    state, due_at, first_page, held, withdrawn, tries, possible_duplicate, bundle_id, content, created_at, error)
SELECT r.id, gen_random_uuid(), r.person_id, r.contact_id, r.kind, r.page_id, r.firing, r.incident_id, r.service_id, r.urgency, r.rule,
    r.state, r.due_at, r.first_page, r.held, false, 0, false, r.bundle_id, r.content, %s, r.error
FROM json_to_recordset(%s::json) AS r(id bigint, person_id bigint, contact_id bigint, kind text, page_id bigint, firing int, incident_id bigint,
    service_id bigint, urgency text, rule int, state text, due_at timestamptz, first_page bool, held bool, bundle_id bigint, content jsonb, error text)
"""

IDS = "SELECT nextval(pg_get_serial_sequence('notifications_notification', 'id')) FROM generate_series(1, %s)"

LEADERS = """
SELECT person_id, contact_id, kind, id FROM notifications_notification
WHERE person_id = ANY(%s) AND state = 'queued' AND held AND kind = ANY(%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""


def fetch(sql: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a query in the open transaction."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def run(sql: str, values: Sequence[Any] | Mapping[str, Any]) -> int:
    """Change rows in the open transaction; how many."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def leaders_in(people: Iterable[int], kinds: Iterable[str]) -> dict[Key, int]:
    """The notifications that wait to be joined, locked. One that an engine is taking just now is left to go."""
    found = fetch(LEADERS, [sorted(set(people)), sorted(set(kinds))])
    return {(person, contact, kind): id_ for person, contact, kind, id_ in found}


def insert_in(rows: Sequence[Row], *, now: dt.datetime) -> None:
    """Write the rows in one statement. A held one joins what waits for the same contact already, else waits itself."""
    if not rows:
        return
    ids = [row[0] for row in fetch(IDS, [len(rows)])]
    held = [r for r in rows if r.hold]
    leaders = leaders_in((r.person_id for r in held if r.person_id), (r.kind for r in held)) if held else {}
    for id_, row in zip(ids, rows, strict=True):
        row.id = id_
        if row.hold:
            row.due_at += STATUS_WAIT if row.kind == "status" else BUNDLE_WAIT
            leader = leaders.setdefault((row.person_id, row.contact_id, row.kind), id_)
            row.held = leader == id_
            if leader != id_:
                row.state, row.bundle_id = "bundled", leader
    run(INSERT, [now, msgspec.json.encode(rows).decode()])


HEIRS = """
WITH heir AS (
  SELECT bundle_id AS old, min(id) AS id FROM notifications_notification
  WHERE bundle_id = ANY(%s) AND state IN ('bundled', 'merged') AND NOT withdrawn GROUP BY bundle_id)
UPDATE notifications_notification n SET
  state = CASE WHEN n.id = heir.id THEN 'queued' ELSE 'bundled' END,
  bundle_id = CASE WHEN n.id = heir.id THEN NULL ELSE heir.id END,
  held = (n.id = heir.id), due_at = CASE WHEN n.kind = 'status' THEN n.due_at ELSE least(n.due_at, %s) END
FROM heir WHERE n.bundle_id = heir.old AND n.state IN ('bundled', 'merged') AND NOT n.withdrawn
"""


def inherit_in(cancelled: Sequence[int], *, now: dt.datetime) -> None:
    """Others that were to go with a message that is cancelled go by themselves: the first of them carries the rest. Pages at once; news
    still waits for the latest state."""
    if cancelled:
        run(HEIRS, [list(cancelled), now])
