"""What the tracker still has to write about hand-offs, and how it went. Whoever writes claims a row first, so that two nodes write once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from watchbill.handoff.models import Handoff, HandoffRecord

LEASE = dt.timedelta(minutes=2)  # so long nobody else tries a row that is being written
PAUSES = (dt.timedelta(seconds=30), dt.timedelta(minutes=2), dt.timedelta(minutes=10))
LONGEST_PAUSE = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ToWrite:
    """A record to write: the hand-off as it is now, and where. Of one that is only offered, the assignee moves and nothing else."""

    record_id: int
    handoff: Handoff
    name: str
    tries: int


@transaction.atomic(durable=True)
def claim_records(*, now: dt.datetime, limit: int = 20) -> list[ToWrite]:
    """Records of issues that are due, under a lease."""
    due = HandoffRecord.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).filter(place="issue", due_at__lte=now)
    rows = list(due.select_related("handoff__incident__team", "handoff__giver", "handoff__receiver").order_by("due_at", "id")[:limit])
    for row in rows:
        row.tries, row.due_at = row.tries + 1, now + LEASE
        row.save(update_fields=["tries", "due_at"])
    return [ToWrite(row.id, row.handoff, row.name, row.tries) for row in rows]


@transaction.atomic(durable=True)
def record_written(record_id: int, link: str, *, now: dt.datetime) -> None:
    """It stands there."""
    HandoffRecord.objects.filter(pk=record_id).update(state="written", link=link[:2000], error="", due_at=None, written_at=now)


@transaction.atomic(durable=True)
def record_failed(record_id: int, error: str, *, now: dt.datetime, for_good: bool = False) -> None:
    """It could not be written: shown, and tried again with growing pauses, unless it never can be."""
    row = HandoffRecord.objects.select_for_update(no_key=True).get(pk=record_id)
    pause = PAUSES[row.tries - 1] if 0 < row.tries <= len(PAUSES) else LONGEST_PAUSE
    row.state, row.error, row.due_at = "failed", error[:500], None if for_good else now + pause
    row.save(update_fields=["state", "error", "due_at"])
