"""Wanted writes: claimed under a lease, done outside, recorded. At least once, and looked for before a second try of what could stand twice.

A claim of a dead engine is free at once, of a frozen one after a minute. A comment waits for its issue, and for the comments before it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence

from django.db import transaction

from watchbill.kernel import leases
from watchbill.notifications.actions.outbox import fetch, run
from watchbill.notifications.rules import Outcome
from watchbill.trackers.messages import Claim, Told, Written
from watchbill.trackers.models import Issue, Link, Write
from watchbill.trackers.rules.ends import after_write
from watchbill.trackers.rules.words import severity_of

LEASE = dt.timedelta(seconds=60)

HOLDERS = "SELECT DISTINCT lease_instance FROM trackers_write WHERE due_at <= %s AND lease_instance IS NOT NULL"

CLAIM = """
UPDATE trackers_write w SET lease_instance = %(me)s, lease_until = %(until)s, tries = tries + 1
FROM (SELECT q.id, q.lease_instance IS NOT NULL AS lost FROM trackers_write q JOIN trackers_link l ON l.id = q.link_id
  WHERE q.due_at <= %(now)s AND l.tracker_id = %(tracker)s AND (l.issue_id IS NOT NULL OR q.kind = 'create')
    AND (q.lease_instance IS NULL OR q.lease_until < %(now)s OR q.lease_instance = ANY(%(dead)s))
    AND NOT (q.kind = 'comment' AND EXISTS (SELECT 1 FROM trackers_write e WHERE e.link_id = q.link_id AND e.kind = 'comment' AND e.id < q.id AND e.due_at IS NOT NULL))
  ORDER BY q.due_at, q.id LIMIT %(limit)s FOR NO KEY UPDATE OF q SKIP LOCKED) AS due
WHERE due.id = w.id
RETURNING w.id, w.public_id::text, w.link_id, w.kind, w.entry::text, w.wanted, w.tries, w.doubt OR due.lost,
  w.created_at
"""

RECORD = """
UPDATE trackers_write w SET lease_instance = NULL, lease_until = NULL, due_at = %(due_at)s, doubt = %(doubt)s, error = %(error)s,
  given_up = %(given_up)s, tries = CASE WHEN %(done)s THEN 0 WHEN %(waits)s THEN w.tries - 1 ELSE w.tries END,
  done = CASE WHEN %(done)s THEN %(wanted)s ELSE w.done END, done_at = CASE WHEN %(done)s THEN %(now)s ELSE w.done_at END
WHERE w.id = %(id)s AND w.lease_instance = %(me)s
"""

SAYS = {
    "create": "The tracking issue could not be made",
    "comment": "A note could not be written on the tracking issue",
    "assign": "The tracking issue could not be assigned",
    "state": "The tracking issue could not be closed or opened",
    "label": "The labels of the tracking issue could not be set",
}

HANDOFF_SAYS = "The hand-off could not be written on the tracking issue"


def claim_writes(instance_id: int, tracker_id: int, *, now: dt.datetime, limit: int) -> list[Claim]:
    """Take what is due on this tracker under a lease. Committed before anything is written."""
    with transaction.atomic(durable=True):
        holders = [row[0] for row in fetch(HOLDERS, [now])]
        dead = sorted(set(holders) - leases.alive(holders) - {instance_id})
        values = {"me": instance_id, "until": now + LEASE, "now": now, "tracker": tracker_id, "dead": dead, "limit": limit}
        rows = fetch(CLAIM, values)
    claims = [Claim(row[0], row[1], row[2], row[3], json.loads(row[4]) if row[4] else None, *row[5:]) for row in rows]
    return sorted(claims, key=lambda claim: claim.id)


def record_writes_in(results: Sequence[Written], instance_id: int, *, now: dt.datetime) -> list[Told]:
    """Write how these tries ended, in the open transaction; answers what the stories of their incidents shall say."""
    rows = Write.objects.select_for_update(no_key=True, of=("self",)).select_related("link__tracker")
    found = {row.id: row for row in rows.filter(id__in=[result.claim.id for result in results])}
    said: list[Told] = []
    for result in results:
        row = found.get(result.claim.id)
        if row is None or row.lease_instance != instance_id:
            continue  # another engine has it: its end counts
        said += _record(row, result, instance_id, now=now)
    return said


def give_back_writes(instance_id: int) -> None:
    """Return what this engine holds and has not written: another one takes it at once."""
    sql = "UPDATE trackers_write SET lease_instance = NULL, lease_until = NULL, tries = greatest(tries - 1, 0) WHERE lease_instance = %s"
    with transaction.atomic(durable=True):
        run(sql, [instance_id])


def _record(row: Write, result: Written, instance_id: int, *, now: dt.datetime) -> list[Told]:
    end = after_write(
        result.outcome,
        tries=result.claim.tries,
        doubt=result.claim.again,
        changed_since=row.wanted > result.claim.wanted,
        failed_before=bool(row.error),
        retry_after=result.retry_after,
    )
    waits = result.retry_after is not None and not end.done
    values = {
        "id": row.id,
        "me": instance_id,
        "now": now,
        "due_at": None if end.again_in is None else now + end.again_in,
        "doubt": end.doubt,
        "error": "" if end.done else row.error if waits else result.detail[:500],
        "given_up": end.given_up,
        "done": end.done,
        "waits": waits,
        "wanted": result.claim.wanted,
    }
    run(RECORD, values)
    if result.made is not None:
        _keep_issue_in(row.link, result, now=now)
    elif end.done:
        _keep_written_in(row.link, result)
    return _said(row, result, end_say=end.say, done=end.done)


def _keep_issue_in(link: Link, result: Written, *, now: dt.datetime) -> None:
    """The issue is there: it is mirrored at once, and everything else that waits for it may be written."""
    made = result.made
    assert made is not None
    issue, _ = Issue.objects.update_or_create(
        tracker_id=link.tracker_id,
        project=link.project,
        changes=False,
        number=made.number,
        defaults={
            "title": made.title[:1024],
            "url": made.url,
            "labels": list(made.labels),
            "described": made.described,
            "state": made.state,
            "updated_at": made.updated_at,
        },
        create_defaults={
            "title": made.title[:1024],
            "url": made.url,
            "labels": list(made.labels),
            "described": made.described,
            "state": made.state,
            "severity": severity_of(made.labels),
            "confidential": made.confidential,
            "author": made.author,
            "author_is_bot": True,
            "assignees": list(made.assignees),
            "created_at": made.created_at,
            "updated_at": made.updated_at,
            "seen_at": now,
        },
    )
    link.issue = issue
    link.told = {
        "state": issue.state,
        "assignees": list(issue.assignees),
        "labels": list(issue.labels),
        "to": made.created_at.isoformat(),
    }
    link.save(update_fields=["issue", "told"])


def _keep_written_in(link: Link, result: Written) -> None:
    """What was written there is so from now on, and is no news for the story."""
    if link.issue_id is None:
        return
    if result.state:
        Issue.objects.filter(pk=link.issue_id).exclude(state=Issue.State.GONE).update(state=result.state)
        link.told = {**link.told, "state": result.state}
    if result.assignees is not None:
        Issue.objects.filter(pk=link.issue_id).update(assignees=list(result.assignees))
        link.told = {**link.told, "assignees": list(result.assignees)}
    if result.state or result.assignees is not None:
        link.save(update_fields=["told"])


def _said(row: Write, result: Written, *, end_say: bool, done: bool) -> list[Told]:
    incident_id = row.link.incident_id
    if incident_id is None and not (row.link.draft or {}).get("follow"):
        return []  # no story: whoever asked for it sees where it is, or why it is not
    if result.made is not None:
        where = f"{row.link.project}#{result.made.number}"
        made = f"The tracking issue is {where} ({row.link.tracker.name})."
        return [Told(incident_id, "issue_made", made, {"link": result.made.url}, row.link_id)]
    if done and row.error and not result.nothing:
        return [Told(incident_id, "issue_written", "The tracking issue is up to date again.", link_id=row.link_id)]
    if end_say and result.outcome is not Outcome.DELIVERED:
        what = HANDOFF_SAYS if "handoff" in (row.entry or {}) else SAYS[row.kind]
        return [Told(incident_id, "issue_failed", f"{what}: {result.detail}", link_id=row.link_id)]
    return []
