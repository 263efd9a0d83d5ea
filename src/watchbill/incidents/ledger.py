"""From when until when did who own an incident, and who worked on it? Written with every change, in the transaction that makes it.

Rows are only added and closed once (the database refuses all else). Time never runs backwards in a ledger: two acts that wait for one another
on the incident's row have read their clock before, so the later one begins where the earlier one ended.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection

AT = """
SELECT greatest(%(now)s, (SELECT max(coalesce(until, since)) FROM incidents_tenure WHERE incident_id = %(incident)s))
"""
CLOSE = """
UPDATE incidents_tenure SET until = %(at)s
WHERE incident_id = %(incident)s AND until IS NULL
    AND person_id IS DISTINCT FROM (CASE role WHEN 'owner' THEN %(owner)s::bigint ELSE %(acting)s::bigint END)
"""
OPEN = """
INSERT INTO incidents_tenure (incident_id, role, person_id, since, reason, by_id)
SELECT %(incident)s, r.role, r.person, %(at)s, %(reason)s, %(by)s
FROM (VALUES ('owner', %(owner)s::bigint), ('acting', %(acting)s::bigint)) AS r(role, person)
WHERE r.person IS NOT NULL
ON CONFLICT (incident_id, role) WHERE until IS NULL DO NOTHING
"""


def keep_in(incident_id: int, *, owner: int | None, acting: int | None, reason: str, by: int | None, now: dt.datetime) -> None:
    """From now on this person owns it and that one works on it; None: nobody. Who stays goes on in the same row."""
    values = {"incident": incident_id, "owner": owner, "acting": acting, "reason": reason[:40], "by": by, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(AT, values)
        values["at"] = cursor.fetchone()[0]
        cursor.execute(CLOSE, values)
        if owner is not None or acting is not None:
            cursor.execute(OPEN, values)
