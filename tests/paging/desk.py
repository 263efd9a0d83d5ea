"""A desk in the database, moved by ticks of the engine's paging part: who was asked is what stands in the outbox."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from tests.factories import T0
from watchbill.incidents.models import Incident, Service, TimelineEntry
from watchbill.notifications.models import Notification
from watchbill.paging.actions import NewPage, fire_due, open_pages_in
from watchbill.paging.models import Firing, Page
from watchbill.people.models import Person, Team


@dataclass
class Desk:
    """Opens incidents and pages, ticks, and tells who was asked."""

    team: Team
    service: Service | None = None
    seen: set[int] = field(default_factory=set)
    number: int = 0

    def incident(self, title: str = "db down", **fields: Any) -> Incident:
        self.number += 1
        values = {"number": self.number, "severity": "critical", "team": self.team, "service": self.service, "opened_at": T0, **fields}
        return Incident.objects.create(title=title, **values)

    def page(
        self, policy: Any = None, *, now: dt.datetime = T0, restricted: bool = False, owner: Person | None = None, **fields: Any
    ) -> Page:
        about = self.incident(restricted=restricted, code_name="quiet harbour" if restricted else "", owner=owner)
        new = NewPage(about.id, self.team.id, policy_id=policy.id if policy else None, **fields)
        (page_id,) = open_pages_in([new], now=now)
        return Page.objects.get(pk=page_id)

    def tick(self, now: dt.datetime) -> list[str]:
        """Let the engine look until nothing is due; the handles of whoever was asked meanwhile, in order."""
        for _ in range(60):
            if not fire_due(now=now):
                return self.asked()
        raise AssertionError("looking did not come to an end")

    def asked(self) -> list[str]:
        """Who was asked since the last time somebody asked."""
        new = Notification.objects.exclude(id__in=self.seen).order_by("id").select_related("person")
        rows = list(new)
        self.seen.update(row.id for row in rows)
        return [row.person.handle for row in rows]


def told(page: Page, *kinds: str) -> list[str]:
    """The lines of the story, of these kinds."""
    lines = TimelineEntry.objects.filter(incident_id=page.incident_id).order_by("id")
    return list((lines.filter(kind__in=kinds) if kinds else lines).values_list("text", flat=True))


def fired(page: Page) -> list[tuple[int, str, int, int]]:
    """(n, kind, step, round) of each firing."""
    return list(Firing.objects.filter(page=page).order_by("n").values_list("n", "kind", "step", "round"))
