"""Which learnings are there, for whom, and where could an issue be made of one? Only reads.

One about an incident that the viewer must not know of is in no list and no count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from watchbill.duties.learnings.models import Learning
from watchbill.duties.learnings.rules import KINDS
from watchbill.duties.selectors.queues import queues
from watchbill.incidents.models import Incident
from watchbill.incidents.selectors import visible_to
from watchbill.kernel.errors import Invalid, NotFound
from watchbill.people.models import Team
from watchbill.people.permissions import Verb, Viewer, decide
from watchbill.trackers.selectors import writing_now


@dataclass(frozen=True, slots=True)
class Place:
    """A project in which an issue can be made. `key` is what a form says; `name` what a person reads."""

    key: str
    name: str
    tracker_id: int
    project: str
    labels: tuple[str, ...]
    confidential: bool


def seen_by(viewer: Viewer) -> QuerySet[Learning]:
    """All that the viewer may know of."""
    if not decide(viewer, Verb.SEE).allowed:
        return Learning.objects.none()
    rows = Learning.objects.filter(Q(incident=None) | Q(incident__in=visible_to(viewer)))
    return rows.select_related("team", "person", "incident", "link__issue", "link__tracker", "closed_by")


def by_id(viewer: Viewer, learning_id: int) -> Learning:
    """Raises NotFound alike for one that never was and one that must not be learned of."""
    found = seen_by(viewer).filter(pk=learning_id).first() if 0 < learning_id < 2**63 else None
    if found is None:
        raise NotFound(f"There is no learning {learning_id} here. Look at the list.")
    return found


def learnings(viewer: Viewer, *, state: str = "open", kind: str = "", team: str = "", person_id: int | None = None) -> QuerySet[Learning]:
    """The latest first. Raises Invalid for a state or kind that is none."""
    if state not in ("open", "closed", "all"):
        raise Invalid(f"The state is {state!r}; it can be open, closed or all.", field="state")
    if kind and kind not in KINDS:
        raise Invalid(f"The kind is {kind!r}; it can be {', '.join(KINDS)}.", field="kind")
    rows = seen_by(viewer)
    if state != "all":
        rows = rows.filter(closed_at__isnull=state == "open")
    if kind:
        rows = rows.filter(kind=kind)
    if team:
        rows = rows.filter(team__name=team) if "\0" not in team else rows.none()
    if person_id is not None:
        rows = rows.filter(person_id=person_id)
    return rows.order_by("-made_at", "-id")


def written_by(viewer: Viewer, person_id: int, start: dt.datetime, end: dt.datetime) -> list[Learning]:
    """What this person learned in [start, end), in the order in which it was written."""
    return list(seen_by(viewer).filter(person_id=person_id, made_at__gte=start, made_at__lt=end).order_by("made_at", "id"))


def about(viewer: Viewer, incident: Incident) -> list[Learning]:
    """What was learned from an incident, in that order."""
    return list(seen_by(viewer).filter(incident=incident).order_by("made_at", "id"))


def places(team: Team, *, now: dt.datetime) -> list[Place]:
    """Where an issue of this team can be made now: its own project first, then its queues."""
    issue = team.issue or {}
    asked = [(issue["tracker"], issue["project"], tuple(issue.get("labels", ())), bool(issue.get("confidential", True)))] if issue else []
    asked += [
        (each.tracker.name, project, tuple(each.labels), True)
        for each in queues()
        if each.team_id == team.id and not each.changes and each.tracker is not None
        for project in each.projects
    ]
    writing = writing_now({name for name, *_ in asked}, now=now)
    found: dict[str, Place] = {}
    for name, project, labels, confidential in asked:
        if name in writing:
            key = f"{writing[name].pk}:{project}:{','.join(labels)}"
            labelled = f", labelled {', '.join(labels)}" if labels else ""
            found.setdefault(key, Place(key, f"{project} ({name}){labelled}", writing[name].pk, project, labels, confidential))
    return list(found.values())


def describe(rows: Sequence[Learning]) -> list[dict[str, Any]]:
    """Learnings as the API and the command line show them."""
    return [
        {
            "id": row.id,
            "kind": row.kind,
            "text": row.text,
            "team": row.team.name,
            "by": {"handle": row.person.handle, "name": row.person.name},
            "at": row.made_at,
            "incident": row.incident.number if row.incident else None,
            "issue": row.link.issue.url if row.link and row.link.issue else None,
            "issue_wanted": row.link is not None,
            "closed_at": row.closed_at,
            "outcome": row.outcome or None,
            "document": row.document or None,
        }
        for row in rows
    ]
