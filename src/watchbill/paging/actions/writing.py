"""A look at pages becomes rows: where each walk stands now, the evidence of what fired, the story, the audit, and the asks to people.

Sets in, sets out: a batch of pages is one UPDATE and one INSERT each.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from watchbill.audit.actions import ENGINE, Entry, record_in
from watchbill.incidents.actions import Line, grant_in, tell_in
from watchbill.notifications.actions import Ask, plan_in
from watchbill.paging.rules import Advance, Fired, Said, Skipped, Walk
from watchbill.paging.selectors.rows import Row

KINDS = {"respond": "page", "coordinate": "page"}  # what the message is called; the other purposes are called by their name

UPDATE = """
UPDATE paging_page p SET status = r.status, step = r.step, round = r.round, firings = r.firings, rest = r.rest::jsonb, held = r.held::jsonb,
    due_at = r.due_at, wait_until = r.wait_until, step_fired_at = r.step_fired_at, paused_status = r.paused_status,
    paused_due_in_ms = r.paused_due_in_ms, pause_reason = r.pause_reason, acknowledged_at = r.acknowledged_at,
    acknowledged_by_id = r.acknowledged_by, resolved_at = r.resolved_at, exhausted_at = r.exhausted_at, word_at = r.word_at,
    pinged_at = r.pinged_at, source_cleared = r.source_cleared, quiet_at = r.quiet_at, aimed_at_id = r.aimed_at, tries = 0, error = '',
    set_aside_at = NULL
FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::int[], %s::int[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[],
    %s::timestamptz[], %s::text[], %s::bigint[], %s::text[], %s::timestamptz[], %s::bigint[], %s::timestamptz[], %s::timestamptz[],
    %s::timestamptz[], %s::timestamptz[], %s::bool[], %s::timestamptz[], %s::bigint[])
  AS r(id, status, step, round, firings, rest, held, due_at, wait_until, step_fired_at, paused_status, paused_due_in_ms, pause_reason,
    acknowledged_at, acknowledged_by, resolved_at, exhausted_at, word_at, pinged_at, source_cleared, quiet_at, aimed_at)
WHERE p.id = r.id
"""

# The step that most pages take: nothing but place and times moves. A third of the columns, at a third of the price.
MOVE = """
UPDATE paging_page p SET step = r.step, round = r.round, firings = r.firings, due_at = r.due_at, step_fired_at = r.step_fired_at,
    tries = 0, error = ''
FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::int[], %s::timestamptz[], %s::timestamptz[])
  AS r(id, step, round, firings, due_at, step_fired_at)
WHERE p.id = r.id
"""

FIRE = """
INSERT INTO paging_firing (page_id, n, kind, step, round, due_at, fired_at, people, skipped, next_at)
SELECT r.page, r.n, r.kind, r.step, r.round, r.due_at, %s, r.people::jsonb, r.skipped::jsonb, r.next_at
FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::int[], %s::int[], %s::timestamptz[], %s::text[], %s::text[], %s::timestamptz[])
  AS r(page, n, kind, step, round, due_at, people, skipped, next_at)
"""


@dataclass(frozen=True, slots=True)
class Look:
    """A page as it was, and what the look at it came to."""

    row: Row
    advance: Advance


def write_in(looks: Sequence[Look], *, now: dt.datetime) -> None:
    """Write what the looks came to, and ask whom they ask, in the open transaction."""
    _place_in(looks)
    fired = [(look.row, look.advance.walk, look.advance.firing) for look in looks if look.advance.firing is not None]
    if fired:
        _fire_in(fired, now)
    tell_in([_line(look.row, said) for look in looks for said in look.advance.lines], now=now)
    record_in([_proof(look.row, action) for look in looks for action in look.advance.proofs], by=ENGINE, now=now)
    for row, _, firing in fired:
        if row.restricted:
            grant_in(row.incident_id, firing.people, "paged", now=now)
    plan_in([ask for row, walk, firing in fired for ask in asks(row, walk, firing)], now=now)


def write_walks_in(changed: Sequence[tuple[Row, Walk]]) -> None:
    """Write where walks stand after an act that fires nothing."""
    _place_in([Look(row, Advance(walk)) for row, walk in changed])


def asks(row: Row, walk: Walk, firing: Fired) -> list[Ask]:
    """The messages that a firing needs: number, title and why it is this person; of a restricted incident number and code name only."""
    kind = KINDS.get(walk.purpose, walk.purpose)
    content = {
        "number": row.number,
        "title": row.title,
        "severity": "" if row.restricted else row.severity,
        "service": "" if row.restricted else row.service,
        "reason": "",
        "restricted": row.restricted,
        "opened_at": row.incident_opened_at.isoformat(),
    }
    answer = []
    for person_id, reason in zip(firing.people, firing.reasons, strict=True):
        words = content if row.restricted else {**content, "reason": reason}
        args = (person_id, kind, row.page_id, walk.firings, row.incident_id, row.service_id, firing.urgency, words, firing.methods)
        answer.append(Ask(*args))
    return answer


def _place_in(looks: Sequence[Look]) -> None:
    plain = [look for look in looks if _only_moved(look.row.walk, look.advance.walk)]
    if plain:
        _move_in(plain)
    other = [look for look in looks if look not in plain] if len(plain) < len(looks) else []
    if other:
        _execute(UPDATE, _columns([(look.row.page_id, look.advance.walk) for look in other]))


def _only_moved(before: Walk, after: Walk) -> bool:
    """A step of a page that has nothing special about it."""
    return (
        after.status == before.status == "triggered"
        and not after.rest
        and not before.rest
        and not after.held
        and not before.held
        and after.firings == before.firings + 1
        and after.aimed_at == before.aimed_at
        and after.source_cleared == before.source_cleared
        and after.quiet_at == before.quiet_at
    )


def _move_in(looks: Sequence[Look]) -> None:
    walks = [look.advance.walk for look in looks]
    columns: list[list[Any]] = [
        [look.row.page_id for look in looks],
        [walk.step for walk in walks],
        [walk.round for walk in walks],
        [walk.firings for walk in walks],
        [walk.due_at for walk in walks],
        [walk.step_fired_at for walk in walks],
    ]
    _execute(MOVE, columns)


def _columns(placed: Sequence[tuple[int, Walk]]) -> list[list[Any]]:
    rows = [
        (
            id_,
            walk.status,
            walk.step,
            walk.round,
            walk.firings,
            json.dumps(walk.rest),
            json.dumps([(person_id, at.isoformat()) for person_id, at in walk.held]),
            walk.due_at,
            walk.wait_until,
            walk.step_fired_at,
            walk.paused_status,
            None if walk.paused_due_in is None else int(walk.paused_due_in.total_seconds() * 1000),
            walk.pause_reason,
            walk.acknowledged_at,
            walk.acknowledged_by,
            walk.resolved_at,
            walk.exhausted_at,
            walk.word_at,
            walk.pinged_at,
            walk.source_cleared,
            walk.quiet_at,
            walk.aimed_at,
        )
        for id_, walk in placed
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def _fire_in(fired: Sequence[tuple[Row, Walk, Fired]], now: dt.datetime) -> None:
    columns: list[list[Any]] = [
        [row.page_id for row, _, _ in fired],
        [walk.firings for _, walk, _ in fired],
        [firing.kind for _, _, firing in fired],
        [firing.step for _, _, firing in fired],
        [firing.round for _, _, firing in fired],
        [min(row.walk.due_at or now, now) for row, _, _ in fired],
        [json.dumps(firing.people) for _, _, firing in fired],
        [_skipped(firing.skipped) for _, _, firing in fired],
        [walk.due_at for _, walk, _ in fired],
    ]
    _execute(FIRE, [now, *columns])


def _skipped(skipped: Sequence[Skipped]) -> str:
    return json.dumps([{"step": s.step, "name": s.name, "why": s.why} for s in skipped]) if skipped else "[]"


def _line(row: Row, said: Said) -> Line:
    return Line(row.incident_id, said.kind, said.text, None, "engine", said.data, row.page_id)


def _proof(row: Row, action: str) -> Entry:
    return Entry(action, "page", str(row.page_id), row.incident_id, row.walk.team_id, row.restricted, {"number": row.number})


def _execute(sql: str, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
