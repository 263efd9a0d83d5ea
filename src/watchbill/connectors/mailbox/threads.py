"""Mails to a shared mailbox for reports: each is kept as it came, in the thread that it answers; its reporter's words reach the report."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction

from watchbill.connectors.mailbox import judging, keeping
from watchbill.connectors.mailbox.letters import Letter, digest
from watchbill.connectors.mailbox.purposes import Arrived
from watchbill.intake.models import Mail
from watchbill.mailbox.actions.answering import answer_by_itself_in
from watchbill.mailbox.actions.receiving import answered, receive_in
from watchbill.mailbox.rules import Incoming, link_of
from watchbill.reports.actions.mailing import heard_by_mail_in, lock_report_of_in


def take(arrived: Arrived, now: dt.datetime) -> bool:
    """Keep it, once. Always its: a mail to the address of nobody else is somebody's who writes to the team."""
    incoming = incoming_of(arrived)
    try:
        _store(arrived, incoming, now)
    except IntegrityError as error:  # another node was first
        if "letter_once" not in str(error) and "mail_once" not in str(error):
            raise
    return True


@transaction.atomic(durable=True)
def _store(arrived: Arrived, incoming: Incoming, now: dt.datetime) -> None:
    lock_report_of_in(answered(arrived.mailbox, incoming))
    letter = receive_in(arrived.mailbox, incoming, now=now)
    if letter is None:
        return
    heard_by_mail_in(letter, now=now)
    answer_by_itself_in(letter, incoming, now=now)
    if not keeping.known(arrived.mailbox, incoming.digest):
        keeping.remember_in(arrived, Mail.Verdict.REPORT, incoming.machine, incoming.digest, now)


def incoming_of(arrived: Arrived) -> Incoming:
    """What it says, as plain data."""
    letter = arrived.letter
    cut = f"It has {arrived.size} bytes; {len(arrived.raw)} are kept, the whole lies in the mailbox." if arrived.cut else ""
    return Incoming(
        digest=digest(arrived.raw, letter),
        message_id=letter.message_id,
        refers=letter.refers,
        sender=letter.sender or ", ".join(letter.senders[:3])[:320],
        reporter=reporter_of(letter),
        subject=letter.subject,
        text=letter.text,
        files=letter.files,
        remark=" ".join(part for part in (letter.remark, signed_or_not(letter), cut) if part),
        machine=machine_of(letter),
        robot=robot_of(letter),
        doubt=judging.forged(letter, arrived.mailbox.authserv),
        link=link_of(letter.get("archived-at"), letter.get("list-id"), letter.get("list-archive"), letter.message_id),
        raw=arrived.raw,
        size=arrived.size,
    )


def reporter_of(letter: Letter) -> str:
    """Whoever wrote it: what a list kept of them where it wrote itself into From. An identity, never a proof of one.

    Only where From is an address to which it was sent: then whoever forges it forges the list's own domain, which a mail server sees.
    """
    if letter.get("list-id") and letter.sender in letter.to:
        for name in ("x-original-sender", "x-original-from", "reply-to"):
            if (found := letter.address(name)) and found not in letter.to:
                return found
    return letter.sender or next(iter(letter.senders), "")


def machine_of(letter: Letter) -> str:
    """Why a machine wrote it. That it came by our own list says nothing of its writer: groups are how such mailboxes get their mails."""
    by_list = Letter(
        **{name: getattr(letter, name) for name in _FIELDS} | {"headers": tuple(h for h in letter.headers if h[0] not in _OF_LISTS)}
    )
    return judging.why_no_human(by_list if letter.get("list-id") else letter)


def robot_of(letter: Letter) -> str:
    """Why nothing answers it by itself: a list, many readers, a sender that takes no mail, or a machine."""
    if letter.get("return-path").replace(" ", "") == "<>":
        return "Its sender takes no answers (an empty return path)."
    if any(name.startswith("list-") for name, _ in letter.headers):
        return "It comes by a mailing list."
    return judging.why_no_human(letter)


def signed_or_not(letter: Letter) -> str:
    """A word where PGP or S/MIME is in it. Nothing of that is opened or checked here."""
    if letter.content_type == "multipart/signed":
        return "It is signed; the signature was not checked."
    inline = letter.text.lstrip().startswith("-----BEGIN PGP MESSAGE-----")
    sealed = letter.content_type in ("application/pkcs7-mime", "application/x-pkcs7-mime")
    return "It is encrypted, and was not opened." if inline or sealed else ""


_FIELDS = tuple(name for name in Letter.__dataclass_fields__ if name != "headers")
_OF_LISTS = frozenset({"list-id", "precedence"})
