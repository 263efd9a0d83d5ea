"""Do not disclose: a mark with a reason and a day on which somebody looks again. It stands as a comment of the team, and blocks publishing."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q

from watchbill.audit.actions import ENGINE, Actor
from watchbill.kernel.errors import Invalid, Refused
from watchbill.people.models import Person
from watchbill.reports.actions import outward
from watchbill.reports.actions.case import Case, because, finish_in, lock_in, open_case_in
from watchbill.reports.actions.marking import mark_in, unmark
from watchbill.reports.actions.promises import alarm_in
from watchbill.reports.actions.talking import say_in
from watchbill.reports.models import Report
from watchbill.reports.rules.disclosure import why_not_secret
from watchbill.reports.rules.texts import Audience

MOST = 50  # reports in one look


@transaction.atomic(durable=True)
def keep_secret(
    number: int, reason: str, review_on: dt.date | None, *, person: Person, actor: Actor, now: dt.datetime, until: dt.date | None = None
) -> Report:
    """Mark it. `until`: the day on which the mark goes by itself. Raises Invalid without a reason or a later day."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    reason = because(reason)
    if why := why_not_secret(reason, review_on, today=now.date(), until=until):
        raise Invalid(why, field="reason" if not reason else "review_on")
    if case.report.disclosed_at is not None:
        raise Refused("It is public already: nothing can be kept back any more.")
    mark_in(case, reason, review_on, until=until)
    said = say_in(case, f"DO NOT DISCLOSE: {reason}", Audience.TEAM, sent=True)
    outward.mark_in(case, said.text)
    finish_in(case, "keep_secret")
    return case.report


@transaction.atomic(durable=True)
def end_secrecy(number: int, reason: str, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """The mark goes. Raises Refused when there is none, Invalid without a reason."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    if not case.report.secret_because:
        raise Refused("It is not marked do not disclose.")
    reason = because(reason)
    if not reason:
        raise Invalid("Say why it may be disclosed again.", field="reason")
    unmark(case.report)
    case.tell("secret", f"{person.name} took the mark do not disclose away: {reason}")
    finish_in(case, "end_secrecy")
    return case.report


def look_at_marks(*, now: dt.datetime) -> int:
    """A mark is looked at again: whoever answers for the report is told on that day, once. One whose end has come goes. Answers how many."""
    today = now.date()
    due = Q(secret_told_on__isnull=True) | Q(secret_until__lte=today)
    ids = Report.objects.filter(~Q(secret_because=""), due, secret_review_on__lte=today).order_by("secret_review_on", "id")
    return sum(_looked_at(id_, now=now) for id_ in ids.values_list("id", flat=True)[:MOST])


@transaction.atomic(durable=True)
def _looked_at(report_id: int, *, now: dt.datetime) -> bool:
    case = Case(lock_in(report_id), None, ENGINE, now)
    report, today = case.report, now.date()
    if not report.secret_because:
        return False
    if report.secret_until is not None and report.secret_until <= today:
        unmark(report)
        case.tell("secret", "The mark do not disclose has come to its end. Nothing became public by that.")
        alarm_in(report, "A report is not marked do not disclose any more", "The mark came to its end.", now=now, urgency="low")
        finish_in(case, "secrecy_ended")
        return True
    if report.secret_review_on is None or report.secret_review_on > today or report.secret_told_on is not None:
        return False
    report.secret_told_on = today
    case.tell("secret", "Do not disclose is to be looked at again today. Whoever answers for the report was told.")
    alarm_in(report, "Look again: must a report stay undisclosed?", "Its mark is to be looked at again.", now=now, urgency="low")
    finish_in(case, "secrecy_review")
    return True
