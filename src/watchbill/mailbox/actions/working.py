"""What somebody does with a thread: take it, hand it on, close it, mark it as spam for everybody, link it."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.incidents.rules import in_a_line, plain
from watchbill.kernel.errors import Invalid, Refused
from watchbill.mailbox.actions.case import Case, open_case_in, tell_person_in
from watchbill.mailbox.models import Thread
from watchbill.mailbox.rules import Act
from watchbill.mailbox.selectors import by_number, workers_of
from watchbill.people.models import Person
from watchbill.people.selectors import viewer_of

CLOSING = {Act.NO_ACTION: Thread.State.NO_ACTION, Act.COMPLETE: Thread.State.COMPLETED}


@transaction.atomic(durable=True)
def take(number: int, *, person: Person, actor: Actor, now: dt.datetime) -> Thread:
    """I am accountable for it."""
    case = open_case_in(number, Act.TAKE, person=person, actor=actor, now=now)
    return _given(case, person, f"{person.name} took it.")


@transaction.atomic(durable=True)
def assign(number: int, to: Person, *, person: Person, actor: Actor, now: dt.datetime) -> Thread:
    """Somebody else of the team is accountable. Raises Invalid for anybody who may not know of it."""
    case = open_case_in(number, Act.ASSIGN, person=person, actor=actor, now=now)
    if to not in workers_of(case.thread):
        raise Invalid(f"{to.name} is no responder of the team of this mailbox. Choose somebody of the team.", field="to")
    by_number(viewer_of(to), number)
    tell_person_in(case.thread, to, "A mail is yours now", now=now, but=person)
    return _given(case, to, f"{person.name} gave it to {to.name}.")


def _given(case: Case, to: Person, said: str) -> Thread:
    case.thread.accountable, case.thread.taken_at = to, case.now
    case.tell("assigned", said)
    case.finish("assign", accountable=to.id)
    return case.thread


@transaction.atomic(durable=True)
def close(number: int, act: Act, *, person: Person, actor: Actor, now: dt.datetime) -> Thread:
    """No action is needed, or it is completed."""
    case = open_case_in(number, act, person=person, actor=actor, now=now)
    case.close(CLOSING[act])
    case.thread.accountable = case.thread.accountable or person
    case.tell("closed", f"{person.name}: {'no action is needed' if act is Act.NO_ACTION else 'completed'}.")
    case.finish(str(act))
    return case.thread


@transaction.atomic(durable=True)
def mark_duplicate(number: int, of: int, *, person: Person, actor: Actor, now: dt.datetime) -> Thread:
    """It repeats another thread of the mailbox, which goes on. Raises Invalid for one that cannot."""
    case = open_case_in(number, Act.DUPLICATE, person=person, actor=actor, now=now)
    target = by_number(viewer_of(person), of)
    if target.pk == case.thread.pk or target.mailbox_id != case.thread.mailbox_id:
        raise Invalid("Choose another thread of the same mailbox.", field="duplicate_of")
    if target.state in (Thread.State.DUPLICATE, Thread.State.SPAM):
        raise Invalid(f"{target} repeats another one, or is spam. Choose the one that goes on.", field="duplicate_of")
    if case.thread.duplicates.exists():
        raise Refused(f"Others repeat {case.thread}. It must go on, or they must be opened again first.")
    case.thread.duplicate_of = target
    case.close(Thread.State.DUPLICATE)
    case.tell("duplicate", f"{person.name}: it repeats {target}.")
    case.finish("duplicate", of=target.pk)
    return case.thread


@transaction.atomic(durable=True)
def reopen(number: int, *, person: Person, actor: Actor, now: dt.datetime) -> Thread:
    """There is something to do after all."""
    case = open_case_in(number, Act.REOPEN, person=person, actor=actor, now=now)
    case.thread.state, case.thread.closed_at, case.thread.duplicate_of = Thread.State.OPEN, None, None
    case.tell("reopened", f"{person.name} opened it again.")
    case.finish("reopen")
    return case.thread


@transaction.atomic(durable=True)
def mark_spam(number: int, *, person: Person, actor: Actor, now: dt.datetime) -> Thread:
    """Gone for everybody at once. What came is kept, and it can be taken back for a while."""
    case = open_case_in(number, Act.SPAM, person=person, actor=actor, now=now)
    case.thread.before = case.thread.state
    case.close(Thread.State.SPAM)
    case.tell("spam", f"{person.name}: spam, for everybody.")
    case.finish("spam", before=case.thread.before)
    return case.thread


@transaction.atomic(durable=True)
def undo_spam(number: int, *, person: Person, actor: Actor, now: dt.datetime) -> Thread:
    """It is there again for everybody, as it was. Raises Refused when that is too late."""
    case = open_case_in(number, Act.NOT_SPAM, person=person, actor=actor, now=now)
    thread = case.thread
    thread.state, thread.before = Thread.State(thread.before or "open"), ""
    if thread.state == Thread.State.OPEN:
        thread.closed_at = None
    case.tell("not-spam", f"{person.name}: no spam.")
    case.finish("not-spam", state=str(thread.state))
    return thread


@transaction.atomic(durable=True)
def mark_tracked(number: int, address: str, *, person: Person, actor: Actor, now: dt.datetime) -> Thread:
    """It has its issue: label `Tracked`."""
    case = open_case_in(number, Act.TRACKED, person=person, actor=actor, now=now)
    case.thread.issue_url = _address(address)
    case.tell("tracked", f"{person.name}: tracked in {case.thread.issue_url}")
    case.finish("tracked")
    return case.thread


@transaction.atomic(durable=True)
def set_link(number: int, address: str, *, person: Person, actor: Actor, now: dt.datetime) -> Thread:
    """Where the list shows it, pasted."""
    case = open_case_in(number, Act.LINK, person=person, actor=actor, now=now)
    case.thread.link = _address(address)
    case.tell("link", f"{person.name} set the link of the thread.")
    case.finish("link")
    return case.thread


def _address(text: str) -> str:
    text = in_a_line(plain(text)).strip()
    if not text.startswith(("https://", "http://")) or len(text) > 1500 or any(letter.isspace() for letter in text):
        raise Invalid("That is no address of a page. Paste one that begins with https://.", field="address")
    return text
