"""A mail of the team: stored with its Message-ID before it is sent, sent by the connector, tried again under the same one. Robots get none."""

from __future__ import annotations

import datetime as dt
import re
import uuid

from django.db import transaction

from watchbill.audit.actions import ENGINE, Actor
from watchbill.incidents.rules import plain
from watchbill.intake.models import Mailbox
from watchbill.kernel.errors import Invalid, Refused
from watchbill.mailbox.actions.case import Case, lock_in, open_case_in, tell_person_in
from watchbill.mailbox.actions.receiving import id_of
from watchbill.mailbox.models import Letter, Thread
from watchbill.mailbox.rules import Act, Incoming
from watchbill.mailbox.selectors import has_report, why_no_answer
from watchbill.people.models import Person

LONGEST = 20_000
BATCH = 5  # mails of one round
LEASE = dt.timedelta(minutes=5)  # whoever died while sending is followed by another try
LONGEST_PAUSE = dt.timedelta(hours=1)
GIVEN_UP = dt.timedelta(days=2)
MOST_AUTOMATIC = 20  # of one mailbox in an hour
OURSELVES = "Watchbill answered by itself."
_id = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,250}>")


@transaction.atomic(durable=True)
def answer(number: int, text: str, *, person: Person, actor: Actor, now: dt.datetime) -> Letter:
    """Somebody of the team answers. Raises Refused where nothing leaves, and where a report of it is the place to write to its reporter."""
    case = open_case_in(number, Act.ANSWER, person=person, actor=actor, now=now)
    thread = Thread.objects.select_related("report", "mailbox__team").get(pk=case.thread.pk)
    if has_report(thread):
        raise Refused("It became a report. Write to its reporter there.")
    text = plain(text).strip()
    if not text or len(text) > LONGEST:
        raise Invalid(f"Write 1 to {LONGEST:,} characters.", field="text")
    return answer_in(case, text)


def answer_on_report_in(thread_id: int, text: str, *, person: Person | None, actor: Actor, now: dt.datetime) -> Letter:
    """The same for what was said on its report, in the open transaction."""
    return answer_in(Case(lock_in(thread_id), person, actor, now), text)


def answer_in(case: Case, text: str) -> Letter:
    """In the open transaction; whoever calls has checked the right. Raises Refused."""
    if why := why_no_answer(case.thread):
        raise Refused(why)
    letter = _store_in(case, text)
    case.thread.due_at = None
    case.tell("said", f"{case.person.name if case.person else 'The team'} answered by mail.")
    case.finish("say", letter=letter.pk)
    return letter


def answer_by_itself_in(letter: Letter, new: Incoming, *, now: dt.datetime) -> Letter | None:
    """Once a day to each sender, where the mailbox says so; None: to a robot, in doubt, or when there were too many."""
    mailbox = letter.mailbox
    begun = Letter.objects.filter(thread_id=letter.thread_id).count() == 1
    to = letter.sender.lower()
    if not mailbox.automatic_answer or not begun or new.robot or new.doubt or new.sender.lower() != to:
        return None
    own = Mailbox.objects.filter(address__iexact=to).exists()
    before = Letter.objects.filter(mailbox=mailbox, machine=OURSELVES).exclude(outgoing="")
    if own or before.filter(to=to, at__gt=now - dt.timedelta(days=1)).exists():
        return None
    if before.filter(at__gt=now - dt.timedelta(hours=1))[:MOST_AUTOMATIC].count() >= MOST_AUTOMATIC:
        return None
    case = Case(lock_in(letter.thread_id), None, ENGINE, now)
    made = _store_in(case, mailbox.automatic_answer, machine=OURSELVES) if not why_no_answer(case.thread, by_itself=True) else None
    if made is not None:
        case.tell("automatic", OURSELVES)
        case.finish("answer_by_itself", letter=made.pk)
    return made


def _store_in(case: Case, text: str, *, machine: str = "") -> Letter:
    thread, mailbox = case.thread, case.thread.mailbox
    last = Letter.objects.filter(thread=thread, outgoing="").defer("raw").order_by("-id").first()
    refers = [one for one in [*(last.refers if last else ()), last.sent_id if last else ""] if _id.fullmatch(one)]
    sent_id = f"<{uuid.uuid4()}@{mailbox.address.rpartition('@')[2]}>"
    subject = thread.subject if thread.subject.lower().startswith("re:") else f"Re: {thread.subject}"
    return Letter.objects.create(
        thread=thread,
        mailbox=mailbox,
        digest=id_of(sent_id),
        message_id=id_of(sent_id),
        sent_id=sent_id,
        refers=refers[-20:],
        author=case.person,
        sender=mailbox.address,
        subject=subject[:900],
        text=text,
        machine=machine,
        at=case.now,
        outgoing=Letter.Outgoing.WAITING,
        to=thread.sender.lower(),
        try_at=case.now,
    )


def is_due(mailbox_id: int, *, now: dt.datetime) -> bool:
    """Is there something to send? One query by an index."""
    return Letter.objects.filter(mailbox_id=mailbox_id, outgoing=Letter.Outgoing.WAITING, try_at__lte=now).exists()


@transaction.atomic(durable=True)
def claim(mailbox_id: int, *, now: dt.datetime) -> list[Letter]:
    """Those that are due. Nobody else takes them while the lease lasts."""
    rows = Letter.objects.select_for_update(skip_locked=True, of=("self",)).select_related("mailbox__team")
    due = list(rows.filter(mailbox_id=mailbox_id, outgoing=Letter.Outgoing.WAITING, try_at__lte=now).order_by("try_at")[:BATCH])
    for letter in due:
        letter.attempts, letter.try_at = letter.attempts + 1, now + LEASE
    Letter.objects.bulk_update(due, ["attempts", "try_at"])
    return due


@transaction.atomic(durable=True)
def was_sent(letter_id: int, *, now: dt.datetime) -> None:
    """The server has it."""
    Letter.objects.filter(pk=letter_id, outgoing=Letter.Outgoing.WAITING).update(
        outgoing=Letter.Outgoing.SENT, try_at=None, sent_at=now, remark=""
    )


@transaction.atomic(durable=True)
def was_not_sent(letter_id: int, why: str, *, for_good: bool, now: dt.datetime) -> None:
    """It is tried again under the same Message-ID, for two days; then, or when it was refused for good, whoever is accountable is told."""
    letter = Letter.objects.select_for_update(of=("self",)).get(pk=letter_id)
    if letter.outgoing != Letter.Outgoing.WAITING:
        return
    letter.remark = why[:500]
    if not for_good and now - letter.at < GIVEN_UP:
        letter.try_at = now + min(dt.timedelta(minutes=1) * 2 ** min(letter.attempts, 8), LONGEST_PAUSE)
        letter.save(update_fields=["remark", "try_at"])
        return
    letter.outgoing, letter.try_at = Letter.Outgoing.FAILED, None
    letter.save(update_fields=["remark", "try_at", "outgoing"])
    case = Case(lock_in(letter.thread_id), None, ENGINE, now)
    case.tell("not-sent", "A mail of ours was not delivered.")
    if not letter.machine:
        tell_person_in(case.thread, case.thread.accountable, "A mail of ours was not delivered", now=now)
    case.finish("not_sent", letter=letter.pk)
