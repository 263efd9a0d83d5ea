"""What came in by which key, and what did it do? For one viewer.

Responders and admins of the team that owns the service see its keys; whoever may not learns nothing. Of a restricted service how many
events there are is all that anybody sees here: what they say belongs to those who hold access to its incidents.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import F, QuerySet

from watchbill.intake.models import Event, IntegrationKey
from watchbill.kernel.errors import NotAllowed, NotFound
from watchbill.people.permissions import Verb, Viewer, decide

PAGE = 25  # events of one page
COUNTED = 10_000  # more than this are not counted one by one
SHOWN = 20_000  # characters of one body
LARGEST = 2**63 - 1

# Each count ends at its limit, whatever is stored.
COUNTS = """
SELECT w.id,
    (SELECT count(*) FROM (SELECT 1 FROM intake_event e WHERE e.key_id = w.id LIMIT %(most)s + 1) one),
    (SELECT count(*) FROM (SELECT 1 FROM intake_event e WHERE e.key_id = w.id AND e.state = 'aside' LIMIT %(most)s + 1) one)
FROM unnest(%(ids)s::bigint[]) w(id)
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many events a key brought. `more`: there are more than were counted."""

    events: int = 0
    aside: int = 0
    more: bool = False


@dataclass(frozen=True, slots=True)
class Logged:
    """One event of the log: as it came, and what it did."""

    id: int
    at: dt.datetime
    kind: str
    state: str
    outcome: str
    tries: int
    text: str
    size: int  # bytes
    cut: bool


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the log, the newest first. `hidden`: the service is restricted, so nothing is shown."""

    events: list[Logged]
    next: int | None
    hidden: bool = False


def may_look(viewer: Viewer) -> bool:
    """Is there any team whose keys this viewer may see?"""
    return viewer.is_admin or any(decide(viewer, Verb.RESPOND, team_id=team).allowed for team in viewer.roles)


def keys_for(viewer: Viewer) -> QuerySet[IntegrationKey]:
    """The keys of the teams in which this viewer responds; those that still work first."""
    rows = IntegrationKey.objects.select_related("service__team", "followed_by")
    if not viewer.is_admin:
        teams = [team for team in viewer.roles if decide(viewer, Verb.RESPOND, team_id=team).allowed]
        rows = rows.filter(service__team_id__in=teams)
    ends = [F("revoked_at").asc(nulls_first=True), F("ends_at").asc(nulls_first=True)]
    return rows.order_by("service__name", *ends, "id")


def key_for(viewer: Viewer, key_id: int) -> IntegrationKey:
    """Raises NotFound alike for one that does not exist and one that must not be learned of."""
    found = keys_for(viewer).filter(pk=key_id).first() if 0 < key_id <= LARGEST else None
    if found is None:
        raise NotFound("There is no such key here.")
    return found


def key_to_change(viewer: Viewer, key_id: int) -> IntegrationKey:
    """The same for whoever changes it: admins of the team. Raises NotAllowed for those who may only look."""
    found = key_for(viewer, key_id)
    decision = decide(viewer, Verb.CONFIGURE, team_id=found.service.team_id)
    if not decision.allowed:
        raise NotAllowed(decision.why)
    return found


def counts(key_ids: Sequence[int]) -> dict[int, Counts]:
    """How many events each of these keys brought, and how many of them were set aside."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, {"ids": list(key_ids), "most": COUNTED})
        return {id_: Counts(min(events, COUNTED), min(aside, COUNTED), events > COUNTED) for id_, events, aside in cursor.fetchall()}


def events_of(key: IntegrationKey, *, before: int | None = None, only_aside: bool = False) -> Page:
    """One page of what came by this key."""
    if key.service.restricted:
        return Page([], None, hidden=True)
    rows = Event.objects.filter(key=key).order_by("-id")
    if only_aside:
        rows = rows.filter(state=Event.State.ASIDE)
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows[: PAGE + 1])
    return Page([_logged(event) for event in found[:PAGE]], found[PAGE - 1].id if len(found) > PAGE else None)


def event_of(key: IntegrationKey, event_id: int) -> Event:
    """One event of this key. Raises NotFound."""
    found = Event.objects.filter(key=key, pk=event_id).first() if 0 < event_id <= LARGEST else None
    if found is None:
        raise NotFound("There is no such event of this key.")
    return found


def _logged(event: Event) -> Logged:
    body = bytes(event.body)
    text = shown(body)
    return Logged(
        event.id, event.received_at, event.kind, event.state, event.outcome, event.tries, text[:SHOWN], len(body), len(text) > SHOWN
    )


def shown(body: bytes) -> str:
    """The body for human eyes: JSON with line breaks, anything else as text."""
    if len(body) <= 20 * SHOWN:
        try:
            return json.dumps(json.loads(body), indent=2, ensure_ascii=False).encode("utf-8", "replace").decode()
        except (ValueError, RecursionError):
            pass
    return body[: SHOWN * 4 + 4].decode("utf-8", "replace")
