"""Claim: take what is due under a lease, so that exactly one engine sends it. Committed before anything goes out.

A lease names the engine instance. Those of an instance that is gone are released at once, those of a frozen one after 60 s; what is sent
again after such an end is marked as a possible duplicate.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from watchbill.kernel import bus, leases
from watchbill.notifications.actions.outbox import fetch, inherit_in, leaders_in, run
from watchbill.notifications.actions.planning import why_skipped
from watchbill.notifications.actions.recording import apply_in, write_attempts_in
from watchbill.notifications.contents import opened
from watchbill.notifications.messages import Claimed, Message, Report, Result
from watchbill.notifications.rules import (
    BUNDLE_WAIT,
    MERGE_WITHIN,
    Candidate,
    LastPaged,
    Outcome,
    Room,
    after_lost_lease,
    arrange,
)
from watchbill.notifications.selectors import GONE

LEASE = dt.timedelta(seconds=60)
SHOWN = 1000  # incidents listed in one message, for receivers that read lists; the rest is counted

DUE = """
SELECT n.id, n.public_id::text, coalesce(n.person_id, -n.contact_id), n.contact_id, n.kind, n.page_id, n.firing, n.incident_id, n.service_id, n.rule, n.due_at,
  n.first_page, n.held, n.tries, n.possible_duplicate, n.content, n.created_at, n.error,
  coalesce(c.kind, 'email') AS method, coalesce(c.address, p.email) AS address, coalesce(c.secret_env, '') AS secret_env,
  c.id IS NULL OR c.removed_at IS NULL AND c.silent_at IS NULL AND (c.verified_at IS NOT NULL OR n.content->>'purpose' = 'code') AS usable,
  coalesce(p.is_active, true), coalesce(p.handle, ''), coalesce(p.name, ''),
  l.at AS last_at, l.page_id AS last_page, split_part(coalesce(c.address, ''), '/', 3) AS host
FROM notifications_notification n
LEFT JOIN people_person p ON p.id = n.person_id
LEFT JOIN notifications_contact c ON c.id = n.contact_id
LEFT JOIN notifications_lastpage l ON l.person_id = n.person_id
WHERE n.state = 'queued' AND n.due_at <= %s AND n.first_page = %s
  AND coalesce(c.kind, 'email') <> ALL(%s) AND split_part(coalesce(c.address, ''), '/', 3) <> ALL(%s)
ORDER BY n.due_at LIMIT %s FOR NO KEY UPDATE OF n SKIP LOCKED
"""

JUST_SENT = """
SELECT DISTINCT ON (n.page_id, n.person_id, n.contact_id) n.page_id, n.person_id, n.contact_id, n.id FROM notifications_notification n
WHERE n.page_id = ANY(%s) AND n.kind = 'page'
  AND (n.state = 'leased' AND n.lease_until > %s OR n.state IN ('sent', 'delivered') AND n.finished_at > %s)
ORDER BY n.page_id, n.person_id, n.contact_id, n.id DESC
"""

TAKE = """
UPDATE notifications_notification SET state = 'leased', held = false, tries = tries + 1, lease_instance = %s, lease_until = %s
WHERE id = ANY(%s)
"""

FOLLOW = """
UPDATE notifications_notification n SET state = r.state, bundle_id = r.leader, held = false
FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS r(id, leader, state) WHERE n.id = r.id
"""

HOLD = "UPDATE notifications_notification SET held = true, due_at = %s WHERE id = ANY(%s)"

FOLLOWERS = """
SELECT bundle_id, content, many, news FROM (
  SELECT bundle_id, content, count(*) OVER mine AS many, bool_or(first_page) OVER mine AS news,
    row_number() OVER (PARTITION BY bundle_id ORDER BY first_page DESC, id) AS n
  FROM notifications_notification WHERE bundle_id = ANY(%s) AND state = 'bundled' AND NOT withdrawn WINDOW mine AS (PARTITION BY bundle_id)) AS f
WHERE n <= %s ORDER BY bundle_id, n
"""  # what the person has not heard of comes before what they are reminded of, so that no list is cut before it is said

PAGED = """
INSERT INTO notifications_lastpage (person_id, at, page_id) SELECT person, %s, page FROM unnest(%s::bigint[], %s::bigint[]) AS r(person, page)
ORDER BY person ON CONFLICT (person_id) DO UPDATE SET at = excluded.at, page_id = excluded.page_id
"""


@dataclass(frozen=True, slots=True)
class _Due:
    """A row of DUE, by name."""

    id: int
    public_id: str
    person_id: int  # of a webhook that a policy names: below zero, each by itself
    contact_id: int | None
    kind: str
    page_id: int | None
    firing: int | None
    incident_id: int | None
    service_id: int | None
    rule: int
    due_at: dt.datetime
    first_page: bool
    held: bool
    tries: int
    possible_duplicate: bool
    content: Any
    created_at: dt.datetime
    error: str
    method: str
    address: str
    secret_env: str
    usable: bool
    is_active: bool
    handle: str
    name: str
    last_at: dt.datetime | None
    last_page: int | None
    host: str


def claim(
    instance_id: int,
    *,
    now: dt.datetime,
    limit: int = 500,
    room: Room | None = None,
    served: Mapping[int, float] | None = None,
) -> Claimed:
    """Take up to `limit` due notifications for this engine, in the order of sending; what nobody can send fails here and is reported."""
    room = room or Room()
    with transaction.atomic(durable=True):
        due = _due(now, limit, room)
        if not due:
            return Claimed()
        unusable = {row.id: why for row in due.values() if (why := _why_not(row))}
        report = _refuse_in(unusable, instance_id, now=now)
        candidates = _candidates([row for row in due.values() if row.id not in unusable], now=now)
        arranged = arrange(candidates, now=now, room=room, served=served)
        follow = dict(arranged.merge)
        states = dict.fromkeys(follow, "merged")
        for id_, leader in _hold_in(arranged.hold, now=now).items():
            follow[id_], states[id_] = leader, "bundled"
        if follow:
            run(FOLLOW, [list(follow), list(follow.values()), [states[id_] for id_ in follow]])
        chosen = [due[c.id] for c in arranged.send]
        messages = _take_in(chosen, instance_id, now=now)
    progress = bool(messages or unusable or follow or arranged.hold)
    return Claimed(messages, report, more=len(due) >= limit and progress)


def _due(now: dt.datetime, limit: int, room: Room) -> dict[int, _Due]:
    full = [method for method, free in room.by_method.items() if free <= 0]
    busy = [host for host, sending in room.by_host.items() if host and sending >= room.each_host]
    found = fetch(DUE, [now, True, full, busy, limit])
    if len(found) < limit:
        found += fetch(DUE, [now, False, full, busy, limit - len(found)])
    return {row[0]: _Due(*row) for row in found}


def _why_not(row: _Due) -> str:
    """Why this notification cannot be sent by anybody, looked at again at the moment of the claim."""
    if row.error and row.contact_id is None and not row.tries:
        return row.error
    if not row.usable:
        return "This contact was removed, is not verified any more, or was silenced by its owner."
    why = why_skipped(row.method, active=row.is_active, verified=True, secret_env=row.secret_env)
    return f"Not sent by {row.method}: {why}." if why else ""


def _refuse_in(unusable: Mapping[int, str], instance_id: int, *, now: dt.datetime) -> Report:
    """End them as failed, without an attempt: nothing was tried."""
    refused = [Result(id_, instance_id, 0, Outcome.PERMANENT, now, now, why) for id_, why in unusable.items()]
    return apply_in(refused, now=now) if refused else Report()


def _candidates(rows: Sequence[_Due], *, now: dt.datetime) -> list[Candidate]:
    again = sorted({r.page_id for r in rows if r.page_id is not None and r.tries == 0 and ((r.firing or 0) > 1 or r.rule > 0)})
    since = now - MERGE_WITHIN
    found = fetch(JUST_SENT, [again, since + LEASE, since]) if again else []
    sent = {(page, person, contact): id_ for page, person, contact, id_ in found}
    return [
        Candidate(
            id=r.id,
            person_id=r.person_id,
            contact=r.contact_id,
            method=r.method,
            host=r.host if r.method == "webhook" else "",
            kind=r.kind,
            due_at=r.due_at,
            page_id=r.page_id,
            firing=r.firing or 0,
            service_id=r.service_id,
            first_page=r.first_page,
            held=r.held,
            tries=r.tries,
            last_paged=LastPaged(r.last_at, r.last_page) if r.last_at and r.last_page is not None else None,
            just_sent=sent.get((r.page_id, r.person_id, r.contact_id))
            if r.tries == 0 and r.kind == "page" and r.page_id is not None
            else None,
        )
        for r in rows
    ]


def _hold_in(hold: Collection[Candidate], *, now: dt.datetime) -> dict[int, int]:
    """Let them wait for others: {follower: who carries it}. The first of a contact waits, the rest join it, or one that waits already."""
    if not hold:
        return {}
    leaders = leaders_in((c.person_id for c in hold), (c.kind for c in hold))
    first: list[int] = []
    follow: dict[int, int] = {}
    for c in hold:
        leader = leaders.setdefault((c.person_id, c.contact, c.kind), c.id)
        if leader == c.id:
            first.append(c.id)
        else:
            follow[c.id] = leader
    if first:
        run(HOLD, [now + BUNDLE_WAIT, first])
    return follow


def _take_in(chosen: Sequence[_Due], instance_id: int, *, now: dt.datetime) -> tuple[Message, ...]:
    if not chosen:
        return ()
    ids = [row.id for row in chosen]
    run(TAKE, [instance_id, now + LEASE, ids])
    others: dict[int, list[Any]] = defaultdict(list)
    many: dict[int, int] = {}
    news: set[int] = set()
    for leader, content, count, new in fetch(FOLLOWERS, [ids, SHOWN - 1]):
        others[leader].append(content)
        many[leader] = count
        if new:
            news.add(leader)
    paged = {
        row.person_id: row.page_id
        for row in chosen
        if row.person_id > 0 and row.kind == "page" and row.page_id is not None and not row.tries
    }
    if paged:
        run(PAGED, [now, list(paged), list(paged.values())])
    return tuple(_message(row, others[row.id], many.get(row.id, 0), row.first_page or row.id in news, instance_id) for row in chosen)


def _message(row: _Due, others: Iterable[Any], more: int, first_page: bool, instance_id: int) -> Message:
    contents = [opened(content) for content in (row.content, *others)]
    distinct = {content.get("number"): content for content in reversed(contents)}
    shown = tuple(reversed(distinct.values()))
    return Message(
        notification_id=row.id,
        public_id=row.public_id,
        instance=instance_id,
        kind=row.kind,
        method=row.method,
        host=row.host if row.method == "webhook" else "",
        address=row.address,
        secret_env=row.secret_env,
        person_id=row.person_id,
        handle=row.handle,
        name=row.name,
        incident_id=row.incident_id,
        service_id=row.service_id,
        page_id=row.page_id,
        attempt=row.tries + 1,
        possible_duplicate=row.possible_duplicate,
        created_at=row.created_at,
        contents=shown,
        count=max(len(shown), more + 1 if more >= SHOWN else 0),
        first_page=first_page,
    )


CONFIRM = """
UPDATE notifications_notification SET lease_until = %s
WHERE id = ANY(%s) AND state = 'leased' AND lease_instance = %s AND NOT withdrawn RETURNING id
"""

DROP = """
UPDATE notifications_notification SET state = 'cancelled', finished_at = %s, tries = tries - 1, lease_instance = NULL, lease_until = NULL
WHERE id = ANY(%s) AND state = 'leased' AND lease_instance = %s AND withdrawn RETURNING id
"""

GIVE_BACK = """
UPDATE notifications_notification SET state = 'queued', tries = tries - 1, lease_instance = NULL, lease_until = NULL, due_at = %s
WHERE id = ANY(%s) AND state = 'leased' AND lease_instance = %s
"""


def confirm(ids: Collection[int], instance_id: int, *, now: dt.datetime) -> set[int]:
    """Of claimed notifications that were not sent yet: those that are still ours and still due. Asked again after a stall.

    The lease of these begins anew. One that was acknowledged or resolved meanwhile is cancelled; one that another engine took is its.
    """
    with transaction.atomic(durable=True):
        kept = {row[0] for row in fetch(CONFIRM, [now + LEASE, sorted(ids), instance_id])}
        dropped = [row[0] for row in fetch(DROP, [now, sorted(ids), instance_id])]
        inherit_in(dropped, now=now)
    return kept


def give_back(ids: Collection[int], instance_id: int, *, now: dt.datetime) -> None:
    """Return claimed notifications that were certainly not sent: another engine, or this one later, sends them."""
    if ids:
        with transaction.atomic(durable=True):
            run(GIVE_BACK, [now, sorted(ids), instance_id])


LEASED = "SELECT DISTINCT lease_instance FROM notifications_notification WHERE state = 'leased'"

LOST = """
SELECT id, tries, withdrawn, lease_instance, lease_until FROM notifications_notification
WHERE state = 'leased' AND (lease_until < %s OR lease_instance = ANY(%s)) ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
"""

RELEASE = """
UPDATE notifications_notification n SET state = r.state, due_at = %s, possible_duplicate = true, lease_instance = NULL, lease_until = NULL,
  finished_at = CASE WHEN r.state = 'queued' THEN NULL ELSE %s::timestamptz END, error = %s
FROM unnest(%s::bigint[], %s::text[]) AS r(id, state) WHERE n.id = r.id
"""


def release_dead_leases(*, now: dt.datetime, own: int | None = None, limit: int = 5000) -> Report:
    """Queue again, marked, what an engine that is gone or frozen had in hand. Reports what is set aside because it ended too many engines.

    `own`: the instance that asks; it lives, even while its session is being made anew.
    """
    with transaction.atomic(durable=True):
        holders = [row[0] for row in fetch(LEASED, []) if row[0] is not None]
        if not holders:
            return Report()
        dead = sorted(set(holders) - leases.alive(holders) - {own})
        lost = fetch(LOST, [now, dead, limit])
        if not lost:
            return Report()
        ends = {id_: after_lost_lease(tries=tries, withdrawn=withdrawn) for id_, tries, withdrawn, _, _ in lost}
        write_attempts_in([Result(id_, holder, tries, Outcome.UNKNOWN, until - LEASE, now, GONE) for id_, tries, _, holder, until in lost])
        states = ["cancelled" if end.state == "cancelled" else "queued" for end in ends.values()]
        run(RELEASE, [now, now, GONE, list(ends), states])
        inherit_in([id_ for id_, end in ends.items() if end.state == "cancelled"], now=now)
        bus.wake_engine()
        aside = [Result(id_, 0, 0, Outcome.PERMANENT, now, now, GONE) for id_, end in ends.items() if end.state == "failed"]
        return apply_in(aside, now=now) if aside else Report()


ORPHANS = """
UPDATE notifications_notification SET state = 'queued', tries = tries - 1, lease_instance = NULL, lease_until = NULL, due_at = %s
WHERE state = 'leased' AND lease_instance = %s AND id <> ALL(%s)
"""


def give_back_orphans(instance_id: int, in_hand: Collection[int], *, now: dt.datetime) -> int:
    """Return what is leased to this engine and not in its hands: the database took the claim, and the connection broke before it said so."""
    with transaction.atomic(durable=True):
        return run(ORPHANS, [now, instance_id, sorted(in_hand)])
