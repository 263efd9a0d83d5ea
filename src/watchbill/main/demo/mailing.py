"""What stands in the demo's shared mailbox: a report with a proof attached that nobody made a report of yet, a question, and a machine."""

from __future__ import annotations

import datetime as dt
from email.message import EmailMessage
from email.policy import SMTP

from watchbill.connectors.mailbox import threads
from watchbill.connectors.mailbox.letters import read
from watchbill.connectors.mailbox.purposes import Arrived
from watchbill.intake.models import Mailbox

HOUR = dt.timedelta(hours=1)
PROOF = b"#!/usr/bin/env python3\nimport zipfile\nwith zipfile.ZipFile('poc.zip', 'w') as made:\n    made.writestr('../../tmp/here', 'x')\n"
FOUND = """Hello,

an archive whose entry is named ../../tmp/here is unpacked outside of its folder by your
import page. The script that is attached makes such an archive.

I would like to write about it in three months, and am happy to wait longer.

Regards
Mira
"""
ASKS = "Hi, does your programme cover the mobile app? The policy page names only the web app.\n"
SCAN = "Your domain has no DNSSEC. Buy our report for 49 USD.\n"
MAILS = (
    (26 * HOUR, "mira@finder.example", "Archive import writes outside of its folder", FOUND, PROOF, ""),
    (5 * HOUR, "jo@student.example", "Is the mobile app in scope?", ASKS, b"", ""),
    (3 * HOUR, "scan@cheap-scans.example", "12 CRITICAL problems of your domain", SCAN, b"", "bulk"),
)


def arrive(now: dt.datetime) -> None:
    """By the real reader, as if IMAP had brought them."""
    box = Mailbox.objects.select_related("team", "service").get(name="security")
    for number, (ago, sender, subject, text, proof, precedence) in enumerate(MAILS, 1):
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = (
            sender,
            box.address,
            subject,
            f"<demo-{number}@{sender.partition('@')[2]}>",
        )
        if precedence:
            mail["Precedence"] = precedence
        mail.set_content(text)
        if proof:
            mail.add_attachment(proof, maintype="text", subtype="x-python", filename="make_archive.py")
        raw = mail.as_bytes()
        threads.take(Arrived(box, read(raw), raw, len(raw)), now - ago)
