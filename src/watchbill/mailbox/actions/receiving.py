"""A mail arrives: once, into the thread that it answers in the same mailbox, or into one of its own. Never by its subject."""

from __future__ import annotations

import datetime as dt
import hashlib
from random import SystemRandom

from watchbill.audit.actions import ENGINE
from watchbill.intake.models import Mailbox
from watchbill.mailbox.actions.case import Case, lock_in, tell_person_in
from watchbill.mailbox.models import Letter, Thread
from watchbill.mailbox.rules import Incoming, accountable, due_after, reopens
from watchbill.people.models import Organization, Person
from watchbill.response.selectors import on_call_of

DICE = SystemRandom()
FIRST, LAST = 1_000_000, 9_999_999
MOST_TOLD = 20  # new threads of one mailbox in an hour of which somebody is told each by itself: a flood wakes nobody for ever


def receive_in(mailbox: Mailbox, new: Incoming, *, now: dt.datetime) -> Letter | None:
    """In the open transaction. None: it is here already. Raises IntegrityError where another node was first."""
    if Letter.objects.filter(mailbox=mailbox, digest=new.digest).exists():
        return None
    if new.message_id and Letter.objects.filter(mailbox=mailbox, message_id=id_of(new.message_id)).exclude(outgoing="").exists():
        return None  # one of ours, come back by a list
    thread_id = answered(mailbox, new)
    if thread_id is None:
        return _begin_in(mailbox, new, now=now)
    case = Case(lock_in(thread_id), None, ENGINE, now)
    if case.thread.duplicate_of_id is not None and case.thread.state == Thread.State.DUPLICATE:  # it goes on where it is worked on
        case = Case(lock_in(case.thread.duplicate_of_id), None, ENGINE, now)
    return _join_in(case, new)


def id_of(message_id: str) -> bytes:
    """A Message-ID as it is kept."""
    return hashlib.sha256(message_id.encode("utf-8", "replace")).digest()


def answered(mailbox: Mailbox, new: Incoming) -> int | None:
    """The thread of the nearest mail that it answers. Only of this mailbox: whoever names a mail of another one gets a thread of their own."""
    ids = [id_of(one) for one in reversed(new.refers)]
    rows = Letter.objects.filter(mailbox=mailbox, message_id__in=ids).values_list("message_id", "thread_id").order_by("id") if ids else []
    threads = {bytes(message_id): thread_id for message_id, thread_id in rows}
    return next((threads[one] for one in ids if one in threads), None)


def _begin_in(mailbox: Mailbox, new: Incoming, *, now: dt.datetime) -> Letter:
    recent = Thread.objects.filter(mailbox=mailbox, received_at__gt=now - dt.timedelta(hours=1))[:MOST_TOLD].count()
    thread = Thread.objects.create(
        number=_number(),
        mailbox=mailbox,
        subject=new.subject[:1024],
        sender=new.reporter[:320],
        accountable_id=_accountable(mailbox, now=now),
        link=new.link,
        automatic=bool(new.machine),
        received_at=now,
        last_at=now,
        due_at=due_after(now, new.machine),
    )
    case = Case(thread, None, ENGINE, now)
    letter = _store_in(case, new)
    case.tell("arrived", "A mail arrived and began it.")
    case.finish("arrive", accountable=thread.accountable_id)
    if not new.machine and recent < MOST_TOLD:
        tell_person_in(thread, _person(thread.accountable_id), "A mail arrived: it is yours until somebody else takes it", now=now)
    return letter


def _join_in(case: Case, new: Incoming) -> Letter:
    thread = case.thread
    letter = _store_in(case, new)
    case.tell("answered", "A machine answered." if new.machine else "A mail arrived.")
    thread.last_at = case.now
    thread.link = thread.link or new.link
    if reopens(str(thread.state), new.machine):
        thread.state, thread.closed_at = Thread.State.OPEN, None
        case.tell("reopened", "It is open again: somebody wrote.")
    if thread.state == Thread.State.OPEN:
        thread.due_at = thread.due_at or due_after(case.now, new.machine)
        if not new.machine:
            tell_person_in(thread, thread.accountable, "Somebody wrote again in a thread of yours", now=case.now)
    case.finish("answer")
    return letter


def _store_in(case: Case, new: Incoming) -> Letter:
    return Letter.objects.create(
        thread=case.thread,
        mailbox=case.thread.mailbox,
        digest=new.digest,
        message_id=id_of(new.message_id),
        sent_id=new.message_id[:998],
        refers=list(new.refers),
        sender=(new.reporter or new.sender)[:320],
        subject=new.subject[:1024],
        text=new.text,
        files=list(new.files),
        remark=new.remark[:500],
        machine=new.machine[:300],
        doubt=new.doubt[:300],
        size=new.size,
        raw=new.raw,
        at=case.now,
    )


def _accountable(mailbox: Mailbox, *, now: dt.datetime) -> int | None:
    last = Organization.objects.values_list("last_resort_id", flat=True).first()
    return accountable(on_call_of(mailbox.team_id, now=now), team_last_resort=mailbox.team.last_resort_id, last_resort=last)


def _person(person_id: int | None) -> Person | None:
    return Person.objects.filter(pk=person_id).first() if person_id is not None else None


def _number() -> int:
    number = DICE.randint(FIRST, LAST)
    while Thread.objects.filter(number=number).exists():
        number = DICE.randint(FIRST, LAST)
    return number
