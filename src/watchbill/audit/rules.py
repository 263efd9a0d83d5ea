"""Has the evidence been changed afterwards? Pure: each seal's digest covers a batch of records and the digest before it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

BEGINNING = "0" * 64  # what stands before the first seal


@dataclass(frozen=True, slots=True)
class Evidence:
    """A record as it is sealed: every column, the detail as it was read back from the database."""

    id: int
    at: dt.datetime
    actor_id: int | None
    actor: str
    via: str
    action: str
    kind: str
    object_id: str
    incident_id: int | None
    team_id: int | None
    restricted: bool
    detail: Any


def digest(previous: str, records: Iterable[Evidence]) -> str:
    """SHA-256 over the digest before and each record in order, one line of JSON each, times in UTC."""
    chain = hashlib.sha256(previous.encode())
    for record in records:
        chain.update(line(record).encode())
    return chain.hexdigest()


def line(record: Evidence) -> str:
    """The one way to write a record down: the same values give the same bytes on every node and release."""
    values = [
        record.id,
        record.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        record.actor_id,
        record.actor,
        record.via,
        record.action,
        record.kind,
        record.object_id,
        record.incident_id,
        record.team_id,
        record.restricted,
        record.detail,
    ]
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True) + "\n"
