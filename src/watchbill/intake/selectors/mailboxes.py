"""Which mailboxes are read, how far, and what became of the mails in them? For operators: no subjects, no senders, no text."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, field

from django.db.models import Count, Q

from watchbill.intake.models import Mail, Mailbox
from watchbill.kernel.discreet import hushed
from watchbill.kernel.errors import Invalid

READ = frozenset({"alerts", "replies", "reports"})  # purposes that a mailbox is read for
ASIDE = (Mail.Verdict.LEFT, Mail.Verdict.UNKNOWN, Mail.Verdict.REFUSED, Mail.Verdict.FAILED)
PAGE = 40  # mails of one page of the list
LARGEST = 2**63 - 1
STALE = dt.timedelta(minutes=2)  # a mailbox is looked at three times a minute


@dataclass(frozen=True, slots=True)
class Looked:
    """A mailbox, and its mails by verdict."""

    mailbox: Mailbox
    mails: dict[str, int] = field(default_factory=dict)

    def is_late(self, now: dt.datetime) -> bool:
        """Has its server not answered for too long, or never?"""
        return self.mailbox.read_at is None or now - self.mailbox.read_at > STALE

    def state(self, now: dt.datetime) -> str:
        """idle | waits | failing | late | lies | works. A variable that this process lacks counts only while nobody reads it."""
        if not READ & set(self.mailbox.purposes):
            return "idle"
        if self.is_late(now) and not os.environ.get(self.mailbox.imap_env):
            return "waits"
        if self.mailbox.failing_since is not None:
            return "failing"
        if self.is_late(now):
            return "late"
        return "lies" if self.mails.get(Mail.Verdict.FAILED) else "works"


@dataclass(frozen=True, slots=True)
class Aside:
    """A mail that made nothing, and why. `reason` names no sender."""

    mail: Mail
    reason: str


def mailboxes() -> list[Looked]:
    """Those that are configured, in the file's order. Two queries."""
    counted: dict[int, dict[str, int]] = {}
    for mailbox_id, verdict, count in Mail.objects.values_list("mailbox_id", "verdict").annotate(Count("id")).order_by():
        counted.setdefault(mailbox_id, {})[verdict] = count
    rows = Mailbox.objects.filter(is_active=True).select_related("service", "team").order_by("position", "id")
    return [Looked(row, counted.get(row.pk, {})) for row in rows]


def set_aside(*, before: str = "") -> tuple[list[Aside], str]:
    """Mails that made nothing, the newest first, one page at a time, and the cursor of the next one. Of restricted services none."""
    rows = Mail.objects.filter(verdict__in=ASIDE).filter(Q(key=None) | Q(key__service__restricted=False))
    if before:
        if not (before.isascii() and before.isdigit() and len(before) < 20 and int(before) <= LARGEST):
            raise Invalid("The cursor is not one that this list gave. Start again without it.", field="before")
        rows = rows.filter(id__lt=int(before))
    found = list(rows.select_related("mailbox", "key__service").order_by("-id")[: PAGE + 1])
    shown = [Aside(mail, hushed(mail.reason)) for mail in found[:PAGE]]
    return shown, str(found[PAGE - 1].pk) if len(found) > PAGE else ""


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
