"""Mails of a shared mailbox go out by the desk's SMTP server, from the mailbox's own address, each under the Message-ID that is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import format_datetime, formataddr

from django.conf import settings

from watchbill.connectors.email.sending import OURS, SEVEN_BIT, Mailer, server_of
from watchbill.connectors.failures import Failure, PermanentFailure
from watchbill.kernel.clock import database_now
from watchbill.mailbox.actions.answering import claim, was_not_sent, was_sent
from watchbill.mailbox.models import Letter


def send_due(mailbox_id: int) -> int:
    """Send what is due; how many were tried. Nothing without a server. No transaction is open meanwhile."""
    if not settings.SMTP_URL:
        return 0
    letters = claim(mailbox_id, now=database_now())
    for letter, failure in zip(letters, asyncio.run(_sent(letters)) if letters else (), strict=True):
        if failure is None:
            was_sent(letter.pk, now=database_now())
        else:
            was_not_sent(letter.pk, str(failure), for_good=isinstance(failure, PermanentFailure), now=database_now())
    return len(letters)


async def _sent(letters: Sequence[Letter]) -> list[Failure | None]:
    mailer = Mailer(server_of(settings.SMTP_URL), letters[0].mailbox.address)
    try:
        return [await _one(mailer, letter) for letter in letters]
    finally:
        await mailer.close()


async def _one(mailer: Mailer, letter: Letter) -> Failure | None:
    try:
        await mailer.send_mail(letter.to, compose(letter).as_bytes(policy=SEVEN_BIT))
    except Failure as failure:
        return failure
    except (ValueError, UnicodeError):
        return PermanentFailure("A header of it cannot be written: its address or its subject.")
    return None


def compose(letter: Letter) -> EmailMessage:
    """As plain text; whoever answers it answers into the thread."""
    mail = EmailMessage()
    mail["From"] = formataddr((letter.mailbox.team.name, letter.mailbox.address))
    mail["To"] = letter.to
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(letter.at)
    mail["Message-ID"] = letter.sent_id
    if letter.refers:
        mail["In-Reply-To"] = letter.refers[-1]
        mail["References"] = " ".join(letter.refers)
    if letter.machine:
        mail["Auto-Submitted"] = "auto-replied"
        mail["X-Auto-Response-Suppress"] = "All"
        mail[OURS] = "thread"
    mail.set_content(letter.text)
    return mail
