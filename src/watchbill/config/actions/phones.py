"""Write the providers of telephones as a file says. Their order in the file is the order of fail-over."""

from __future__ import annotations

from collections.abc import Mapping

from watchbill.config.rules import File, Full
from watchbill.notifications.models import Phone


def write_phones_in(phones: Mapping[str, Full]) -> None:
    """Make and change providers; what they send by are names of variables, never secrets."""
    for name, full in phones.items():
        values = {field: full[field] for field in ("kind", "url", "account_env", "token_env", "secret_env", "sends")}
        limits = {"per_person": full["limits"]["person"], "overall": full["limits"]["all"]}
        Phone.objects.update_or_create(name=name, defaults={**values, **limits, "sender": full["from"], "is_active": True})


def order_phones_in(file: File) -> None:
    """Fail over in the file's order."""
    order = {entry.name: position for position, entry in enumerate(file.of("phones"))}
    rows = [row for row in Phone.objects.filter(name__in=order) if row.position != order[row.name]]
    for row in rows:
        row.position = order[row.name]
    Phone.objects.bulk_update(rows, ["position"])
