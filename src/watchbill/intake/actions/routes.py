"""How often was each route used, and how much did it drop?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import connection

COUNT = """
INSERT INTO intake_routeuse AS u (service_id, mark, dropped, count, last_at)
SELECT r.service_id, r.mark, r.dropped, r.count, %s FROM unnest(%s::bigint[], %s::text[], %s::bool[], %s::bigint[]) r(service_id, mark, dropped, count)
ON CONFLICT (service_id, mark, dropped) DO UPDATE SET count = u.count + EXCLUDED.count, last_at = GREATEST(u.last_at, EXCLUDED.last_at)
"""


def count_in(used: Mapping[tuple[int, str, bool], int], *, now: dt.datetime) -> None:
    """Add to the counts, one statement for a round."""
    if used:
        rows = sorted(used.items())
        columns = [[key[place] for key, _ in rows] for place in range(3)]
        with connection.cursor() as cursor:
            cursor.execute(COUNT, [now, *columns, [count for _, count in rows]])
