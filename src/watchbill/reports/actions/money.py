"""The bounty of a report: proposed, approved by others, awarded or not eligible. Each step is a row of a ledger that nobody changes.

Money is sent to the platform once, where the configuration file switches that on: when no answer came it is looked for there, and only a
person sends it again. Elsewhere who awards does it on the platform, and says that it is done. Independent of the fix.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.kernel.errors import Invalid, NotAllowed, Refused
from watchbill.people.models import Person
from watchbill.platforms.actions.wanting import drop_in, look_again_in, want_in
from watchbill.platforms.models import Write
from watchbill.reports.actions import outward
from watchbill.reports.actions.case import Case, because, finish_in, open_case_in, tell_person_in
from watchbill.reports.models import MoneyStep, Report
from watchbill.reports.rules import bounty, flow
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
    proposer = standing.step.person_id or 0  # of a proposal there is one
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
    """It was awarded on the platform, by hand: this is said once, for the approved amount."""
    case = _approved_in(number, amount, person=person, actor=actor, now=now)
    report = case.report
    settle_in(case, person, f"{person.name} awarded {report.currency} {amount:,}.")
    finish_in(case, "bounty_award", amount=amount, currency=report.currency)
    return report


@transaction.atomic(durable=True)
def award(number: int, amount: int, text: str, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """Send the approved amount to the platform, once. `text`: what its reporter reads with it, or nothing. Raises Refused."""
    case = _approved_in(number, amount, person=person, actor=actor, now=now)
    report, remote = case.report, case.report.remote
    if remote is None or not sends_awards(report):
        raise Refused("Nothing here sends it: the file does not switch `bounty` on for its platform. Award it there, and say that you did.")
    text = because(text, field_="text")
    known = [str(each.get("id") or "") for each in remote.bounties]
    body = {"amount": amount, "currency": report.currency, "text": text, "known": known}
    want_in(remote, Write.Kind.BOUNTY, body, person_id=person.id, now=now)
    report.bounty = Report.Bounty.SENDING
    _step_in(case, Kind.SENT, text)
    case.tell("bounty", f"{person.name} sent {report.currency} {amount:,} to the platform.")
    finish_in(case, "bounty_send", amount=amount, currency=report.currency)
    return report


@transaction.atomic(durable=True)
def look_again(number: int, *, person: Person, actor: Actor, now: dt.datetime, send: bool = False) -> Report:
    """No answer came: look for the award on the platform once more. `send`: where it is not there, send it again, as this person decided."""
    case, write = _unknown_in(number, person=person, actor=actor, now=now)
    look_again_in(write, send=send, now=now)
    report = case.report
    report.bounty = Report.Bounty.SENDING
    if send:
        _step_in(case, Kind.SENT, "looked for first")
    again = (
        "have it looked for on the platform, and sent again where it is not there" if send else "have it looked for on the platform again"
    )
    case.tell("bounty", f"{person.name} decided to {again}.")
    finish_in(case, "bounty_send_again" if send else "bounty_look_again", amount=report.amount, currency=report.currency)
    return report


@transaction.atomic(durable=True)
def looked_there(number: int, found: bool, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """No answer came, and somebody looked on the platform themselves: it is there, or it is not, and may be sent anew."""
    case, write = _unknown_in(number, person=person, actor=actor, now=now)
    drop_in(write, now=now)
    report = case.report
    if found:
        settle_in(case, person, f"{person.name} looked on the platform: {report.currency} {report.amount:,} was awarded.")
    else:
        report.bounty = Report.Bounty.APPROVED
        _step_in(case, Kind.REFUSED, "looked for on the platform: it is not there")
        case.tell("bounty", f"{person.name} looked on the platform: nothing was awarded.")
    finish_in(case, "bounty_looked_there", found=found, amount=report.amount, currency=report.currency)
    return report


def sends_awards(report: Report) -> bool:
    """Does an award go to its platform from here?"""
    return outward.takes(report, Write.Kind.BOUNTY)


def settle_in(case: Case, person: Person | None, said: str) -> None:
    """It is awarded; the caller ends the case. `person` None: by somebody on the platform."""
    report = case.report
    if not flow.why_not(case.facts, Act.AWARD):
        case.move(Act.AWARD)
    report.bounty, report.settled_at = Report.Bounty.AWARDED, case.now
    step_in(case, Kind.AWARDED, "", person)
    case.tell("bounty", said)


@transaction.atomic(durable=True)
def not_eligible(number: int, reason: str, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """There is no bounty for it, for a reason."""
    case = _open_in(number, person=person, actor=actor, now=now)
    reason = because(reason)
    if not reason:
        raise Invalid("Say why there is no bounty for it.", field="reason")
    outward.ineligible_in(case)
    case.report.bounty, case.report.settled_at, case.report.amount = Report.Bounty.INELIGIBLE, now, None
    _step_in(case, Kind.INELIGIBLE, reason)
    case.tell("bounty", f"{person.name}: not eligible for a bounty. {reason}")
    finish_in(case, "bounty_ineligible")
    return case.report


def _open_in(number: int, *, person: Person, actor: Actor, now: dt.datetime, under_way: bool = False) -> Case:
    case = open_case_in(number, person=person, actor=actor, now=now)
    if not pays(case.report):
        raise Refused("There is no bounty to decide about: it did not come by a platform, or its programme names no currency.")
    if case.report.bounty == Report.Bounty.AWARDED:
        raise Refused("Its bounty was awarded already.")
    if not under_way and case.report.bounty in bounty.UNDER_WAY:
        raise Refused("Its award was sent to the platform, and it is not known yet whether it arrived. Wait for that, or look there.")
    return case


def _approved_in(number: int, amount: int, *, person: Person, actor: Actor, now: dt.datetime) -> Case:
    case = _open_in(number, person=person, actor=actor, now=now)
    report = case.report
    case.refuse_unless(Act.AWARD)
    if report.bounty != Report.Bounty.APPROVED:
        raise Refused("Others must approve the amount first.")
    if report.amount != amount:
        raise Refused(f"{report.currency} {report.amount:,} was approved, and nothing else.")
    return case


def _unknown_in(number: int, *, person: Person, actor: Actor, now: dt.datetime) -> tuple[Case, Write]:
    case = _open_in(number, person=person, actor=actor, now=now, under_way=True)
    row = case.report.remote.writes.filter(kind=Write.Kind.BOUNTY).order_by("-id").first() if case.report.remote is not None else None
    if case.report.bounty != Report.Bounty.UNKNOWN or row is None:
        raise Refused("It is known how its award ended, or it is being looked for this moment.")
    return case, row


def _standing(report: Report) -> Proposal:
    found = proposal_of(report)
    if found is None:
        raise Refused("No amount is proposed.")
    return found


def _step_in(case: Case, kind: str, reason: str) -> None:
    assert case.person is not None
    step_in(case, kind, reason, case.person)


def step_in(case: Case, kind: str, reason: str, person: Person | None) -> None:
    """A line of the ledger."""
    report = case.report
    MoneyStep.objects.create(
        report=report, person=person, at=case.now, kind=kind, amount=report.amount, currency=report.currency, reason=reason
    )
