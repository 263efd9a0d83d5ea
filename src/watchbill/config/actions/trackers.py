"""Write trackers as a file says. How far each project was read stays."""

from __future__ import annotations

from collections.abc import Mapping

from watchbill.config.rules import File, Full
from watchbill.trackers.models import Tracker


def write_trackers_in(trackers: Mapping[str, Full]) -> None:
    """Make and change trackers; what they are reached by are names of variables, never secrets."""
    for name, full in trackers.items():
        Tracker.objects.update_or_create(name=name, defaults={**full, "is_active": True})


def order_trackers_in(file: File) -> None:
    """In the file's order."""
    order = {entry.name: position for position, entry in enumerate(file.of("trackers"))}
    rows = [row for row in Tracker.objects.filter(name__in=order) if row.position != order[row.name]]
    for row in rows:
        row.position = order[row.name]
    Tracker.objects.bulk_update(rows, ["position"])
