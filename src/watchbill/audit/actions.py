"""Write evidence. Called inside the transaction of the act that it proves."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import connection, transaction

from watchbill.audit.models import Record, Seal
from watchbill.audit.rules import BEGINNING, digest
from watchbill.audit.selectors import evidence


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
"""


def record_in(entries: Iterable[Entry], *, by: Actor, now: dt.datetime) -> None:
    """Write the records in the open transaction, in one statement."""
    rows = [{**asdict(e), "detail": {**by.detail, **e.detail}} for e in entries]
    if not rows:
        return
    values = {"at": now, "actor_id": by.person_id, "actor": by.name, "via": by.via, "rows": json.dumps(rows)}
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)


SEALER = 7_310_214  # advisory lock: one sealer at a time, whichever node it runs on
WRITERS = """
SELECT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND relation = 'audit_record'::regclass AND mode = 'RowExclusiveLock'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Up to which record one may seal, once these transactions, which were writing just then, have ended."""

    last_id: int
    writers: frozenset[str]


def propose_seal(*, limit: int = 10_000) -> Proposal | None:
    """How far could the next seal reach? None when there is nothing new.

    Ids are given out before their rows are visible. A record with a smaller id that is still to appear belongs to a transaction that holds
    its lock on the table already, so it is enough to wait for those: no writer ever waits for a seal.
    """
    sealed = _last_seal()
    new = Record.objects.filter(id__gt=sealed.last_id if sealed else 0).order_by("id").values_list("id", flat=True)[:limit]
    ids = list(new)
    if not ids:
        return None
    with connection.cursor() as cursor:
        cursor.execute(WRITERS)
        return Proposal(last_id=ids[-1], writers=frozenset(name for (name,) in cursor.fetchall()))


@transaction.atomic(durable=True)
def seal(proposal: Proposal, *, now: dt.datetime) -> int:
    """Write the next link of the chain; answers how many records it covers. 0: another sealer was first, or a writer is not done yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(WRITERS)
        if proposal.writers & {name for (name,) in cursor.fetchall()}:
            return 0
    before = _last_seal()
    first_id, previous = (before.last_id + 1, before.digest) if before else (1, BEGINNING)
    rows = list(evidence(Record.objects.filter(id__gte=first_id, id__lte=proposal.last_id)))
    if not rows:
        return 0
    Seal.objects.create(
        first_id=first_id, last_id=proposal.last_id, count=len(rows), sealed_at=now, previous=previous, digest=digest(previous, rows)
    )
    return len(rows)


def _last_seal() -> Seal | None:
    return Seal.objects.order_by("-id").first()
