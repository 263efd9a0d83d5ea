"""What is to be written on tracking issues: asked for in the open transaction, one statement each, written outside later.

A row counts up what is wanted. What goes out is read when it is written, so that a slow tracker gets the latest state and nothing else.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from watchbill.kernel import bus
from watchbill.notifications.actions.outbox import fetch, run
from watchbill.trackers.models import Issue, Link, Tracker, Write

SWITCH = {
    "create": "create_issue",
    "comment": "comment",
    "assign": "assign",
    "state": "close",
    "label": "label",
}  # kind of write -> what the file calls it


@dataclass(frozen=True, slots=True)
class IssueAsk:
    """Make the tracking issue of this incident."""

    incident_id: int
    tracker_id: int
    project: str
    labels: tuple[str, ...]
    confidential: bool


@dataclass(frozen=True, slots=True)
class NoteAsk:
    """What an issue says that is about no incident. `about`: what it was learned from, as #418; `path`: where it stands here."""

    text: str
    kind: str
    by: str
    about: str
    path: str
    title: str = ""  # empty: its first words
    follow: bool = False  # what happens there is told here, and what changes here is written there
    assignee: str = ""  # a handle
    labels: tuple[str, ...] = ()  # that follow what it is about, beside those that it gets when it is made
    gone: tuple[str, ...] = ()  # labels of the same kind that it shall not have
    open: bool = True


FOLLOWS = ("follow", "assignee", "labels", "gone", "open")

MAKE = """
WITH asked AS (
  SELECT * FROM json_to_recordset(%s::json) AS r(incident_id bigint, tracker_id bigint, project text, labels jsonb, confidential bool)
), made AS (
  INSERT INTO trackers_link (incident_id, tracker_id, project, labels, confidential, origin, told, created_at)
  SELECT incident_id, tracker_id, project, labels, confidential, 'made', '{}', %s FROM asked ORDER BY incident_id
  ON CONFLICT (incident_id) DO NOTHING RETURNING id
)
INSERT INTO trackers_write (public_id, link_id, kind, wanted, done, due_at, tries, doubt, error, given_up, created_at)
SELECT gen_random_uuid(), id, 'create', 1, 0, %s, 0, false, '', false, %s FROM made
"""

CHANGED = """
INSERT INTO trackers_write AS w (public_id, link_id, kind, wanted, done, due_at, tries, doubt, error, given_up, created_at)
SELECT gen_random_uuid(), l.id, k.kind, 1, 0, %(now)s, 0, false, '', false, %(now)s
FROM trackers_link l JOIN trackers_tracker t ON t.id = l.tracker_id
CROSS JOIN unnest(%(kinds)s::text[], %(switches)s::text[]) AS k(kind, switch)
WHERE l.incident_id = ANY(%(incidents)s) AND t.is_active AND t.writes ? k.switch ORDER BY l.id, k.kind
ON CONFLICT (link_id, kind) WHERE kind <> 'comment'
DO UPDATE SET wanted = w.wanted + 1, given_up = false, due_at = least(coalesce(w.due_at, EXCLUDED.due_at), EXCLUDED.due_at)
"""

COMMENT = """
INSERT INTO trackers_write (public_id, link_id, kind, entry, wanted, done, due_at, tries, doubt, error, given_up, created_at)
SELECT gen_random_uuid(), l.id, 'comment', r.entry, 1, 0, %(now)s, 0, false, '', false, %(now)s
FROM ROWS FROM (json_to_recordset(%(rows)s::json) AS (incident_id bigint, entry jsonb)) WITH ORDINALITY AS r
JOIN trackers_link l ON l.incident_id = r.incident_id JOIN trackers_tracker t ON t.id = l.tracker_id
WHERE t.is_active AND t.writes ? 'comment' ORDER BY r.ordinality
RETURNING id
"""

AGAIN = """
UPDATE trackers_write w SET due_at = %s, given_up = false, tries = 0
FROM trackers_link l
WHERE l.id = w.link_id AND l.incident_id = %s AND w.done < w.wanted AND w.lease_instance IS NULL AND (w.error <> '' OR w.given_up)
"""


def make_issues_in(asks: Sequence[IssueAsk], *, now: dt.datetime) -> None:
    """Tracking issues, in the open transaction. An incident that has one keeps it."""
    if asks:
        rows = [
            {
                "incident_id": ask.incident_id,
                "tracker_id": ask.tracker_id,
                "project": ask.project,
                "labels": list(ask.labels),
                "confidential": ask.confidential,
            }
            for ask in asks
        ]
        run(MAKE, [json.dumps(rows), now, now, now])


def make_issue_in(ask: NoteAsk, tracker_id: int, project: str, labels: Sequence[str], *, confidential: bool, now: dt.datetime) -> Link:
    """An issue about no incident, in the open transaction. Without `follow` what becomes of it is said in the tracker alone."""
    draft = {name: value for name, value in asdict(ask).items() if ask.follow or name not in FOLLOWS}
    link = Link.objects.create(
        draft=draft, tracker_id=tracker_id, project=project, labels=list(labels), confidential=confidential, created_at=now
    )
    Write.objects.create(link=link, kind=Write.Kind.CREATE, due_at=now, created_at=now)
    if ask.assignee:
        changed_of_its_own_in(link, {Write.Kind.ASSIGN: {"assignee": ask.assignee}}, now=now)
    return link


def changed_of_its_own_in(link: Link, news: Mapping[str, Mapping[str, Any]], *, now: dt.datetime) -> None:
    """What an issue about no incident shall say has changed, by kind of write, in the open transaction. Only the latest state goes out."""
    writes = Tracker.objects.filter(pk=link.tracker_id, is_active=True).values_list("writes", flat=True).first() or ()
    link.draft = {**(link.draft or {}), **{name: value for values in news.values() for name, value in values.items()}}
    link.save(update_fields=["draft"])
    for kind in sorted(kind for kind in news if SWITCH[kind] in writes):
        row, made = Write.objects.select_for_update().get_or_create(link=link, kind=kind, defaults={"due_at": now, "created_at": now})
        if not made:
            row.wanted, row.given_up, row.due_at = row.wanted + 1, False, min(row.due_at or now, now)
            row.save(update_fields=["wanted", "given_up", "due_at"])
        bus.wake_engine()


def comment_of_its_own_in(link: Link, text: str, by: str, *, now: dt.datetime) -> None:
    """A comment on an issue about no incident, in the open transaction, where its tracker takes any."""
    if Tracker.objects.filter(pk=link.tracker_id, is_active=True, writes__contains=["comment"]).exists():
        Write.objects.create(link=link, kind=Write.Kind.COMMENT, entry={"text": text, "name": by}, due_at=now, created_at=now)
        bus.wake_engine()


def changed_in(incident_ids: Collection[int], kinds: Collection[str], *, now: dt.datetime) -> None:
    """Of these incidents the assignee, the state or the labels may have changed: what is on their issues is due, in the open transaction."""
    if incident_ids and kinds:
        ordered = sorted(set(kinds))
        values = {"now": now, "kinds": ordered, "switches": [SWITCH[kind] for kind in ordered], "incidents": sorted(set(incident_ids))}
        if run(CHANGED, values):
            bus.wake_engine()


def comment_in(comments: Sequence[tuple[int, Mapping[str, Any]]], *, now: dt.datetime) -> list[int]:
    """Comments, {text, by} or {handoff}, on the issues of incidents, in the order given. Answers the writes; an incident without an issue, or
    whose tracker takes none, gets none."""
    if not comments:
        return []
    rows = [{"incident_id": incident_id, "entry": dict(entry)} for incident_id, entry in comments]
    made = [row[0] for row in fetch(COMMENT, {"now": now, "rows": json.dumps(rows)})]
    if made:
        bus.wake_engine()
    return made


def again_in(incident_id: int, *, now: dt.datetime) -> int:
    """What failed on the issue of this incident is due at once, with its patience anew, in the open transaction. Answers how much."""
    count = run(AGAIN, [now, incident_id])
    if count:
        bus.wake_engine()
    return count


def follow_in(incident_id: int, issue: Issue, *, now: dt.datetime) -> Link:
    """This issue is the tracking issue of the incident from now on: it was there first."""
    told = {"state": issue.state, "assignees": list(issue.assignees), "to": issue.updated_at.isoformat()}
    return Link.objects.create(
        incident_id=incident_id,
        tracker_id=issue.tracker_id,
        project=issue.project,
        confidential=issue.confidential,
        origin=Link.Origin.PROMOTED,
        issue=issue,
        told=told,
        created_at=now,
    )


def is_followed(issue_id: int) -> bool:
    """Is it the tracking issue of an incident?"""
    return bool(fetch("SELECT 1 FROM trackers_link WHERE issue_id = %s AND incident_id IS NOT NULL", [issue_id]))
