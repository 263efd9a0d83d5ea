"""Write queues and duties, and when silence is too long, as a file says. Who took what, and who was pinged, stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from watchbill.config.actions.ids import Ids
from watchbill.config.rules import File, Full
from watchbill.duties.models import Duty, Queue, Stale
from watchbill.trackers.models import Tracker

PLAIN = ("projects", "labels", "authors", "state", "criteria", "alarm", "other")


def write_queues_in(queues: Mapping[str, Full], ids: Ids) -> None:
    """Make and change queues."""
    trackers = dict(Tracker.objects.values_list("name", "id")) if queues else {}
    for name, full in queues.items():
        values = {field: full[field] for field in PLAIN} | {"team_id": ids.teams[full["team"]], "changes": full["kind"] == "changes"}
        values["tracker_id"] = trackers[full["tracker"]] if full["tracker"] else None
        Queue.objects.update_or_create(name=name, defaults={**values, "is_active": True})


def write_duties_in(duties: Mapping[str, Full], ids: Ids, *, now: dt.datetime) -> None:
    """Make and change duties. What was asked for before stays as it was; what is asked for from now on is as the file says."""
    queues = dict(Queue.objects.values_list("name", "id")) if duties else {}
    for name, full in duties.items():
        values = {field: full[field] for field in ("every", "times", "due")}
        values |= {"team_id": ids.teams[full["team"]], "schedule_id": ids.schedules[full["schedule"]]}
        values["queue_id"] = queues[full["queue"]] if full["queue"] else None
        Duty.objects.update_or_create(name=name, defaults={**values, "since": now, "is_active": True})


def write_stale_in(stale: Mapping[str, Full], ids: Ids) -> None:
    """How long is too long, by team and severity."""
    for full in stale.values():
        key = {"team_id": ids.teams[full["team"]], "severity": full["severity"]}
        Stale.objects.update_or_create(**key, defaults={"after": full["after"], "is_active": True})


def order_queues_in(file: File) -> None:
    """In the file's order."""
    for kind, model in (("queues", Queue), ("duties", Duty)):
        order = {entry.name: position for position, entry in enumerate(file.of(kind))}
        for row in model._default_manager.filter(name__in=order):
            if row.position != order[row.name]:
                row.position = order[row.name]
                row.save(update_fields=["position"])


def retire_stale_in(names: Iterable[str]) -> None:
    """What a file no longer names: TEAM / SEVERITY."""
    for name in names:
        team, _, severity = name.rpartition(" / ")
        Stale.objects.filter(team__name=team, severity=severity).update(is_active=False)
