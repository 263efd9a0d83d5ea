"""Which pages wait for this person, and what happens if nobody acknowledges? Read for the frame of every page, so two queries when all is quiet."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from django.db import connection
from django.http import HttpRequest

from watchbill.incidents.models import Incident
from watchbill.incidents.selectors import visible_to
from watchbill.paging.models import Page
from watchbill.paging.rules import preview
from watchbill.paging.selectors import rows_of, world_of
from watchbill.people.models import Person
from watchbill.people.permissions import Viewer
from watchbill.web.visit import visit_of
from watchbill.web.words import face_of

MOST = 50

# Asked since the page was last acknowledged; one that the source cleared is quiet and waits on the board, not on a person.
ASKED = """
SELECT p.id, p.incident_id, p.status, p.purpose, p.opened_at FROM paging_page p
WHERE p.due_at IS NOT NULL AND p.set_aside_at IS NULL AND p.status IN ('triggered', 'exhausted') AND p.purpose IN ('respond', 'coordinate')
    AND p.quiet_at IS NULL AND EXISTS (
        SELECT FROM paging_firing f WHERE f.page_id = p.id AND f.people @> %s::jsonb AND f.fired_at >= coalesce(p.acknowledged_at, p.opened_at))
ORDER BY p.opened_at LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Next:
    """The next firing of a page: who, when; `mine`: it is the reader."""

    who: str
    at: dt.datetime
    kind: str
    people: tuple[int, ...] = ()


Asked = tuple[int, int, str, str, dt.datetime]  # page, incident, status, purpose, opened_at


@dataclass(frozen=True, slots=True)
class Waiting:
    """A page that waits for the reader."""

    page_id: int
    incident: Incident
    purpose: str
    status: str
    opened_at: dt.datetime
    ahead: Next | None

    @property
    def number(self) -> int:
        return self.incident.number

    @property
    def title(self) -> str:
        """Outside its own page a restricted one is called by its code name."""
        return self.incident.code_name if self.incident.restricted else self.incident.title

    @property
    def shape(self) -> str:
        return "stop" if self.status == Page.Status.EXHAUSTED else "fire"

    @property
    def word(self) -> str:
        if self.purpose == Page.Purpose.COORDINATE:
            return "Paging you to coordinate"
        return "Last resort: paging you" if self.status == Page.Status.EXHAUSTED else "Paging you"

    @property
    def face(self) -> object:
        return face_of(self.incident.status, page=self.status)

    @property
    def next_who(self) -> str:
        return self.ahead.who if self.ahead else ""

    @property
    def next_at(self) -> dt.datetime | None:
        return self.ahead.at if self.ahead else None


def pages_of(request: HttpRequest) -> list[Waiting]:
    """The pages that wait for whoever makes this request, the oldest first. Read once a request."""
    if not hasattr(request, "_waiting"):
        look_ahead(request, ())
    return cast("list[Waiting]", request._waiting)  # type: ignore[attr-defined]


def look_ahead(request: HttpRequest, page_ids: Collection[int]) -> dict[int, Next]:
    """The next steps of these pages and of those that wait for the reader, asked for once; what waits is kept for the rest of the request."""
    visit = visit_of(request)
    asked = _asked(visit.viewer)
    ahead = next_steps({*page_ids, *(row[0] for row in asked)}, now=visit.now)
    request._waiting = _waiting(visit.viewer, asked, ahead)  # type: ignore[attr-defined]
    return ahead


def waiting_for(viewer: Viewer, *, now: dt.datetime) -> list[Waiting]:
    """The pages that wait for this viewer: those that need an owner first, then the most severe and oldest."""
    asked = _asked(viewer)
    return _waiting(viewer, asked, next_steps([row[0] for row in asked], now=now))


def _asked(viewer: Viewer) -> list[Asked]:
    with connection.cursor() as cursor:
        cursor.execute(ASKED, [json.dumps([viewer.person_id]), MOST])
        return cast("list[Asked]", cursor.fetchall())


def _waiting(viewer: Viewer, asked: Sequence[Asked], ahead: Mapping[int, Next]) -> list[Waiting]:
    if not asked:
        return []
    incidents = visible_to(viewer).select_related("service", "team").in_bulk([row[1] for row in asked])
    waiting = [Waiting(row[0], incidents[row[1]], row[3], row[2], row[4], ahead.get(row[0])) for row in asked if row[1] in incidents]
    return sorted(waiting, key=lambda one: (one.purpose != Page.Purpose.RESPOND, SEVERITY.get(one.incident.severity, 9), one.opened_at))


SEVERITY = {"critical": 0, "high": 1, "medium": 2, "low": 3}


def next_steps(page_ids: Collection[int], *, now: dt.datetime) -> dict[int, Next]:
    """For each of these pages: who is asked next, and when. A few queries for all of them."""
    rows = rows_of(page_ids) if page_ids else []
    if not rows:
        return {}
    world = world_of([row.walk for row in rows], now=now)
    steps: dict[int, Next] = {}
    for row in rows:
        first = next(iter(preview(row.walk, now=now, world=world, limit=1)), None)
        if first is not None:
            steps[row.page_id] = Next(named([world.name(each) for each in first.people]), first.at, first.kind, first.people)
    return steps


def next_of(page: Page, *, now: dt.datetime) -> Next | None:
    """The same for one page."""
    return next_steps([page.id], now=now).get(page.id)


def named(names: list[str]) -> str:
    """Names in a sentence: Ada Osei; Ada Osei and Chen Wei; Ada Osei and 3 others."""
    if len(names) <= 2:
        return " and ".join(names)
    return f"{names[0]} and {len(names) - 1} others"


def is_mine(ahead: Next | None, person: Person) -> bool:
    """Is the reader the next one?"""
    return ahead is not None and person.id in ahead.people
