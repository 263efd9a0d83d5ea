"""Write bounty platforms as a file says. What is mirrored from them stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchbill.config.rules import File, Full
from watchbill.platforms.models import Platform


def write_platforms_in(platforms: Mapping[str, Full]) -> None:
    """Make and change platforms; what they are reached by are names of variables, never secrets. Another programme is read from its beginning."""
    for name, full in platforms.items():
        row = Platform.objects.filter(name=name).first()
        moved = row is not None and (row.url, row.program) != (full["url"], full["program"])
        afresh: dict[str, Any] = (
            {"cursor": None, "due_at": None, "swept_at": None, "feed": "", "known": {}, "aside": {}, "error": ""} if moved else {}
        )
        Platform.objects.update_or_create(name=name, defaults={**full, **afresh, "is_active": True})


def order_platforms_in(file: File) -> None:
    """In the file's order."""
    order = {entry.name: position for position, entry in enumerate(file.of("platforms"))}
    rows = [row for row in Platform.objects.filter(name__in=order) if row.position != order[row.name]]
    for row in rows:
        row.position = order[row.name]
    Platform.objects.bulk_update(rows, ["position"])
