"""Cancel: what is queued and no longer due is not sent; what is being sent is not tried again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from watchbill.notifications.actions.outbox import fetch, inherit_in

ALL_BUT_STATUS = ("page", "handoff", "duty", "drill", "clock")

CANCEL = """
WITH chosen AS (
  SELECT n.id, n.state, l.state AS carrier FROM notifications_notification n
  LEFT JOIN notifications_notification l ON l.id = n.bundle_id
  WHERE (n.page_id = ANY(%s) OR n.incident_id = ANY(%s)) AND n.kind = ANY(%s) AND (%s::bigint[] IS NULL OR n.person_id = ANY(%s))
    AND (n.state IN ('queued', 'leased', 'sent') OR n.state IN ('bundled', 'merged') AND l.state IN ('queued', 'leased', 'sent'))
  ORDER BY n.id FOR NO KEY UPDATE OF n)
UPDATE notifications_notification n SET
  state = CASE WHEN chosen.state = 'queued' OR chosen.carrier = 'queued' THEN 'cancelled' ELSE n.state END,
  finished_at = CASE WHEN chosen.state = 'queued' OR chosen.carrier = 'queued' THEN %s ELSE n.finished_at END,
  withdrawn = true
FROM chosen WHERE n.id = chosen.id RETURNING n.id, n.state
"""

SUPERSEDE = """
UPDATE notifications_notification n SET state = 'cancelled', finished_at = %s
FROM unnest(%s::bigint[], %s::bigint[]) AS told(incident, person)
WHERE n.incident_id = told.incident AND n.person_id = told.person AND n.kind = 'status'
  AND (n.state = 'queued' OR n.state = 'bundled' AND EXISTS (
    SELECT 1 FROM notifications_notification l WHERE l.id = n.bundle_id AND l.state = 'queued'))
RETURNING n.id
"""


def cancel_in(
    *,
    page_ids: Iterable[int] = (),
    incident_ids: Iterable[int] = (),
    kinds: Iterable[str] | None = None,
    person_ids: Iterable[int] | None = None,
    now: dt.datetime,
) -> None:
    """Nothing more is sent for these pages or incidents. Without `kinds`: everything but status notices, which tell how it ended.
    `person_ids`: to these people only.

    A notification in the hands of an engine may still arrive (it was claimed before); it is marked, so that it is not tried again.
    """
    pages, incidents = sorted(set(page_ids)), sorted(set(incident_ids))
    if not pages and not incidents:
        return
    of = sorted(set(kinds)) if kinds is not None else list(ALL_BUT_STATUS)
    people = sorted(set(person_ids)) if person_ids is not None else None
    changed = fetch(CANCEL, [pages, incidents, of, people, people, now])
    inherit_in([id_ for id_, state in changed if state == "cancelled"], now=now)


def supersede_status_in(told: Sequence[tuple[int, int]], *, now: dt.datetime) -> None:
    """An older status notice about the same incident, not sent yet, gives way: the latest state only."""
    if told:
        gone = fetch(SUPERSEDE, [now, [incident for incident, _ in told], [person for _, person in told]])
        inherit_in([row[0] for row in gone], now=now)
