"""Seals the audit: a hash over each batch of records and the seal before it, made afterwards, so that it never serializes writes.

A record is sealed only when every transaction that was open at an earlier look has ended: no lower id can still come in.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction

from watchbill.audit.models import Record, Seal
from watchbill.audit.rules import BEGINNING, digest
from watchbill.audit.selectors import evidence

BATCH = 2000
LOCK = 0x57420002  # one sealer at a time, whichever node it runs on


class Sealer:
    """Remembers a look: the last record then, and the transactions that were open then."""

    def __init__(self) -> None:
        self._mark: tuple[int, int] | None = None

    def seal(self, *, now: dt.datetime) -> int:
        """Seal what is safe, one batch. How many records."""
        safe = self._safe()
        return _seal_in_turn(safe, now=now) if safe else 0

    def _safe(self) -> int:
        """The last id below which nothing can come in any more."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce((SELECT max(id) FROM audit_record), 0), pg_snapshot_xmin(pg_current_snapshot())::text::bigint,"
                " pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
            )
            last, oldest_open, newest = cursor.fetchone()
        if self._mark is None:
            self._mark = (last, newest)
            return 0
        marked, ended_by = self._mark
        if oldest_open < ended_by:
            return 0
        self._mark = (last, newest)
        return marked


@transaction.atomic(durable=True)
def _seal_in_turn(safe: int, *, now: dt.datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
    before = Seal.objects.order_by("-id").first()
    first = before.last_id + 1 if before else 1
    ids = list(Record.objects.filter(id__gte=first, id__lte=safe).order_by("id").values_list("id", flat=True)[:BATCH])
    if not ids:
        return 0
    rows = list(evidence(Record.objects.filter(id__gte=first, id__lte=ids[-1])))
    previous = before.digest if before else BEGINNING
    Seal.objects.create(
        first_id=first, last_id=rows[-1].id, count=len(rows), sealed_at=now, previous=previous, digest=digest(previous, rows)
    )
    return len(rows)
