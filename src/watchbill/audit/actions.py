"""Write evidence. Called inside the transaction of the act that it proves."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and by which way in. `person_id` is null for the desk itself and for the operator at the console."""

    name: str
    via: str
    person_id: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)


ENGINE = Actor(name="engine", via="engine")


@dataclass(frozen=True, slots=True)
class Entry:
    """One record to write."""

    action: str
    kind: str
    object_id: str
    incident_id: int | None = None
    team_id: int | None = None
    restricted: bool = False
    detail: dict[str, Any] = field(default_factory=dict)


INSERT = """
INSERT INTO audit_record (at, actor_id, actor, via, action, kind, object_id, incident_id, team_id, restricted, detail)
SELECT %(at)s, %(actor_id)s, %(actor)s, %(via)s, r.action, r.kind, r.object_id, r.incident_id, r.team_id, r.restricted, r.detail
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(
    action text, kind text, object_id text, incident_id bigint, team_id bigint, restricted boolean, detail jsonb)
RETURNING id
"""


def record_in(entries: Iterable[Entry], *, by: Actor, now: dt.datetime) -> list[int]:
    """Write the records in the open transaction, in one statement. Answers their ids, in order."""
    rows = [{**asdict(e), "detail": {**by.detail, **e.detail}} for e in entries]
    if not rows:
        return []
    values = {"at": now, "actor_id": by.person_id, "actor": by.name, "via": by.via, "rows": json.dumps(rows)}
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        return sorted(number for (number,) in cursor.fetchall())
