"""Which engine instances are alive? Each holds an advisory lock in a session of its own; the database drops it with the session.

So the leases of a process that was killed are free at once, and only a frozen one has to run into its time limit.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

LOCK_CLASS = 0x57420001  # the first half of every engine's advisory lock; the second is the instance's id

ALIVE = """
SELECT objid::bigint FROM pg_locks
WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid::bigint = %s AND objid::bigint = ANY(%s)
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def alive(instances: Iterable[int]) -> set[int]:
    """Those of the instances whose lock is held now."""
    wanted = sorted(set(instances))
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(ALIVE, [LOCK_CLASS, wanted])
        return {row[0] for row in cursor.fetchall()}
