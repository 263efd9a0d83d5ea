"""Mailboxes that are read: `watchbill mailbox list`."""

from __future__ import annotations

import typer

from watchbill.cli.app import Json, app, now, say, short, table
from watchbill.intake.models import Mail
from watchbill.intake.selectors.mailboxes import Looked, mailboxes

mailbox = typer.Typer(no_args_is_help=True, help="Mailboxes that are read.")
app.add_typer(mailbox, name="mailbox")


@mailbox.command("list")
def mailbox_list(as_json: Json = False) -> None:
    """Which mailboxes are read, when each was read last, and what became of the mails in them."""
    looked = mailboxes()
    data = [
        {
            "name": each.mailbox.name,
            "address": each.mailbox.address,
            "for": each.mailbox.purposes,
            "service": each.mailbox.service.name if each.mailbox.service is not None else None,
            "read_at": each.mailbox.read_at,
            "failing_since": each.mailbox.failing_since,
            "failures": each.mailbox.failures,
            "last_error": each.mailbox.last_error,
            "mails": {verdict.value: each.mails.get(verdict.value, 0) for verdict in Mail.Verdict},
        }
        for each in looked
    ]
    columns = (
        "name",
        "address",
        "for",
        "last read",
        "alerts",
        "left out",
        "unknown address",
        "answers",
        "threads",
        "refused",
        "failed",
        "says",
    )
    say(data, as_json=as_json, human=lambda: table(columns, [_row(each) for each in looked]))


def _row(each: Looked) -> list[object]:
    box, mails = each.mailbox, each.mails
    says = box.last_error or ("not read lately" if each.is_late(now()) else "works")
    counts = [mails.get(verdict, 0) for verdict in ("alert", "left", "unknown", "reply", "report", "refused", "failed")]
    return [box.name, box.address, ", ".join(box.purposes), short(box.read_at) or "never", *counts, says]
