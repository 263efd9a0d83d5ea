"""A thread of a shared mailbox becomes a report in one act, and what its reporter writes there later reaches the report."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.kernel.errors import Invalid
from watchbill.mailbox.actions.case import open_case_in as open_thread_in
from watchbill.mailbox.models import Letter, Thread
from watchbill.mailbox.rules import Act as MailAct
from watchbill.people.models import Person
from watchbill.people.selectors import viewer_of
from watchbill.reports.actions.case import Case, finish_in, lock_in, tell_person_in
from watchbill.reports.actions.making import LONGEST_BODY, LONGEST_REPORTER, NewReport, make_in
from watchbill.reports.actions.talking import LONGEST_FROM_REPORTER, read_again_in
from watchbill.reports.models import Message, Report, Wait
from watchbill.reports.rules import flow
from watchbill.reports.selectors.seeing import programs_of

EMPTY = "(The mail has no text. It lies in its thread as it came.)"


@transaction.atomic(durable=True)
def report_of_thread(number: int, program: str = "", *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """What was written so far by whoever began it is the report; they are its reporter. `program` empty: the first of the mailbox's team."""
    thread = open_thread_in(number, MailAct.REPORT, person=person, actor=actor, now=now)
    team = thread.thread.mailbox.team_id
    offered = [each for each in programs_of(viewer_of(person)) if each.team_id == team]
    chosen = next((each for each in offered if program in ("", each.name)), None)
    if chosen is None:
        names = ", ".join(each.name for each in offered) or "none, since the configuration file has no programme of this team"
        raise Invalid(f"Choose a programme of the mailbox's team: {names}.", field="program")
    report = make_in(_new(thread.thread), chosen, person=person, actor=actor, now=now)
    report.thread = thread.thread
    report.save(update_fields=["thread"])
    thread.tell("report", f"{person.name} made a report of it.")
    thread.finish("report", report=report.pk)
    return report


def _new(thread: Thread) -> NewReport:
    own = [letter for letter in Letter.objects.filter(thread=thread).defer("raw").order_by("id") if letter.author_id is None]
    said = [letter.text for letter in own if letter.text and letter.machine == "" and letter.sender == own[0].sender]
    text = "\n\n".join(said or [letter.text for letter in own[:1]])[:LONGEST_BODY]
    return NewReport(
        title=thread.subject[:1024] or f"A mail without a subject ({thread})",
        body=text.strip() or EMPTY,
        program="",
        reporter=thread.sender[:LONGEST_REPORTER],
        source="mail",
        external_id=str(thread),
        external_url=thread.link,
        received_at=thread.received_at,
    )


def lock_report_of_in(thread_id: int | None) -> None:
    """Whoever writes to a reporter locks the report first and its thread then: so does a mail that arrives, or both would wait for ever."""
    if thread_id is not None:
        list(Report.objects.select_for_update(no_key=True).filter(thread_id=thread_id).values_list("pk"))


def heard_by_mail_in(letter: Letter, *, now: dt.datetime) -> Message | None:
    """In the open transaction that stored the letter. Only what its reporter themselves wrote; whoever else writes stays in the thread."""
    report = Report.objects.filter(thread_id=letter.thread_id).first()
    if report is None or letter.machine or not letter.text.strip():
        return None
    if letter.doubt or letter.sender.lower() != letter.thread.sender.lower():
        case = Case(lock_in(report.pk), None, Actor("mail", "mail"), now)
        case.tell("mail", "Somebody else, or somebody whose sender is in doubt, wrote in its thread. It stays there.")
        finish_in(case, "mail_set_aside")
        return None
    case = Case(lock_in(report.pk), None, Actor("reporter", "mail"), now)
    message = Message.objects.create(
        report=case.report,
        author=None,
        at=now,
        audience=Message.Audience.ALL,
        way=Message.Way.MAIL,
        text=letter.text[:LONGEST_FROM_REPORTER],
    )
    case.tell("heard", "The reporter wrote.", message=message.pk)
    waited = Wait.objects.filter(report=case.report, ended_at__isnull=True, whom=Wait.For.REPORTER).exists()
    if waited and not flow.why_not(case.facts, flow.Act.HEARD):
        read_again_in(case)
    finish_in(case, "heard")
    tell_person_in(case.report, case.report.accountable, "The reporter wrote", now=now)
    return message
