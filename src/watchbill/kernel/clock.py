"""What time is it? The database's answer, so that nodes with wrong clocks agree.

Read by entry points just before they call an action; actions and rules take the value as `now`.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection


def database_now() -> dt.datetime:
    """The database's clock, aware, UTC. Inside a transaction it still moves (`clock_timestamp`)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: dt.datetime = cursor.fetchone()[0]
    return now.astimezone(dt.UTC)
