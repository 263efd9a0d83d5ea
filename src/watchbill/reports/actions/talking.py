"""What is said about a report, and to whom. Who may read it is chosen each time: nothing is preselected, nothing is guessed.

What leaves the team is sent on the page of the receipt, where its reporter holds one, by the mailbox that it came by, or as a comment on its
platform, where that is switched on. Else whoever writes it sends it by their own way, says so, and what was sent is kept here.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.kernel.errors import Invalid, Refused
from watchbill.mailbox.actions.answering import answer_on_report_in
from watchbill.mailbox.selectors import why_no_answer
from watchbill.people.models import Person
from watchbill.reports.actions import outward
from watchbill.reports.actions.case import Case, end_waits_in, finish_in, lock_in, open_case_in, said, tell_person_in
from watchbill.reports.actions.issues import comment_there_in
from watchbill.reports.actions.marking import read_mark_in
from watchbill.reports.models import Message, Report, Wait
from watchbill.reports.rules import flow
from watchbill.reports.rules.texts import AUDIENCE_WORDS, Audience, why_no_audience
from watchbill.reports.selectors.reading import by_platform

LONGEST_FROM_REPORTER = 20_000
MOST_FROM_REPORTER = 50  # messages on one receipt


@transaction.atomic(durable=True)
def say(number: int, text: str, audience: str, *, person: Person, actor: Actor, now: dt.datetime, sent: bool = False) -> Message:
    """A comment. `sent`: whoever writes it has sent it by their own way, where Watchbill has none.

    Raises Invalid for an audience that was not chosen or a text that is empty; Refused where nobody has sent it.
    """
    case = open_case_in(number, person=person, actor=actor, now=now)
    message = say_in(case, text, audience, sent=sent)
    if message.audience == Audience.TEAM:
        read_mark_in(case, message.text)
    finish_in(case, "comment", audience=message.audience, way=message.way)
    return message


def say_in(case: Case, text: str, audience: str, *, sent: bool, act: str = "") -> Message:
    """In the open transaction; the caller ends the case. `act`: of which it is a part, when that is more than a comment."""
    report = case.report
    if why := why_no_audience(audience, platform=by_platform(report)):
        raise Invalid(why, field="audience")
    text = said(text)
    way = way_of(report, audience, act)
    if way == Message.Way.BY_HAND and not sent:
        raise Refused(
            "Watchbill has no way of its own to whoever shall read it. Send it yourself, where the report came from, and say that you did."
        )
    message = Message.objects.create(report=report, author=case.person, at=case.now, audience=audience, way=way, text=text)
    case.tell("said", f"{case.who} wrote to: {AUDIENCE_WORDS[audience].lower()}.", message=message.pk, audience=audience)
    if audience == Audience.TEAM:
        comment_there_in(report, text, case.who, now=case.now)
    if way == Message.Way.PLATFORM:
        outward.send_in(case, message, act)
    if way == Message.Way.MAIL and report.thread_id is not None:
        answer_on_report_in(report.thread_id, text, person=case.person, actor=case.actor, now=case.now)
    if audience == Audience.ALL:
        report.answered_at = report.answered_at or case.now
        report.told_at = case.now
    return message


def way_of(report: Report, audience: str, act: str = "") -> str:
    """How it reaches whoever may read it."""
    if audience == Audience.TEAM:
        return Message.Way.HERE
    if outward.by_platform(report, audience, act):
        return Message.Way.PLATFORM
    if audience == Audience.ALL and report.receipt:
        return Message.Way.RECEIPT
    return Message.Way.MAIL if audience == Audience.ALL and goes_by_mail(report) else Message.Way.BY_HAND


def goes_by_mail(report: Report) -> bool:
    """Is there a thread of a mailbox that answers?"""
    return report.thread is not None and not why_no_answer(report.thread)


@transaction.atomic(durable=True)
def hear(report_id: int, text: str, *, now: dt.datetime) -> Message:
    """Its reporter adds something, on the page of their receipt. What was waited for is there."""
    case = Case(lock_in(report_id), None, Actor("reporter", "form"), now)
    report = case.report
    text = said(text, longest=LONGEST_FROM_REPORTER)
    if Message.objects.filter(report=report, author__isnull=True).count() >= MOST_FROM_REPORTER:
        raise Refused("This receipt has taken as many messages as it takes. The team has them all.")
    message = Message.objects.create(report=report, author=None, at=now, audience=Audience.ALL, way=Message.Way.RECEIPT, text=text)
    case.tell("heard", "The reporter wrote.", message=message.pk)
    waited = Wait.objects.filter(report=report, ended_at__isnull=True, whom=Wait.For.REPORTER).exists()
    if waited and not flow.why_not(case.facts, flow.Act.HEARD):
        read_again_in(case)
    finish_in(case, "heard")
    tell_person_in(report, report.accountable, "The reporter wrote", now=now)
    return message


def read_again_in(case: Case) -> None:
    """What was waited for is there: it is read again from the start."""
    end_waits_in(case)
    case.move(flow.Act.HEARD)
    case.report.valid = case.report.understood = False
