"""How does an incident come to be, how is its story written, and who is let in? What the layers above share: all of it inside their transaction.

Every line of the story and every access row is evidence; the story is append-only, an access row is only ended.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random, SystemRandom
from typing import Any

from django.db import connection

from watchbill.audit.actions import ENGINE, Actor, Entry, record_in
from watchbill.incidents.models import Incident
from watchbill.incidents.rules import draw_code_name, draw_number, plain
from watchbill.notifications.chats.actions import changed_in
from watchbill.trackers.actions import wanting as issues
from watchbill.trackers.actions.wanting import comment_in

DICE = SystemRandom()
TITLE_LENGTH = Incident._meta.get_field("title").max_length or 1024


@dataclass(frozen=True, slots=True)
class NewIncident:
    """An incident to open. `text` is the first line of its story; `urgency` forces how loud its page is (None: by the
    service's rules), `policy_id` which policy it walks (None: the service's)."""

    title: str
    severity: str
    team_id: int
    service_id: int | None = None
    restricted: bool = False
    text: str = ""
    group_key: str = ""
    last_alert_at: dt.datetime | None = None
    storm: bool = False
    previous_id: int | None = None
    urgency: str | None = None
    policy_id: int | None = None
    issue_id: int | None = None  # its tracking issue, which was there first
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story. `actor_id` is null for the desk itself."""

    incident_id: int
    kind: str
    text: str = ""
    actor_id: int | None = None
    via: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    page_id: int | None = None


# By hand: the model's own way costs a third of the time in which an event becomes a page. A column without a value here has the database refuse.
OPEN = """
INSERT INTO incidents_incident (number, title, code_name, severity, service_id, team_id, restricted, group_key, last_alert_at, storm,
    previous_id, opened_at, status, cleared_unseen)
SELECT r.*, %s, 'triggered', false
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bool[], %s::text[], %s::timestamptz[], %s::bool[],
    %s::bigint[]) AS r
RETURNING number, id
"""
COLUMNS = [
    "number",
    "title",
    "code_name",
    "severity",
    "service_id",
    "team_id",
    "restricted",
    "group_key",
    "last_alert_at",
    "storm",
    "previous_id",
]


def open_incidents_in(new: Sequence[NewIncident], *, by: Actor, now: dt.datetime) -> list[Incident]:
    """Open them, numbered, in the order given, each with its first line and its audit record."""
    if not new:
        return []
    numbers = iter(_next_numbers(sum(not one.restricted for one in new)))
    rows = []
    for one in new:
        number, code_name = _restricted_name(DICE) if one.restricted else (next(numbers), "")
        rows.append(
            Incident(
                number=number,
                title=plain(one.title)[:TITLE_LENGTH],
                code_name=code_name,
                severity=one.severity,
                service_id=one.service_id,
                team_id=one.team_id,
                restricted=one.restricted,
                opened_at=now,
                group_key=one.group_key,
                last_alert_at=one.last_alert_at,
                storm=one.storm,
                previous_id=one.previous_id,
            )
        )
    opened = _stored(rows)
    tell_in([_first_line(incident, one, by) for incident, one in zip(opened, new, strict=True)], now=now)
    record_in([audit_entry("incident.open", incident, severity=incident.severity) for incident in opened], by=by, now=now)
    return opened


def audit_entry(action: str, incident: Incident, /, **detail: Any) -> Entry:
    """The audit's record of an act on an incident, marked when the incident is restricted."""
    return Entry(
        action=action,
        kind="incident",
        object_id=str(incident.number),
        incident_id=incident.id,
        team_id=incident.team_id,
        restricted=incident.restricted,
        detail=detail,
    )


TELL = """
INSERT INTO incidents_timelineentry (incident_id, at, kind, actor_id, via, text, data, page_id)
SELECT r.incident_id, %s, r.kind, r.actor_id, r.via, r.text, r.data, r.page_id
FROM ROWS FROM (jsonb_to_recordset(%s::jsonb)
    AS (incident_id bigint, kind text, actor_id bigint, via text, text text, data jsonb, page_id bigint)) WITH ORDINALITY AS r
ORDER BY r.ordinality
"""


def tell_in(lines: Iterable[Line], *, now: dt.datetime) -> None:
    """Write lines of the story, in the order given, in one statement; messages in chats about these incidents are due then.

    Lines of a kind `chat_...` tell of such messages themselves: they change nothing that is shown there.
    """
    lines = list(lines)
    rows = [
        {
            "incident_id": line.incident_id,
            "kind": line.kind,
            "text": plain(line.text),
            "actor_id": line.actor_id,
            "via": line.via,
            "data": line.data,
            "page_id": line.page_id,
        }
        for line in lines
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(TELL, [now, json.dumps(rows)])
        _write_on_issues_in(lines, now=now)  # before the chats: whoever writes there takes these locks in this order too
        changed_in({line.incident_id for line in lines if not line.kind.startswith("chat_")}, now=now)


ON_ISSUES = {  # kind of line -> what it may change on the tracking issue
    "acknowledged": "assign",
    "owner": "assign",
    "acting": "assign",
    "handed_over": "assign",
    "resolved": "state",
    "reopened": "state",
    "severity": "label",
}


def _write_on_issues_in(lines: Sequence[Line], *, now: dt.datetime) -> None:
    """What these lines mean for tracking issues. No query for lines that mean nothing there."""
    notes = [(line.incident_id, {"text": plain(line.text), "by": line.actor_id}) for line in lines if line.kind == "note"]
    comment_in(notes, now=now)
    for kind in sorted(set(ON_ISSUES.values())):
        issues.changed_in({line.incident_id for line in lines if ON_ISSUES.get(line.kind) == kind}, [kind], now=now)


GRANT = """
INSERT INTO incidents_access AS a (incident_id, person_id, reason, granted_at)
SELECT i.id, p.id, %(reason)s, %(now)s
FROM incidents_incident i CROSS JOIN unnest(%(people)s::bigint[]) AS p(id)
WHERE i.id = %(incident)s AND i.restricted
ON CONFLICT (incident_id, person_id) DO UPDATE
SET reason = CASE WHEN a.ended_at IS NULL AND a.reason IN ('acknowledged', 'named') THEN a.reason ELSE EXCLUDED.reason END,
    granted_at = EXCLUDED.granted_at, ended_at = NULL
WHERE a.ended_at IS NOT NULL OR (a.reason = 'paged' AND EXCLUDED.reason <> 'paged')
RETURNING person_id
"""


def grant_in(incident_id: int, person_ids: Iterable[int], reason: str, *, now: dt.datetime, by: Actor = ENGINE) -> None:
    """Let these people into a restricted incident: `paged` (while a page is open), `acknowledged` or `named` (for good).

    Nothing happens for an unrestricted one. A weaker reason never replaces a stronger one. Audited for whoever is newly let in.
    """
    people = sorted(set(person_ids))
    if not people:
        return
    with connection.cursor() as cursor:
        cursor.execute(GRANT, {"reason": reason, "now": now, "people": people, "incident": incident_id})
        let_in = [person_id for (person_id,) in cursor.fetchall()]
    if let_in:
        incident = Incident.objects.only("number", "team_id", "restricted").get(pk=incident_id)
        record_in([audit_entry("access.grant", incident, person=person_id, reason=reason) for person_id in sorted(let_in)], by=by, now=now)


END_PAGED = """
UPDATE incidents_access SET ended_at = %s
WHERE incident_id = ANY(%s) AND reason = 'paged' AND ended_at IS NULL RETURNING incident_id, person_id
"""


def end_paged_access_in(incident_ids: Sequence[int], *, now: dt.datetime, by: Actor = ENGINE) -> None:
    """The last open page of these incidents is over: whoever was let in only by being paged may not look any more. Audited."""
    with connection.cursor() as cursor:
        cursor.execute(END_PAGED, [now, list(incident_ids)])
        ended = cursor.fetchall()
    if ended:
        incidents = Incident.objects.only("number", "team_id", "restricted").in_bulk({row[0] for row in ended})
        record_in([audit_entry("access.end", incidents[i], person=p, reason="paged") for i, p in ended], by=by, now=now)


def join_in(incident_id: int, person_id: int, *, now: dt.datetime) -> None:
    """Somebody engages without owning it. Doing so again changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO incidents_participant (incident_id, person_id, joined_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [incident_id, person_id, now],
        )


def _stored(rows: Sequence[Incident]) -> list[Incident]:
    """The same, with their ids, in the order given."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [rows[0].opened_at, *([getattr(row, name) for row in rows] for name in COLUMNS)])
        ids = dict(cursor.fetchall())
    for row in rows:
        row.id = ids[row.number]
        row._state.adding = False
    return list(rows)


def _next_numbers(count: int) -> list[int]:
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('incident_number') FROM generate_series(1, %s)", [count])
        return sorted(number for (number,) in cursor.fetchall())


def _restricted_name(dice: Random) -> tuple[int, str]:
    """Drawn until free; 90 million numbers make a second draw rare, and the unique constraint settles a race."""
    number = draw_number(dice)
    while Incident.objects.filter(number__range=(number - 1, number + 1)).exists():
        number = draw_number(dice)
    taken = set(Incident.objects.filter(restricted=True).exclude(status=Incident.Status.RESOLVED).values_list("code_name", flat=True))
    return number, draw_code_name(dice, taken)


def _first_line(incident: Incident, one: NewIncident, by: Actor) -> Line:
    return Line(
        incident_id=incident.id,
        kind="opened",
        text=one.text or f"Opened by {by.name}.",
        actor_id=by.person_id,
        via=by.via,
        data=one.data,
    )
