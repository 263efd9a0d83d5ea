"""Has every open page taken the step that was due? The auditor's question, asked apart from the engine that takes the steps."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection

NAMED = 20  # so many are named; one is enough to be red

UNPROVEN = """
SELECT id, incident_id, due_at FROM paging_page WHERE due_at <= %s AND set_aside_at IS NULL ORDER BY due_at LIMIT %s
"""
ASIDE = "SELECT id, incident_id, set_aside_at FROM paging_page WHERE set_aside_at IS NOT NULL ORDER BY set_aside_at LIMIT %s"


@dataclass(frozen=True, slots=True)
class Unproven:
    """A page that should have been looked at, or was set aside, since `since`."""

    page_id: int
    incident_id: int
    since: dt.datetime


def unproven(*, now: dt.datetime, grace: dt.timedelta) -> list[Unproven]:
    """Open pages that were due `grace` ago and have not been looked at since, the oldest first, 20 at most. Empty: all is proved."""
    return _read(UNPROVEN, [now - grace, NAMED])


def set_aside() -> list[Unproven]:
    """Pages on which the engine gave up, the oldest first, 20 at most: somebody was told, and `doctor` shows them."""
    return _read(ASIDE, [NAMED])


def _read(sql: str, values: list[Any]) -> list[Unproven]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [Unproven(*row) for row in cursor.fetchall()]
