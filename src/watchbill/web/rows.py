"""One line about an incident, for boards and lists: its state, and what happens to it next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from watchbill.incidents.models import Incident
from watchbill.paging.models import Page
from watchbill.web.waiting import Next, next_steps
from watchbill.web.words import Face, face_of

Pairs = Sequence[tuple[Incident, Page | None]]
MOST_AHEAD = 40  # pages whose next step is looked up for one list


@dataclass(frozen=True, slots=True)
class Row:
    """An incident with its open respond page, if any, and the next thing that happens by itself."""

    incident: Incident
    page: Page | None
    face: Face
    ahead: Next | None

    @property
    def can_acknowledge(self) -> bool:
        """Does its page wait for somebody?"""
        return self.page is not None and (
            self.page.status in ("triggered", "exhausted") or self.page.paused_status in ("triggered", "exhausted")
        )

    @property
    def stands(self) -> str:
        """The page's status, empty when there is none open."""
        return self.page.status if self.page else ""


def rows_of_list(incidents: Sequence[Incident], *, now: dt.datetime) -> list[Row]:
    """The lines of a list, in its order."""
    pages = Page.objects.filter(incident__in=incidents, purpose=Page.Purpose.RESPOND).exclude(status=Page.Status.RESOLVED)
    by_incident = {page.incident_id: page for page in pages}
    return rows_of_pairs([(incident, by_incident.get(incident.id)) for incident in incidents], now=now)


def rows_of_pairs(pairs: Pairs, *, now: dt.datetime, ahead: Mapping[int, Next] | None = None) -> list[Row]:
    """A line for each of these incidents with its open respond page. `ahead`: the next steps of these pages, where they are known."""
    if ahead is None:
        ahead = next_steps(counting_down(pairs), now=now)
    return [
        Row(incident=incident, page=page, face=face_of_incident(incident, page), ahead=ahead.get(page.id) if page else None)
        for incident, page in pairs
    ]


def counting_down(pairs: Pairs) -> list[int]:
    """The pages among them that go on by themselves and whose next step is worth looking up, a bounded number."""
    pages = [page for _, page in pairs if page is not None and page.due_at is not None and page.status != Page.Status.ACKNOWLEDGED]
    return [page.id for page in pages[:MOST_AHEAD]]


def face_of_incident(incident: Incident, page: Page | None) -> Face:
    """The state of an incident with its open respond page."""
    return face_of(
        incident.status,
        page=page.status if page else "",
        paused=page.paused_status if page else "",
        cleared_unseen=incident.cleared_unseen,
    )
