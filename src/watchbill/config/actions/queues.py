"""Write queues, and when silence is too long, as a file says. Who took what, and who was pinged, stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from watchbill.config.actions.ids import Ids
from watchbill.config.rules import File, Full
from watchbill.duties.models import Queue, Stale
from watchbill.trackers.models import Tracker

PLAIN = ("projects", "labels", "authors", "state", "other")


def write_queues_in(queues: Mapping[str, Full], ids: Ids) -> None:
    """Make and change queues."""
    trackers = dict(Tracker.objects.values_list("name", "id")) if queues else {}
    for name, full in queues.items():
        values = {field: full[field] for field in PLAIN} | {"team_id": ids.teams[full["team"]], "changes": full["kind"] == "changes"}
        values["tracker_id"] = trackers[full["tracker"]] if full["tracker"] else None
        Queue.objects.update_or_create(name=name, defaults={**values, "is_active": True})


def write_stale_in(stale: Mapping[str, Full], ids: Ids) -> None:
    """How long is too long, by team and severity."""
    for full in stale.values():
        key = {"team_id": ids.teams[full["team"]], "severity": full["severity"]}
        Stale.objects.update_or_create(**key, defaults={"after": full["after"], "is_active": True})


def order_queues_in(file: File) -> None:
    """In the file's order."""
    order = {entry.name: position for position, entry in enumerate(file.of("queues"))}
    rows = [row for row in Queue.objects.filter(name__in=order) if row.position != order[row.name]]
    for row in rows:
        row.position = order[row.name]
    Queue.objects.bulk_update(rows, ["position"])


def retire_stale_in(names: Iterable[str]) -> None:
    """What a file no longer names: TEAM / SEVERITY."""
    for name in names:
        team, _, severity = name.rpartition(" / ")
        Stale.objects.filter(team__name=team, severity=severity).update(is_active=False)
