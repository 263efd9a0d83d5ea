"""Write schedules and their layers as a file says. What was stays: an edit of a layer is dated by `schedules`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from watchbill.config.actions.ids import Ids
from watchbill.config.rules import Full
from watchbill.schedules.actions import edit_layers_in
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import LayerSpec


def write_schedules_in(schedules: Mapping[str, Full], ids: Ids, *, now: dt.datetime) -> None:
    """Schedules, each with its layers."""
    for name, full in schedules.items():
        values = {
            "team_id": ids.teams[full["team"]],
            **{field: full[field] for field in ("timezone", "combine", "hours")},
            "is_active": True,
        }
        schedule, _ = Schedule.objects.update_or_create(name=name, defaults=values)
        ids.schedules[name] = schedule.id
        edit_layers_in(schedule, [_layer(layer, ids) for layer in full["layers"]], now=now)


def _layer(full: Full, ids: Ids) -> LayerSpec:
    return LayerSpec(
        name=full["name"],
        days=tuple(full["days"]),
        start=dt.time.fromisoformat(full["start"]),
        length=full["length"],
        turn=full["turn"],
        starting=dt.date.fromisoformat(full["starting"]),
        order=tuple(tuple(ids.people[handle] for handle in people) for people in full["order"]),
        shadow=full["shadow"],
        zone=full.get("timezone", ""),
        ending=dt.date.fromisoformat(full["ending"]) if "ending" in full else None,
    )
