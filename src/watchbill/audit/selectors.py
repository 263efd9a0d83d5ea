"""What was done, by whom, by which way? And has anybody touched the record of it?

This layer stands below people and incidents: whoever asks says which teams' records the viewer may read, which incidents and which reports.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast

from watchbill.audit.models import Record, Seal
from watchbill.audit.rules import BEGINNING, Evidence, digest
from watchbill.kernel.errors import Invalid

MOST = 200  # rows of one page of a list
REPORT = "report"  # kind of the records about a vulnerability report
LARGEST = 2**63 - 1
COLUMNS = [field.name for field in fields(Evidence)]


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to. `action` may be a whole one or the part before the dot. Empty or None: not narrowed."""

    action: str = ""
    actor: str = ""
    kind: str = ""
    incident_id: int | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the list, and the cursor of the next one."""

    items: list[Record]
    next: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the seals say: `why` is empty while all is whole."""

    whole: bool
    seals: int
    records: int
    why: str = ""


def readable(*, teams: Collection[int] | None, incidents: QuerySet[Any], person_id: int, reports: QuerySet[Any]) -> QuerySet[Record]:
    """The records that somebody may read: of these teams (None: of all, and of no team) and what they did themselves.

    `incidents` and `reports` are those that the viewer may see: a record about any other one does not exist for them, whatever else it says.
    """
    seen = Exists(incidents.filter(pk=OuterRef("incident_id")))
    known = Exists(reports.annotate(as_text=Cast("pk", TextField())).filter(as_text=OuterRef("object_id")))
    rows = Record.objects.filter(Q(incident_id=None) | seen, ~Q(kind=REPORT) | known)
    if teams is None:
        return rows
    return rows.filter(Q(team_id__in=list(teams)) | Q(actor_id=person_id))


def listed(rows: QuerySet[Record], filters: Filters, *, cursor: str = "", limit: int = 50) -> Listed:
    """The newest first, one page at a time. Raises Invalid for a cursor that this list did not give."""
    limit = max(1, min(limit, MOST))
    rows = _narrowed(rows, filters).order_by("-id")
    if cursor:
        rows = rows.filter(id__lt=_read_cursor(cursor))
    items = list(rows[: limit + 1])
    return Listed(items=items[:limit], next=str(items[limit - 1].id) if len(items) > limit else None)


def verify_chain(*, batch: int = 2000) -> Verdict:
    """Read every seal and what it covers, oldest first, and stop at the first that does not hold.

    It finds a record that was changed, removed or slipped in before the last seal. What is newer than the last seal is not covered, and
    whoever owns the database could cut off the newest seals: compare the last digest with one that you wrote down elsewhere.
    """
    before, last_id, seals, records = BEGINNING, 0, 0, 0
    for seal in Seal.objects.order_by("id").iterator(chunk_size=batch):
        rows = list(evidence(Record.objects.filter(id__gte=seal.first_id, id__lte=seal.last_id), batch=batch))
        why = _what_is_wrong(seal, rows, before=before, last_id=last_id)
        if why:
            return Verdict(whole=False, seals=seals, records=records, why=why)
        before, last_id, seals, records = seal.digest, seal.last_id, seals + 1, records + len(rows)
    return Verdict(whole=True, seals=seals, records=records)


def evidence(rows: QuerySet[Record], *, batch: int = 2000) -> Iterator[Evidence]:
    """The rows as they are sealed, in order."""
    for values in rows.order_by("id").values_list(*COLUMNS).iterator(chunk_size=batch):
        yield Evidence(*values)


def _what_is_wrong(seal: Seal, rows: list[Evidence], *, before: str, last_id: int) -> str:
    span = f"records {seal.first_id} to {seal.last_id}"
    if seal.first_id != last_id + 1:
        return f"A seal is missing before the one over {span}."
    if seal.previous != before:
        return f"The seal over {span} does not follow the one before it."
    if seal.count != len(rows):
        return f"The seal over {span} was made over {seal.count} records; {len(rows)} are there now."
    if seal.digest != digest(seal.previous, rows):
        return f"One of the {span} was changed after it was sealed."
    return ""


def _narrowed(rows: QuerySet[Record], filters: Filters) -> QuerySet[Record]:
    if filters.action:
        action = _clean(filters.action)
        rows = rows.filter(action=action) if "." in action else rows.filter(action__startswith=f"{action}.")
    if filters.actor:
        rows = rows.filter(actor=_clean(filters.actor))
    if filters.kind:
        rows = rows.filter(kind=_clean(filters.kind))
    if filters.incident_id is not None:
        rows = rows.filter(incident_id=filters.incident_id)
    if filters.since:
        rows = rows.filter(at__gte=filters.since)
    if filters.until:
        rows = rows.filter(at__lt=filters.until)
    return rows


def _read_cursor(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 20 and int(cursor) <= LARGEST):
        raise Invalid("The cursor is not one that this list gave. Start again without it.", field="cursor")
    return int(cursor)


def _clean(text: str) -> str:
    return text.replace("\x00", "")
