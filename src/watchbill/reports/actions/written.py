"""How writes on a platform ended, for the stories of their reports: an award above all. In the transaction that recorded it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from watchbill.audit.actions import ENGINE
from watchbill.people.models import Person
from watchbill.platforms.messages import Ended
from watchbill.platforms.models import Write
from watchbill.reports.actions.case import Case, finish_in, lock_in, tell_person_in
from watchbill.reports.actions.money import settle_in, step_in
from watchbill.reports.actions.promises import alarm_in
from watchbill.reports.models import Disclosure, MoneyStep, Report
from watchbill.reports.rules.bounty import UNDER_WAY

DONE, REFUSED, UNKNOWN = Write.End.DONE, Write.End.REFUSED, Write.End.UNKNOWN
SAYS = {
    "comment": "A comment could not be written there",
    "state": "Its state could not be changed there",
    "severity": "Its severity could not be set there",
    "tier": "Its tier could not be set there",
    "assign": "It could not be assigned there",
    "reference": "Its tracking issue could not be named there",
    "ineligible": "It could not be marked not eligible for a bounty there",
    "ask_disclosure": "Its disclosure could not be asked for there",
    "cancel_disclosure": "The request for its disclosure could not be cancelled there",
}


def tell_of_platform_writes_in(ended: Sequence[Ended], *, now: dt.datetime) -> None:
    """What ended well says nothing, but for money; what did not is told to whoever asked for it."""
    for each in ended:
        report_id = Report.objects.filter(remote_id=each.remote_id).values_list("pk", flat=True).first()
        if report_id is None:
            continue
        case = Case(lock_in(report_id), None, ENGINE, now)
        person = Person.objects.filter(pk=each.person_id).first() if each.person_id is not None else None
        if each.kind == Write.Kind.BOUNTY:
            _award_in(case, each, person)
        elif each.end in ("", REFUSED, UNKNOWN):
            _failed_in(case, each, person)
        else:
            continue
        finish_in(case, "platform_written", kind=each.kind, end=each.end)


def _award_in(case: Case, each: Ended, person: Person | None) -> None:
    report = case.report
    if report.bounty not in UNDER_WAY:
        return
    amount = f"{report.currency} {report.amount:,}"
    if each.end == DONE:
        settle_in(case, person, f"The platform has the award of {amount}.")
    elif each.end == UNKNOWN:
        report.bounty = Report.Bounty.UNKNOWN
        step_in(case, MoneyStep.Kind.UNKNOWN, each.detail, person)
        case.tell("bounty", f"It is not known whether the award of {amount} arrived: {each.detail} Nothing sends it again by itself.")
        alarm_in(report, "It is not known whether an award arrived", "Look for it on the platform; nothing sends it again.", now=case.now)
        tell_person_in(report, person, "It is not known whether an award arrived", now=case.now, but=report.accountable)
    elif each.end == REFUSED:
        report.bounty = Report.Bounty.APPROVED
        step_in(case, MoneyStep.Kind.REFUSED, each.detail, person)
        case.tell("bounty", f"The platform did not take the award of {amount}: {each.detail}")
        tell_person_in(report, person, "A platform did not take an award", now=case.now)
    else:
        case.tell("bounty", f"The award of {amount} is not there yet: {each.detail}")


def _failed_in(case: Case, each: Ended, person: Person | None) -> None:
    report, what = case.report, SAYS[each.kind]
    again = {"": " It is tried again.", UNKNOWN: " It may have arrived all the same: look there."}.get(each.end, "")
    case.tell("platform", f"{what}: {each.detail}{again}")
    if each.end == "":
        return
    if each.kind == Write.Kind.ASK_DISCLOSURE and each.end == REFUSED:
        _not_published_in(case, each)
    tell_person_in(report, person, what, now=case.now)


def _not_published_in(case: Case, each: Ended) -> None:
    """What the platform refused is not public, and was not asked for."""
    report, row = case.report, Disclosure.objects.filter(pk=each.body.get("disclosure") or 0).first()
    if row is None or row.report_id != report.pk or row.end == Disclosure.End.CANCELLED:
        return
    if report.disclosed_at is not None and report.remote is not None and report.remote.disclosed_at is None:
        report.disclosed_at = None
    row.end, row.ended_at, row.text = Disclosure.End.CANCELLED, case.now, ""
    row.save(update_fields=["end", "ended_at", "text"])
    report.disclosure_asked_at = None
    case.tell("disclosure", "The request for its disclosure is over: the platform refused it. Ask anew, or publish it there.")
