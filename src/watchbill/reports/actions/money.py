"""The bounty of a report: proposed, approved by others, awarded or not eligible. Each step is a row of a ledger that nobody changes.

Nothing here pays: who awards does it on the platform, and says that it is done. Independent of the fix.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.kernel.errors import Invalid, NotAllowed, Refused
from watchbill.people.models import Person
from watchbill.reports.actions.case import Case, because, finish_in, open_case_in, tell_person_in
from watchbill.reports.models import MoneyStep, Report
from watchbill.reports.rules import bounty
from watchbill.reports.rules.flow import Act
from watchbill.reports.selectors.reading import Proposal, pays, proposal_of, table_of

Kind = MoneyStep.Kind


@transaction.atomic(durable=True)
def propose(number: int, amount: int, reason: str, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """An amount, from the table or with a reason. A new one takes the place of the one before, and needs agreement anew."""
    case = _open_in(number, person=person, actor=actor, now=now)
    report = case.report
    table, reason = table_of(report.program), because(reason)
    why = bounty.why_not_proposed(table, tier=report.tier, severity=report.severity, amount=amount, reason=reason)
    if why:
        raise Invalid(why, field="amount" if reason else "reason")
    report.bounty, report.amount, report.currency = Report.Bounty.PROPOSED, amount, table.currency
    _step_in(case, Kind.PROPOSED, reason)
    case.tell("bounty", f"{person.name} proposed {table.currency} {amount:,}{f': {reason}' if reason else ''}.")
    finish_in(case, "bounty_propose", amount=amount, currency=table.currency)
    return report


@transaction.atomic(durable=True)
def approve(number: int, amount: int, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """Somebody else agrees to that very amount. Raises NotAllowed to whoever proposed it, Refused when it changed meanwhile."""
    case = _open_in(number, person=person, actor=actor, now=now)
    report, standing = case.report, _standing(case.report)
    if standing.step.amount != amount:
        raise Refused(f"The amount is {report.currency} {standing.step.amount:,} now. Look at it again.")
    proposer = standing.step.person_id
    if why := bounty.why_not_approve(approver=person.id, proposer=proposer, already=standing.approver_ids, needed=standing.needed):
        raise NotAllowed(why)
    _step_in(case, Kind.APPROVED, "")
    if bounty.is_approved([*standing.approver_ids, person.id], standing.needed):
        report.bounty = Report.Bounty.APPROVED
    case.tell("bounty", f"{person.name} approved {report.currency} {amount:,}.")
    finish_in(case, "bounty_approve", amount=amount, currency=report.currency)
    tell_person_in(report, standing.step.person, "An amount that you proposed was approved by somebody", now=now, but=person)
    return report


@transaction.atomic(durable=True)
def awarded(number: int, amount: int, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """It was awarded on the platform: this is said once, for the approved amount."""
    case = _open_in(number, person=person, actor=actor, now=now)
    report = case.report
    case.refuse_unless(Act.AWARD)
    if report.bounty != Report.Bounty.APPROVED:
        raise Refused("Others must approve the amount first.")
    if report.amount != amount:
        raise Refused(f"{report.currency} {report.amount:,} was approved, and nothing else.")
    case.move(Act.AWARD)
    report.bounty, report.settled_at = Report.Bounty.AWARDED, now
    _step_in(case, Kind.AWARDED, "")
    case.tell("bounty", f"{person.name} awarded {report.currency} {amount:,}.")
    finish_in(case, "bounty_award", amount=amount, currency=report.currency)
    return report


@transaction.atomic(durable=True)
def not_eligible(number: int, reason: str, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """There is no bounty for it, for a reason."""
    case = _open_in(number, person=person, actor=actor, now=now)
    reason = because(reason)
    if not reason:
        raise Invalid("Say why there is no bounty for it.", field="reason")
    case.report.bounty, case.report.settled_at, case.report.amount = Report.Bounty.INELIGIBLE, now, None
    _step_in(case, Kind.INELIGIBLE, reason)
    case.tell("bounty", f"{person.name}: not eligible for a bounty. {reason}")
    finish_in(case, "bounty_ineligible")
    return case.report


def _open_in(number: int, *, person: Person, actor: Actor, now: dt.datetime) -> Case:
    case = open_case_in(number, person=person, actor=actor, now=now)
    if not pays(case.report):
        raise Refused("There is no bounty to decide about: it did not come by a platform, or its programme names no currency.")
    if case.report.bounty == Report.Bounty.AWARDED:
        raise Refused("Its bounty was awarded already.")
    return case


def _standing(report: Report) -> Proposal:
    found = proposal_of(report)
    if found is None:
        raise Refused("No amount is proposed.")
    return found


def _step_in(case: Case, kind: str, reason: str) -> None:
    report = case.report
    assert case.person is not None
    MoneyStep.objects.create(
        report=report, person=case.person, at=case.now, kind=kind, amount=report.amount, currency=report.currency, reason=reason
    )
