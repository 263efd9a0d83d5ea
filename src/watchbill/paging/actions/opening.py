"""How does a page begin? With a copy of its policy, due at once. Thousands in one call."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from watchbill.kernel import bus
from watchbill.paging.models import Policy
from watchbill.paging.selectors.channels import Channels, channels_of, kept_in, names_team_channel, placed

HAND_WAIT = "15m"  # a page to targets without a policy: so long until the last resort


@dataclass(frozen=True, slots=True)
class NewPage:
    """A page to open: by a policy, or to targets (as in a step), or to one person first. With neither it goes to the last resort."""

    incident_id: int
    team_id: int
    purpose: str = "respond"
    urgency: str = "high"
    policy_id: int | None = None
    targets: Sequence[dict[str, Any]] | None = None
    aimed_at_id: int | None = None
    restricted: bool = False  # of a restricted incident only the channel of its own team is told
    wait: str = HAND_WAIT  # of a page to targets: so long until the last resort


COPY = """
INSERT INTO paging_policycopy (digest, name, content)
SELECT r.digest, r.name, r.content FROM jsonb_to_recordset(%s::jsonb) AS r(digest text, name text, content jsonb)
ON CONFLICT (digest) DO NOTHING
"""
OPEN = """
INSERT INTO paging_page (id, incident_id, purpose, status, urgency, copy_id, aimed_at_id, opened_at, due_at, step, round, rest, held, firings,
    paused_status, pause_reason, source_cleared, tries, error)
SELECT r.id, r.incident, r.purpose, 'triggered', r.urgency, r.copy, r.aimed, %s, %s, 0, 0, '[]', '[]', 0, '', '', false, 0, ''
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::bigint[]) AS r(id, incident, purpose, urgency, copy, aimed)
ON CONFLICT (incident_id) WHERE purpose = 'respond' AND NOT status = 'resolved' DO NOTHING
RETURNING id
"""
POLICIES = "SELECT * FROM paging_policy WHERE id = ANY(%s)"  # by hand, as every event waits for it
IDS = "SELECT nextval(pg_get_serial_sequence('paging_page', 'id')) FROM generate_series(1, %s)"
STANDING = "SELECT incident_id, id FROM paging_page WHERE incident_id = ANY(%s) AND purpose = 'respond' AND NOT status = 'resolved'"


def open_pages_in(new: Sequence[NewPage], *, now: dt.datetime) -> list[int]:
    """Open them, in the order given, step 1 due now. An incident whose respond page is open keeps that one: its id is answered."""
    if not new:
        return []
    contents = _contents(new)
    copies = _copy_in(contents)
    ids = [row[0] for row in _run(IDS, [len(new)])]
    columns = [
        ids,
        [page.incident_id for page in new],
        [page.purpose for page in new],
        [page.urgency for page in new],
        [copies[digest] for digest, _ in contents],
        [page.aimed_at_id for page in new],
    ]
    made = {row[0] for row in _run(OPEN, [now, now, *columns])}
    if len(made) < len(new):
        standing = dict(_run(STANDING, [columns[1]]))
        ids = [id_ if id_ in made else standing[page.incident_id] for id_, page in zip(ids, new, strict=True)]
    bus.wake_engine()
    return ids


def _contents(new: Sequence[NewPage]) -> list[tuple[str, dict[str, Any]]]:
    """For each page the digest and the content of its copy; equal words are made once."""
    policies = _policies({page.policy_id for page in new if page.policy_id is not None})
    channels = _channels({page.team_id for page in new if page.targets is not None or page.restricted}, policies.values())
    last_resort = _last_resort({page.team_id for page in new})
    made: dict[Any, tuple[str, dict[str, Any]]] = {}
    answer = []
    for page in new:
        targets = None if page.targets is None else json.dumps(page.targets, sort_keys=True)
        key = (page.policy_id, page.team_id, page.purpose, page.restricted, targets, page.wait)
        if key not in made:
            content = _content(page, policies.get(page.policy_id or 0), last_resort.get(page.team_id, []), channels)
            text = json.dumps(content, sort_keys=True, separators=(",", ":"))
            made[key] = (hashlib.sha256(text.encode()).hexdigest(), content)
        answer.append(made[key])
    return answer


def _content(page: NewPage, policy: Policy | None, last_resort: list[int], channels: Channels) -> dict[str, Any]:
    """What the page carries: the policy's words, and in order of preference who comes last."""
    if page.targets is not None:
        steps = [{"notify": [_placed(target, page.team_id, page, channels) for target in page.targets], "wait": page.wait}]
        return {"policy": None, "name": page.purpose, "team": page.team_id, "repeat": 0, "steps": steps, "last_resort": last_resort}
    if policy is None:
        return {"policy": None, "name": "no policy", "team": page.team_id, "repeat": 0, "steps": [], "last_resort": last_resort}
    first = [policy.last_resort_id] if policy.last_resort_id is not None else []
    return {
        "policy": policy.id,
        "name": policy.name,
        "team": page.team_id,
        "repeat": policy.repeat,
        "steps": [
            {**step, "notify": [_placed(target, policy.team_id, page, channels) for target in step["notify"]]} for step in policy.steps
        ],
        "last_resort": list(dict.fromkeys([*first, *last_resort])),
    }


def _placed(target: dict[str, Any], team_id: int, page: NewPage, channels: Channels) -> dict[str, Any]:
    """A target as this page has it. `team_id`: of the policy that names it."""
    found = placed(target, channels.get(team_id))
    return kept_in(found, channels.get(page.team_id)) if page.restricted else found


def _channels(team_ids: set[int], policies: Iterable[Policy]) -> Channels:
    """The channels of these teams, and of those whose policy says `channel: team`."""
    return channels_of(team_ids | {policy.team_id for policy in policies if names_team_channel(policy.steps)})


def _policies(ids: set[int]) -> dict[int, Policy]:
    return {row.id: row for row in Policy.objects.raw(POLICIES, [list(ids)])} if ids else {}


def _last_resort(team_ids: set[int]) -> dict[int, list[int]]:
    """Of each team its owner of last resort, then the installation's."""
    sql = """
    SELECT t.id, t.last_resort_id, o.last_resort_id FROM people_team t LEFT JOIN people_organization o ON true WHERE t.id = ANY(%s)"""
    return {id_: [p for p in dict.fromkeys(people) if p is not None] for id_, *people in _run(sql, [list(team_ids)])}


def _copy_in(contents: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, int]:
    """Ids of the copies by digest; those that are not there yet are written."""
    wanted = dict(contents)
    sql = "SELECT digest, id FROM paging_policycopy WHERE digest = ANY(%s)"
    found = dict(_run(sql, [list(wanted)]))
    missing = [{"digest": d, "name": c["name"], "content": c} for d, c in wanted.items() if d not in found]
    if missing:
        with connection.cursor() as cursor:
            cursor.execute(COPY, [json.dumps(missing)])
        found = dict(_run(sql, [list(wanted)]))
    return found


def _run(sql: str, values: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[Any] = cursor.fetchall()
        return found
