"""Record: how the tries ended, in sets; what is tried again, which rule starts at once, what paging must hear."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from watchbill.kernel import bus
from watchbill.notifications.actions.outbox import fetch, inherit_in, run
from watchbill.notifications.messages import Failure, Report, Result
from watchbill.notifications.rules import After, Outcome, Verdict, after_attempt, after_receipt

ATTEMPTS = """
INSERT INTO notifications_attempt (notification_id, n, started_at, ended_at, outcome, detail, instance)
SELECT * FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[], %s::bigint[])
"""

LOCK = """
SELECT n.id, n.state, n.tries, n.rule, coalesce(n.person_id, 0), n.page_id, n.firing, n.incident_id, n.kind, n.withdrawn, n.possible_duplicate,
  n.lease_instance, coalesce(p.name, regexp_replace(split_part(c.address, '/', 3), '^.*@', '')),
  coalesce(c.kind, CASE WHEN n.error = '' OR n.tries > 0 THEN 'email' ELSE '' END) AS method
FROM notifications_notification n LEFT JOIN people_person p ON p.id = n.person_id LEFT JOIN notifications_contact c ON c.id = n.contact_id
WHERE n.id = ANY(%s) ORDER BY n.id FOR NO KEY UPDATE OF n
"""

WRITE = """
UPDATE notifications_notification n SET state = r.state, due_at = coalesce(r.due_at, n.due_at), possible_duplicate = r.marked,
  finished_at = CASE WHEN r.state = 'queued' THEN NULL ELSE r.ended_at END, error = r.error, lease_instance = NULL, lease_until = NULL,
  confirm_by = CASE WHEN r.state = 'sent' THEN r.confirm_by END
FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::bool[], %s::timestamptz[], %s::text[], %s::timestamptz[])
  AS r(id, state, due_at, marked, ended_at, error, confirm_by)
WHERE n.id = r.id
"""

CARRIED = """
SELECT bundle_id, page_id, firing, person_id, rule FROM notifications_notification
WHERE bundle_id = ANY(%s) AND state IN ('bundled', 'merged') AND NOT withdrawn AND page_id IS NOT NULL
"""

START_NEXT = """
WITH next AS (
  SELECT f.page, f.firing, f.person, min(n.rule) AS rule FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::int[]) AS f(page, firing, person, rule)
  JOIN notifications_notification n ON n.page_id = f.page AND n.firing = f.firing AND n.person_id = f.person AND n.rule > f.rule
  GROUP BY f.page, f.firing, f.person)
UPDATE notifications_notification n SET due_at = %s FROM next
WHERE n.page_id = next.page AND n.firing = next.firing AND n.person_id = next.person AND n.rule = next.rule
  AND n.state = 'queued' AND n.tries = 0 AND NOT n.held AND n.due_at > %s
"""

WHOLLY_FAILED = """
SELECT n.page_id, n.firing FROM (SELECT DISTINCT page, firing FROM unnest(%s::bigint[], %s::int[]) AS f(page, firing)) AS f
JOIN notifications_notification n ON n.page_id = f.page AND n.firing = f.firing AND n.kind <> 'status'
LEFT JOIN notifications_notification l ON l.id = n.bundle_id
GROUP BY n.page_id, n.firing HAVING bool_and(coalesce(l.state, n.state) = 'failed')
"""


TOLD_EARLY = """
SELECT DISTINCT ON (notification_id, sid) notification_id, sid, verdict, detail FROM notifications_receipt
WHERE notification_id = ANY(%s) AND sid = ANY(%s) AND verdict <> '' ORDER BY notification_id, sid, verdict DESC
"""


SLOW = """
SELECT n.id, n.page_id, n.firing, n.person_id, n.rule, n.incident_id, p.name, coalesce(c.kind, 'email')
FROM notifications_notification n JOIN people_person p ON p.id = n.person_id LEFT JOIN notifications_contact c ON c.id = n.contact_id
WHERE n.id = ANY(%s) AND n.state IN ('queued', 'leased') AND NOT n.withdrawn
UNION
(SELECT n.id, n.page_id, n.firing, n.person_id, n.rule, n.incident_id, p.name, coalesce(c.kind, 'email')
FROM notifications_notification n JOIN people_person p ON p.id = n.person_id LEFT JOIN notifications_contact c ON c.id = n.contact_id
WHERE n.state = 'queued' AND n.due_at <= %s AND n.tries = 0 AND n.kind = 'page' AND coalesce(c.kind, 'email') = ANY(%s)
ORDER BY n.due_at LIMIT 500)
"""

SAID_SLOW = "no end within seconds, so the next way starts beside it"


@dataclass(frozen=True, slots=True)
class LockedRow:
    """A row of LOCK, by name."""

    id: int
    state: str
    tries: int
    rule: int
    person_id: int  # 0: a webhook that a policy names
    page_id: int | None
    firing: int | None
    incident_id: int | None
    kind: str
    withdrawn: bool
    possible_duplicate: bool
    lease_instance: int | None
    name: str
    method: str


def record(results: Sequence[Result], *, now: dt.datetime) -> Report:
    """Write how these tries ended, and everything that follows from it, in one transaction."""
    if not results:
        return Report()
    with transaction.atomic(durable=True):
        return apply_in(results, now=now)


def apply_in(results: Sequence[Result], *, now: dt.datetime) -> Report:
    """The same in the open transaction. A result with attempt 0 ends a notification that nobody could send: no attempt is written."""
    rows = lock_in([r.notification_id for r in results])
    known = [r for r in results if r.notification_id in rows]
    write_attempts_in([r for r in known if r.attempt])
    ends = {r.notification_id: (r, end) for r in known if (end := _end(r, rows[r.notification_id])) is not None}
    return conclude_in({**ends, **_told_early(ends, rows)}, rows, now=now)


def lock_in(ids: Collection[int]) -> dict[int, LockedRow]:
    """The notifications, locked in the one order."""
    return {row[0]: LockedRow(*row) for row in fetch(LOCK, [sorted(set(ids))])}


def conclude_in(ends: dict[int, tuple[Result, After]], rows: Mapping[int, LockedRow], *, now: dt.datetime) -> Report:
    """Write the ends, start what they start, and say what paging must hear."""
    if not ends:
        return Report()
    _write(ends)
    inherit_in([id_ for id_, (_, end) in ends.items() if end.state == "cancelled"], now=now)
    failed = [rows[id_] for id_, (_, end) in ends.items() if end.starts_next]
    delivered = [rows[id_] for id_, (_, end) in ends.items() if end.state == "delivered"]
    carried = fetch(CARRIED, [[row.id for row in (*failed, *delivered)]])
    turns = [(r.page_id, r.firing, r.person_id, r.rule) for r in failed if r.page_id is not None]
    gone = {row.id for row in failed}
    turns += [(page, firing, person, rule) for leader, page, firing, person, rule in carried if leader in gone]
    reached = {r.page_id for r in delivered if r.page_id is not None and r.kind == "page" and r.person_id}  # a webhook is nobody
    reached |= {page for leader, page, *_ in carried if leader not in gone}
    return Report(tuple(sorted(reached)), _after_failures(turns, now=now), tuple(_failures(ends, rows)))


def start_next_beside(ids: Collection[int], *, crowded: Collection[str], waiting_since: dt.datetime, now: dt.datetime) -> Report:
    """What is being sent for too long, and what waits behind it, keeps nobody waiting: the person's next way starts at once.

    `ids`: in the sender's hands without an end. `crowded`: kinds of contact for which the sender takes no more now; what was due by them
    before `waiting_since` and was never tried counts too. Asked again it does nothing more: the next way is on its way by then.
    """
    with transaction.atomic(durable=True):
        slow = fetch(SLOW, [sorted(ids), waiting_since, sorted(crowded)])
        carried = fetch(CARRIED, [[row[0] for row in slow]])
        named = {(page, firing, person): (incident, name, method) for _, page, firing, person, _, incident, name, method in slow}
        turns = [(page, firing, person, rule) for _, page, firing, person, rule, *_ in slow if page is not None]
        turns += [(page, firing, person, rule) for _, page, firing, person, rule in carried]
        if not turns:
            return Report()
        columns = [list(column) for column in zip(*turns, strict=True)]
        started = fetch(f"{START_NEXT} RETURNING n.page_id, n.firing, n.person_id", [*columns, now, now])
    if started:
        bus.wake_engine()
    told: list[Failure] = []
    for page, firing, person in dict.fromkeys(started):
        incident, name, method = named.get((page, firing, person), (None, "", ""))
        if incident is not None:
            told.append(Failure(incident, page, person, name, method, SAID_SLOW, last=False, unconfirmed=True))
    return Report(failures=tuple(told))


def _told_early(ends: Mapping[int, tuple[Result, After]], rows: Mapping[int, LockedRow]) -> dict[int, tuple[Result, After]]:
    """What a provider told before we wrote down that it took the message."""
    sids = {id_: result.sid for id_, (result, end) in ends.items() if end.state == "sent" and result.sid}
    found = fetch(TOLD_EARLY, [list(sids), list(sids.values())]) if sids else []
    early: dict[int, tuple[Result, After]] = {}
    for id_, sid, verdict, detail in found:
        row = rows[id_]
        after = after_receipt(Verdict(verdict), state="sent", withdrawn=row.withdrawn, possible_duplicate=row.possible_duplicate)
        if sids.get(id_) == sid and after is not None:
            early[id_] = (replace(ends[id_][0], detail=detail), after)
    return early


def write_attempts_in(results: Sequence[Result]) -> None:
    """The evidence: one row for each try."""
    if results:
        columns = zip(
            *((r.notification_id, r.attempt, r.started_at, r.ended_at, r.outcome.value, r.detail[:500], r.instance) for r in results),
            strict=True,
        )
        run(ATTEMPTS, [list(column) for column in columns])


def _end(result: Result, row: LockedRow) -> After | None:
    """What the result does to the row; nothing when another engine has it or it has ended. A late *delivered* spares a second try."""
    ours = row.state == "leased" and row.lease_instance == result.instance
    late = row.state == "queued" and result.outcome in (Outcome.ACCEPTED, Outcome.DELIVERED)
    if not (ours or late or (row.state == "queued" and not result.attempt)):
        return None
    return after_attempt(result.outcome, tries=max(row.tries, 1), withdrawn=row.withdrawn, possible_duplicate=row.possible_duplicate)


def _write(ends: dict[int, tuple[Result, After]]) -> None:
    values: list[tuple[Any, ...]] = [
        (
            id_,
            end.state,
            result.ended_at + end.again_in if end.again_in is not None else None,
            end.possible_duplicate,
            result.ended_at,
            _error(result, end),
            result.confirm_by,
        )
        for id_, (result, end) in ends.items()
    ]
    run(WRITE, [list(column) for column in zip(*values, strict=True)])


def _error(result: Result, end: After) -> str:
    return "" if end.state in ("sent", "delivered") else result.detail[:500]


def _after_failures(turns: Sequence[tuple[Any, ...]], *, now: dt.datetime) -> tuple[tuple[int, int], ...]:
    """Start the next rules at once; name the firings of which nothing is left."""
    if not turns:
        return ()
    pages, firings, people, rules = (list(column) for column in zip(*turns, strict=True))
    if run(START_NEXT, [pages, firings, people, rules, now, now]):
        bus.wake_engine()
    return tuple((page, firing) for page, firing in fetch(WHOLLY_FAILED, [pages, firings]))


def _failures(ends: Mapping[int, tuple[Result, After]], rows: Mapping[int, LockedRow]) -> list[Failure]:
    """The first failure of a method and its last one are told; the retries between are in the attempts."""
    told: list[Failure] = []
    for id_, (result, end) in ends.items():
        row = rows[id_]
        last = end.state == "failed"
        if end.starts_next and row.incident_id is not None and row.kind != "status" and (last or row.tries <= 1 or end.state == "sent"):
            waits = end.state == "sent"
            told.append(Failure(row.incident_id, row.page_id, row.person_id, row.name, row.method, result.detail, last, waits))
    return told
