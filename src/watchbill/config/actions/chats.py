"""Write chats as a file says."""

from __future__ import annotations

from collections.abc import Mapping

from watchbill.config.rules import Full
from watchbill.kernel import kinds
from watchbill.notifications.chats.models import Chat


def write_chats_in(chats: Mapping[str, Full]) -> None:
    """Chats, those that are new behind the others: the first one of a kind is the one that a contact without a name means."""
    last = Chat.objects.order_by("-position").values_list("position", flat=True).first() or 0
    for position, (name, full) in enumerate(chats.items(), last + 1):
        Chat.objects.update_or_create(
            name=name, defaults={**full, "is_active": True}, create_defaults={**full, "name": name, "position": position}
        )
    if chats:
        kinds.forget()
