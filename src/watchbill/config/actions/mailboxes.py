"""Write the mailboxes as a file says. How far each has been read stays."""

from __future__ import annotations

from collections.abc import Mapping

from watchbill.config.actions.ids import Ids
from watchbill.config.rules import File, Full
from watchbill.incidents.models import Service
from watchbill.intake.models import Mailbox

PLAIN = ("imap_env", "address", "senders", "folder", "move_to", "authserv", "writes", "automatic_answer")


def write_mailboxes_in(mailboxes: Mapping[str, Full], ids: Ids) -> None:
    """Make and change mailboxes. Another address, folder or server is read from its beginning: what is known already does nothing again."""
    services = dict(Service.objects.values_list("name", "id")) if mailboxes else {}
    there = {row.name: row for row in Mailbox.objects.filter(name__in=mailboxes)}
    for name, full in mailboxes.items():
        values = {field: full[field] for field in PLAIN} | {"team_id": ids.teams[full["team"]], "purposes": full["for"]}
        values["service_id"] = services[full["service"]] if full["service"] else None
        before = there.get(name)
        if before is not None and any(getattr(before, field) != full[field] for field in ("imap_env", "address", "folder")):
            values |= {"uid_validity": 0, "last_uid": 0}
        Mailbox.objects.update_or_create(name=name, defaults={**values, "is_active": True})


def order_mailboxes_in(file: File) -> None:
    """The first one for alerts gives keys their address."""
    order = {entry.name: position for position, entry in enumerate(file.of("mailboxes"))}
    rows = [row for row in Mailbox.objects.filter(name__in=order) if row.position != order[row.name]]
    for row in rows:
        row.position = order[row.name]
    Mailbox.objects.bulk_update(rows, ["position"])
