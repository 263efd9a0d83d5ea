"""Do not disclose: a mark with a reason and a day on which somebody looks again. It stands as a comment of the team, and blocks publishing."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.kernel.errors import Invalid, Refused
from watchbill.people.models import Person
from watchbill.reports.actions.case import because, finish_in, open_case_in
from watchbill.reports.actions.talking import say_in
from watchbill.reports.models import Report
from watchbill.reports.rules.disclosure import why_not_secret
from watchbill.reports.rules.texts import Audience


@transaction.atomic(durable=True)
def keep_secret(number: int, reason: str, review_on: dt.date | None, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """Mark it. Raises Invalid without a reason or a later day."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    reason = because(reason)
    if why := why_not_secret(reason, review_on, today=now.date()):
        raise Invalid(why, field="reason" if not reason else "review_on")
    case.report.secret_because, case.report.secret_review_on = reason, review_on
    say_in(case, f"DO NOT DISCLOSE: {reason}", Audience.TEAM, sent=True)
    case.tell("secret", f"{person.name} marked it do not disclose: {reason}")
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
    case.report.secret_because, case.report.secret_review_on = "", None
    case.tell("secret", f"{person.name} took the mark do not disclose away: {reason}")
    finish_in(case, "end_secrecy")
    return case.report
