"""A look at pages becomes rows: where each walk stands now, the evidence of what fired, the story, the audit, and the asks to people.

Sets in, sets out: a batch of pages is one UPDATE and one INSERT each.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import connection

from watchbill.audit.actions import ENGINE, Entry, record_in
from watchbill.incidents.actions import Line, grant_in, tell_in
from watchbill.notifications.actions import Ask, HookAsk, call_in, plan_in
from watchbill.notifications.chats.actions import post_in
from watchbill.notifications.chats.messages import PostAsk
from watchbill.paging.rules import Advance, Fired, Said, Walk
from watchbill.paging.selectors.rows import Row

KINDS = {"respond": "page", "coordinate": "page"}  # what the message is called; the other purposes are called by their name

UPDATE = """
UPDATE paging_page p SET status = r.status, step = r.step, round = r.round, firings = r.firings, rest = r.rest, held = r.held,
    due_at = r.due_at, wait_until = r.wait_until, step_fired_at = r.step_fired_at, paused_status = r.paused_status,
    paused_due_in_ms = r.paused_due_in_ms, pause_reason = r.pause_reason, acknowledged_at = r.acknowledged_at,
    acknowledged_by_id = r.acknowledged_by, resolved_at = r.resolved_at, exhausted_at = r.exhausted_at, word_at = r.word_at,
    pinged_at = r.pinged_at, source_cleared = r.source_cleared, quiet_at = r.quiet_at, aimed_at_id = r.aimed_at, maintenance_at = r.maintenance_at,
    tries = 0, error = '', set_aside_at = NULL
FROM jsonb_to_recordset(%s::jsonb) AS r(id bigint, status text, step int, round int, firings int, rest jsonb, held jsonb, due_at timestamptz,
    wait_until timestamptz, step_fired_at timestamptz, paused_status text, paused_due_in_ms bigint, pause_reason text,
    acknowledged_at timestamptz, acknowledged_by bigint, resolved_at timestamptz, exhausted_at timestamptz, word_at timestamptz,
    pinged_at timestamptz, source_cleared bool, quiet_at timestamptz, aimed_at bigint, maintenance_at timestamptz)
WHERE p.id = r.id
"""

# The step that most pages take: nothing but place and times moves. A fifth of the columns, at a fifth of the price.
MOVE = """
UPDATE paging_page p SET step = r.step, round = r.round, firings = r.firings, due_at = r.due_at, step_fired_at = r.step_fired_at,
    tries = 0, error = '', set_aside_at = NULL
FROM json_to_recordset(%s::json) AS r(id bigint, step int, round int, firings int, due_at timestamptz, step_fired_at timestamptz)
WHERE p.id = r.id
"""

FIRE = """
INSERT INTO paging_firing (page_id, n, kind, step, round, due_at, fired_at, people, skipped, next_at)
SELECT r.page, r.n, r.kind, r.step, r.round, r.due_at, %s, r.people, r.skipped, r.next_at
FROM json_to_recordset(%s::json) AS r(page bigint, n int, kind text, step int, round int, due_at timestamptz, people jsonb, skipped jsonb,
    next_at timestamptz)
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
    told = [(look, channel) for look in looks for channel in look.advance.channels]
    post_in([PostAsk(look.row.incident_id, channel.chat, channel.name) for look, channel in told if not channel.is_hook], now=now)
    call_in([_call(look, channel.url) for look, channel in told if channel.is_hook and not look.row.restricted], now=now)


def write_walks_in(changed: Sequence[tuple[Row, Walk]]) -> None:
    """Write where walks stand after an act that fires nothing."""
    _place_in([Look(row, Advance(walk)) for row, walk in changed])


def asks(row: Row, walk: Walk, firing: Fired) -> list[Ask]:
    """The messages that a firing needs: number, title and why it is this person; of a restricted incident number and code name only."""
    kind = KINDS.get(walk.purpose, walk.purpose)
    content = _content(row)
    answer = []
    for person_id, reason in zip(firing.people, firing.reasons, strict=True):
        words = content if row.restricted else {**content, "reason": reason}
        args = (person_id, kind, row.page_id, walk.firings, row.incident_id, row.service_id, firing.urgency, words, firing.methods)
        answer.append(Ask(*args))
    return answer


def _content(row: Row) -> dict[str, Any]:
    return {
        "number": row.number,
        "title": row.title,
        "severity": "" if row.restricted else row.severity,
        "service": "" if row.restricted else row.service,
        "reason": "",
        "restricted": row.restricted,
        "opened_at": row.incident_opened_at.isoformat(),
    }


def _call(look: Look, url: str) -> HookAsk:
    """Another system hears of the page as people do, and why it."""
    row, walk = look.row, look.advance.walk
    content = {**_content(row), "reason": "The escalation policy names this webhook."}
    return HookAsk(url, KINDS.get(walk.purpose, walk.purpose), row.page_id, row.incident_id, row.service_id, walk.urgency, content)


def _place_in(looks: Sequence[Look]) -> None:
    plain = [look for look in looks if _only_moved(look.row.walk, look.advance.walk)]
    if plain:
        _execute(MOVE, [_encoded([_moved(look.row.page_id, look.advance.walk) for look in plain])])
    if len(plain) < len(looks):
        kept = {look.row.page_id for look in plain}
        _execute(UPDATE, [_encoded([_placed(look.row.page_id, look.advance.walk) for look in looks if look.row.page_id not in kept])])


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


def _moved(page_id: int, walk: Walk) -> dict[str, Any]:
    return {
        "id": page_id,
        "step": walk.step,
        "round": walk.round,
        "firings": walk.firings,
        "due_at": walk.due_at,
        "step_fired_at": walk.step_fired_at,
    }


def _placed(page_id: int, walk: Walk) -> dict[str, Any]:
    return {
        **_moved(page_id, walk),
        "status": walk.status,
        "rest": walk.rest,
        "held": walk.held,
        "wait_until": walk.wait_until,
        "paused_status": walk.paused_status,
        "paused_due_in_ms": None if walk.paused_due_in is None else int(walk.paused_due_in.total_seconds() * 1000),
        "pause_reason": walk.pause_reason,
        "acknowledged_at": walk.acknowledged_at,
        "acknowledged_by": walk.acknowledged_by,
        "resolved_at": walk.resolved_at,
        "exhausted_at": walk.exhausted_at,
        "word_at": walk.word_at,
        "pinged_at": walk.pinged_at,
        "source_cleared": walk.source_cleared,
        "quiet_at": walk.quiet_at,
        "aimed_at": walk.aimed_at,
        "maintenance_at": walk.maintenance_at,
    }


def _fire_in(fired: Sequence[tuple[Row, Walk, Fired]], now: dt.datetime) -> None:
    rows = [
        {
            "page": row.page_id,
            "n": walk.firings,
            "kind": firing.kind,
            "step": firing.step,
            "round": firing.round,
            "due_at": min(row.walk.due_at or now, now),
            "people": firing.people,
            "skipped": firing.skipped,
            "next_at": walk.due_at,
        }
        for row, walk, firing in fired
    ]
    _execute(FIRE, [now, _encoded(rows)])


def _encoded(rows: Sequence[dict[str, Any]]) -> str:
    return msgspec.json.encode(rows).decode()


def _line(row: Row, said: Said) -> Line:
    return Line(row.incident_id, said.kind, said.text, None, "engine", said.data, row.page_id)


def _proof(row: Row, action: str) -> Entry:
    return Entry(action, "page", str(row.page_id), row.incident_id, row.walk.team_id, row.restricted, {"number": row.number})


def _execute(sql: str, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
