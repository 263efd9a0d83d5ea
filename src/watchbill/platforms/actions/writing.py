"""Wanted writes: claimed under a lease, done outside, recorded. One of a report after the other, in the order in which they were asked for.

Before anything leaves, `begin` puts that down: from then on it may have been done, whatever becomes of this engine, and it is looked for
before anything else. Money that has begun begins a second time only when a person said so.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.db import transaction

from watchbill.kernel import leases
from watchbill.notifications.actions.outbox import fetch, run
from watchbill.notifications.rules import Outcome
from watchbill.platforms.messages import Claim, Ended, Written
from watchbill.platforms.models import Write
from watchbill.platforms.rules.ends import After, after_write

LEASE = dt.timedelta(seconds=90)  # longer than a look and a write wait for their answers

HOLDERS = "SELECT DISTINCT lease_instance FROM platforms_write WHERE due_at <= %s AND lease_instance IS NOT NULL"

CLAIM = """
UPDATE platforms_write w SET lease_instance = %(me)s, lease_until = %(until)s, tries = tries + 1, doubt = w.doubt OR due.lost
FROM (SELECT q.id, q.lease_instance IS NOT NULL AS lost, r.external_id,
    ARRAY(SELECT o.remote_ref FROM platforms_write o WHERE o.remote_id = q.remote_id AND o.remote_ref <> '' AND o.id <> q.id) AS taken
  FROM platforms_write q JOIN platforms_remote r ON r.id = q.remote_id
  WHERE q.due_at <= %(now)s AND r.platform_id = %(platform)s AND q."end" = ''
    AND (q.lease_instance IS NULL OR q.lease_until < %(now)s OR q.lease_instance = ANY(%(dead)s))
    AND NOT EXISTS (SELECT 1 FROM platforms_write e WHERE e.remote_id = q.remote_id AND e.id < q.id AND e."end" = '')
  ORDER BY q.due_at, q.id LIMIT %(limit)s FOR NO KEY UPDATE OF q SKIP LOCKED) AS due
WHERE due.id = w.id
RETURNING w.id, w.remote_id, w.kind, w.body::text, w.tries, w.doubt, w.created_at, w.looks, due.external_id, due.taken
"""

BEGIN = """
UPDATE platforms_write SET doubt = true, looks = 0, body = body - 'send'
WHERE id = %(id)s AND lease_instance = %(me)s AND lease_until > clock_timestamp() AND "end" = ''
  AND (kind <> 'bounty' OR NOT doubt OR body -> 'send' = 'true'::jsonb)
"""

RECORD = """
UPDATE platforms_write SET lease_instance = NULL, lease_until = NULL, "end" = %(end)s, due_at = %(due_at)s, doubt = %(doubt)s,
  looks = %(looks)s, error = %(error)s, remote_ref = %(ref)s, ended_at = %(ended_at)s, body = %(body)s::jsonb,
  tries = CASE WHEN %(counts)s THEN tries ELSE greatest(tries - 1, 0) END
WHERE id = %(id)s AND lease_instance = %(me)s
"""

GIVE_BACK = """
UPDATE platforms_write SET lease_instance = NULL, lease_until = NULL, tries = greatest(tries - 1, 0)
WHERE lease_instance = %s AND remote_id IN (SELECT id FROM platforms_remote WHERE platform_id = %s)
"""


def claim_writes(instance_id: int, platform_id: int, *, now: dt.datetime, limit: int) -> list[Claim]:
    """Take what is due on this platform under a lease. Committed before anything is written."""
    with transaction.atomic(durable=True):
        holders = [row[0] for row in fetch(HOLDERS, [now])]
        dead = sorted(set(holders) - leases.alive(holders) - {instance_id})
        values = {"me": instance_id, "until": now + LEASE, "now": now, "platform": platform_id, "dead": dead, "limit": limit}
        rows = fetch(CLAIM, values)
    claims = [_claim(row) for row in rows]
    return sorted(claims, key=lambda claim: claim.id)


def begin(claim: Claim, instance_id: int) -> bool:
    """It leaves now. False: it may not, since another engine has it, it has ended, or it is money that may have left before."""
    with transaction.atomic(durable=True):
        return run(BEGIN, {"id": claim.id, "me": instance_id}) == 1


def record_write_in(result: Written, instance_id: int, *, now: dt.datetime) -> Ended | None:
    """Write how this try ended, in the open transaction; answers what the story of its report shall say, if anything."""
    rows = Write.objects.select_for_update(no_key=True)
    row = rows.filter(pk=result.claim.id, lease_instance=instance_id).first()
    if row is None:
        return None  # another engine has it: its end counts
    claim = result.claim
    after = after_write(
        claim.kind,
        result.outcome,
        tries=claim.tries,
        doubt=claim.again,
        looks=claim.looks,
        missing=result.missing,
        retry_after=result.retry_after,
    )
    run(RECORD, _recorded(row, result, after, instance_id, now=now))
    if not after.say:
        return None
    body = {name: value for name, value in claim.body.items() if name != "send"}
    return Ended(
        row.id, row.remote_id, row.kind, after.end, body, row.person_id, result.detail, result.remote_ref or row.remote_ref, result.nothing
    )


def give_back_writes(instance_id: int, platform_id: int) -> None:
    """Return what this engine holds of a platform: another one takes it at once. What has begun is looked for by whoever does."""
    with transaction.atomic(durable=True):
        run(GIVE_BACK, [instance_id, platform_id])


def _claim(row: tuple[Any, ...]) -> Claim:
    id_, remote_id, kind, body, tries, again, created_at, looks, external_id, taken = row
    return Claim(id_, remote_id, kind, json.loads(body), tries, again, created_at, looks, external_id, tuple(taken))


def _recorded(row: Write, result: Written, after: After, instance_id: int, *, now: dt.datetime) -> dict[str, object]:
    unsent = result.outcome is Outcome.TEMPORARY and not result.missing
    waits = result.retry_after is not None and not after.end
    return {
        "id": row.id,
        "me": instance_id,
        "end": after.end,
        "due_at": None if after.again_in is None else now + after.again_in,
        "doubt": after.doubt,
        "looks": after.looks,
        "error": "" if after.end == "done" else row.error if waits else result.detail[:500],
        "ref": (result.remote_ref or row.remote_ref)[:64],
        "ended_at": now if after.end else None,
        "body": json.dumps(dict(result.claim.body) if unsent else row.body),  # what was not sent may still be, as a person decided
        "counts": after.counts,
    }
