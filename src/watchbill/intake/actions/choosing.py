"""Which events are taken in next? Fair between services, in order within a service, bounded in count and bytes.

An advisory lock for each service keeps that order on any number of nodes, and lets no two nodes group the same alert at once. It is tried,
never waited for: another node is at it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

LOCK_SPACE = 0x77617463  # "watc": no other part of the product locks in this space
MOST_BYTES = 16 * 1024 * 1024  # of bodies in one round

# One index look for each service that has something waiting, however much waits there.
WAITING = """
WITH RECURSIVE waiting AS (
    (SELECT service_id, id FROM intake_event WHERE state = 'pending' AND (retry_at IS NULL OR retry_at <= %(now)s) ORDER BY service_id, id LIMIT 1)
    UNION ALL
    SELECT next.service_id, next.id FROM waiting CROSS JOIN LATERAL (
        SELECT e.service_id, e.id FROM intake_event e
        WHERE e.state = 'pending' AND e.service_id > waiting.service_id AND (e.retry_at IS NULL OR e.retry_at <= %(now)s)
        ORDER BY e.service_id, e.id LIMIT 1
    ) next
)
SELECT service_id FROM waiting ORDER BY id
"""

LOCK = "SELECT s.id FROM unnest(%s::bigint[]) s(id) WHERE pg_try_advisory_xact_lock(%s, (s.id %% 2147483647)::int)"

# Round-robin: the first event of every service, then the second of every service ...
CHOOSE = """
WITH ranked AS (
    SELECT w.id, w.n, s.service_id, w.bytes
    FROM unnest(%(services)s::bigint[]) s(service_id)
    CROSS JOIN LATERAL (
        SELECT e.id, row_number() OVER (ORDER BY e.id) AS n, octet_length(e.body) AS bytes
        FROM intake_event e
        WHERE e.service_id = s.service_id AND e.state = 'pending' AND (e.retry_at IS NULL OR e.retry_at <= %(now)s) ORDER BY e.id LIMIT %(each)s
    ) w
    ORDER BY w.n, w.id LIMIT %(limit)s
), measured AS (
    SELECT id, n, sum(bytes) OVER (ORDER BY n, id) - bytes AS before FROM ranked
)
SELECT e.id, e.service_id, e.key_id, e.kind, e.received_at, e.arrived_at, e.dedup_key, e.body, e.batch
FROM measured m JOIN intake_event e ON e.id = m.id
WHERE m.before < %(bytes)s ORDER BY m.n, e.id
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as the front door stored it."""

    id: int
    service_id: int
    key_id: int
    kind: str
    received_at: dt.datetime
    arrived_at: dt.datetime | None
    dedup_key: str
    body: bytes
    batch: int | None = None


def services_with_events(*, now: dt.datetime) -> list[int]:
    """Services for which something waits, the longest waiting first."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING, {"now": now})
        return [service_id for (service_id,) in cursor.fetchall()]


def choose_in(services: Sequence[int], limit: int, *, now: dt.datetime) -> list[Stored]:
    """Lock what nobody else is at, and read the events whose turn it is."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [list(services), LOCK_SPACE])
        mine = [service_id for (service_id,) in cursor.fetchall()]
        if not mine:
            return []
        each = 2 * -(-limit // len(mine)) if len(mine) > 1 else limit
        cursor.execute(CHOOSE, {"services": mine, "each": each, "limit": limit, "bytes": MOST_BYTES, "now": now})
        return [
            Stored(id_, service, key, kind, received, arrived, dedup, bytes(body), batch)
            for id_, service, key, kind, received, arrived, dedup, body, batch in cursor.fetchall()
        ]
