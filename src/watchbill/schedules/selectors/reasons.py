"""Why does somebody have the watch at a moment? The rules' reasons, with who made each change, when and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from watchbill.schedules.models import Override, Schedule
from watchbill.schedules.rules import Reasons, Step, reasons
from watchbill.schedules.selectors.loading import load
from watchbill.schedules.selectors.watch import people_objects

Names = Mapping[int, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Why:
    """The reasons, and beside each change the override that it is."""

    reasons: Reasons
    steps: tuple[tuple[Step, Override], ...]
    names: Names

    def people(self, on: Iterable[tuple[int, bool]]) -> list[dict[str, Any]]:
        """Who has the watch, as answers name them."""
        return [{**self.names[person], **({"shadow": True} if shadow else {})} for person, shadow in on if person in self.names]


def why(schedule: Schedule, at: dt.datetime) -> Why:
    """Layer by layer, then change by change. Three queries. Invalid for a time that is out of reach."""
    found = reasons(load([schedule.id], start=at, end=at)[schedule.id], at)
    rows = Override.objects.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=at), schedule=schedule, start__lte=at, end__gt=at)
    made = list(rows.select_related("person", "replaced", "created_by").order_by("created_at", "id"))
    people = {person for says in found.layers for person in says.people}
    people |= {person for step in found.steps for person, _ in (*step.before, *step.after)} | {person for person, _ in found.final}
    return Why(found, tuple(zip(found.steps, made, strict=False)), people_objects(people))


def why_object(schedule: Schedule, at: dt.datetime) -> dict[str, Any]:
    """The same as the command line and the API show it."""
    said = why(schedule, at)
    return {
        "schedule": schedule.name,
        "at": at,
        "layers": [
            {
                "layer": says.layer.name,
                "timezone": says.layer.zone,
                "shadow": says.layer.shadow,
                "people": [said.names[person] for person in says.people if person in said.names],
                "start": says.start,
                "end": says.end,
                "hidden": says.hidden,
            }
            for says in said.reasons.layers
        ],
        "changes": [
            {
                "override": row.id,
                "kind": row.kind,
                "source": row.source,
                "person": {"handle": row.person.handle, "name": row.person.name},
                "replaced": {"handle": row.replaced.handle, "name": row.replaced.name} if row.replaced else None,
                "layer": row.layer_name or None,
                "start": row.start,
                "end": row.end,
                "reason": row.reason,
                "created_by": row.created_by.handle if row.created_by else None,
                "created_at": row.created_at,
                "before": said.people(step.before),
                "after": said.people(step.after),
            }
            for step, row in said.steps
        ],
        "on_call": said.people(said.reasons.final),
    }
