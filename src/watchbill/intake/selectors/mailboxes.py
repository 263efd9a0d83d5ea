"""Which mailboxes are read, how far, and what became of the mails in them? For operators: no subjects, no senders, no text."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, field

from django.db.models import Count

from watchbill.intake.models import Mail, Mailbox

STALE = dt.timedelta(minutes=2)  # a mailbox is looked at three times a minute


@dataclass(frozen=True, slots=True)
class Looked:
    """A mailbox, and its mails by verdict."""

    mailbox: Mailbox
    mails: dict[str, int] = field(default_factory=dict)

    def is_late(self, now: dt.datetime) -> bool:
        """Has its server not answered for too long, or never?"""
        return self.mailbox.read_at is None or now - self.mailbox.read_at > STALE


def mailboxes() -> list[Looked]:
    """Those that are configured, in the file's order. Two queries."""
    counted: dict[int, dict[str, int]] = {}
    for mailbox_id, verdict, count in Mail.objects.values_list("mailbox_id", "verdict").annotate(Count("id")).order_by():
        counted.setdefault(mailbox_id, {})[verdict] = count
    rows = Mailbox.objects.filter(is_active=True).select_related("service", "team").order_by("position", "id")
    return [Looked(row, counted.get(row.pk, {})) for row in rows]


def address_for(purpose: str) -> str:
    """The address of the first mailbox that is read for it; empty without one."""
    rows = Mailbox.objects.filter(is_active=True, purposes__contains=[purpose]).order_by("position", "id")
    return rows.values_list("address", flat=True).first() or ""


def read_for(purpose: str) -> str:
    """The same of one that is really read: this process has its variable, as the engine has that reads it."""
    rows = Mailbox.objects.filter(is_active=True, purposes__contains=[purpose]).order_by("position", "id")
    return next((row.address for row in rows if os.environ.get(row.imap_env)), "")


def mail_address(kind: str) -> str:
    """Where keys of this kind get their mails; empty for kinds that take none."""
    return address_for("alerts") if kind == "email" else ""
