"""Write chats as a file says. The first of a kind is the one that a contact without a name means."""

from __future__ import annotations

from collections.abc import Mapping

from watchbill.config.rules import File, Full
from watchbill.notifications.chats.models import Chat


def write_chats_in(chats: Mapping[str, Full]) -> None:
    """Make and change chats; what they are reached by are names of variables, never secrets."""
    for name, full in chats.items():
        Chat.objects.update_or_create(name=name, defaults={**full, "is_active": True})


def order_chats_in(file: File) -> None:
    """In the file's order."""
    order = {entry.name: position for position, entry in enumerate(file.of("chats"))}
    rows = [row for row in Chat.objects.filter(name__in=order) if row.position != order[row.name]]
    for row in rows:
        row.position = order[row.name]
    Chat.objects.bulk_update(rows, ["position"])
