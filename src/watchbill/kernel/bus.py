"""How do processes wake each other? By PostgreSQL's NOTIFY, sent when the transaction commits.

A lost signal costs a second, never a page: every listener also looks by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.db import connection

EVENTS = "watchbill_events"  # front door -> engine: events wait
WORK = "watchbill_work"  # actions -> engine: something may be due now
LIVE = "watchbill_live"  # actions -> web: a board changed
KEYS = "watchbill_keys"  # keys were made or revoked -> front doors forget what they remember


def signal(channel: str, **payload: Any) -> None:
    """Send on commit of the open transaction (at once when there is none). Ids only, never contents."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [channel, json.dumps(payload) if payload else ""])


def boards_changed(incident_ids: Iterable[int]) -> None:
    """The same for several incidents, in one statement."""
    payloads = [json.dumps({"incident": id_}) for id_ in sorted(incident_ids)]
    if payloads:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, p) FROM unnest(%s::text[]) p", [LIVE, payloads])


def wake_engine() -> None:
    """Tell the engine that a due time may have moved to now."""
    signal(WORK)


def board_changed(incident_id: int | None = None) -> None:
    """Tell open boards to look again. Carries an internal id only; each board re-reads as its own viewer."""
    signal(LIVE, incident=incident_id)
