"""Which of these events has its effect already, or has it by another row?

The front door stores again what a commit of unknown end did not seem to have stored (`frontdoor/commits.py`). Where that commit comes late
after all, its events are there twice. In each service one of the commits alone is taken in: the one that was begun, else the lowest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection

from watchbill.intake.actions.choosing import Stored

WHY = "Left out: it was stored twice, after the database had stood still, and the other one had its effect."

# Nearly always nothing: two looks into an index of a small table.
FAMILIES = """
SELECT again.batch, again.first, again.after FROM intake_storedagain again WHERE again.first IN (
    SELECT first FROM intake_storedagain WHERE batch = ANY(%(batches)s) UNION SELECT unnest(%(batches)s::bigint[])
)
"""
BEGUN = """
SELECT service_id, batch, min(id), bool_or(state IN ('done', 'aside')) FROM intake_event
WHERE id > %s AND batch = ANY(%s) AND service_id = ANY(%s) AND kind <> 'change' GROUP BY service_id, batch
"""
LEAVE = "UPDATE intake_event SET state = 'left', outcome = %s WHERE id = ANY(%s) AND state = 'pending'"


def without_doubles_in(events: Sequence[Stored]) -> tuple[list[Stored], int]:
    """Those that are taken in, and how many were left out instead."""
    first_of, after = _families({event.batch for event in events if event.batch is not None})
    if not first_of:
        return list(events), 0
    taken = _taken(first_of, after, {event.service_id for event in events})
    doubles = {
        event.id
        for event in events
        if event.batch in first_of and taken.get((event.service_id, first_of[event.batch]), event.batch) != event.batch
    }
    if doubles:
        with connection.cursor() as cursor:
            cursor.execute(LEAVE, [WHY, list(doubles)])
    return [event for event in events if event.id not in doubles], len(doubles)


def _families(batches: set[int]) -> tuple[dict[int, int], int]:
    """The first commit of each that was made again or makes one again, and an id that was there before all of them."""
    if not batches:
        return {}, 0
    with connection.cursor() as cursor:
        cursor.execute(FAMILIES, {"batches": list(batches)})
        rows = cursor.fetchall()
    first_of = {batch: first for batch, first, _ in rows} | {first: first for _, first, _ in rows}
    return first_of, min((after for _, _, after in rows), default=0)


def _taken(first_of: dict[int, int], after: int, services: Iterable[int]) -> dict[tuple[int, int], int]:
    """By service and first commit: the one that is taken in."""
    with connection.cursor() as cursor:
        cursor.execute(BEGUN, [after, list(first_of), list(services)])
        found = sorted(cursor.fetchall(), key=lambda row: (not row[3], row[2]))
    taken: dict[tuple[int, int], int] = {}
    for service, batch, _, _ in found:
        taken.setdefault((service, first_of[batch]), batch)
    return taken
