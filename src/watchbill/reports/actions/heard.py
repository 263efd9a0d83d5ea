"""What changed and what was said on a platform, for one report that is locked. Answers the news that whoever answers for it is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from watchbill.incidents.rules import in_a_line, plain
from watchbill.people.models import Person
from watchbill.platforms.models import Activity, Platform, Remote, Write
from watchbill.reports.actions.case import LONGEST, Case, end_waits_in
from watchbill.reports.actions.disclosing import take_request_in
from watchbill.reports.actions.marking import read_mark_in
from watchbill.reports.actions.money import settle_in
from watchbill.reports.actions.promises import alarm_in
from watchbill.reports.actions.talking import read_again_in
from watchbill.reports.models import Disclosure, Message, Report, Wait
from watchbill.reports.rules import flow, platform
from watchbill.reports.rules.bounty import UNDER_WAY
from watchbill.reports.rules.links import is_address
from watchbill.reports.rules.texts import Audience
from watchbill.reports.selectors import disclosing
from watchbill.reports.selectors.reading import is_tracked

COMMENT = "activity-comment"
AGREED = "activity-agreed-on-going-public"
CANCELLED = "activity-cancelled-disclosure-request"
TOLD_OTHERWISE = frozenset(  # by what changed on the report itself
    {"activity-bounty-awarded", "activity-report-became-public", "activity-bug-filed", AGREED}
)
FAR = dt.timedelta(seconds=1)


def is_triage(row: Platform, kind: str, name: str) -> bool:
    """Is this the platform's own triage?"""
    return kind == "group" and bool(row.triage_group) and name.casefold() == row.triage_group.casefold()


def changed_in(case: Case, remote: Remote, before: Mapping[str, Any]) -> list[str]:
    """What differs from what stood there before."""
    case.report.answered_at = case.report.answered_at or remote.first_answer_at
    if "gone_at" in before:
        case.tell("platform", "It is not shown to us any more there." if remote.gone_at is not None else "It is shown to us again there.")
    news = [*_moved_in(case, remote, before)] if {"state", "is_open", "assignee", "assignee_kind"} & set(before) else []
    if "title" in before and remote.title.strip():
        case.tell("platform", f"Its title there is now: {remote.title}", before=before["title"])
        case.report.title = " ".join(in_a_line(plain(remote.title)).split())[:1024] or case.report.title
    if "body" in before and remote.body.strip():
        case.tell("platform", "What was reported was changed there. It reads so now here as well.", before=before["body"])
        case.report.body = plain(remote.body).strip()
    if "severity" in before and remote.severity != case.report.severity:
        case.tell("platform", f"Its severity there is {remote.severity or 'not set'} now.")
    if "tier" in before and remote.tier != case.report.tier:
        case.tell("platform", f"Its tier there is {remote.tier or 'not set'} now.")
    news += money_in(case, remote, before)
    stands_there_in(case, remote)
    return news + public_in(case, remote)


def stands_there_in(case: Case, remote: Remote) -> None:
    """What is there and nobody has said here: the tracking issue."""
    report = case.report
    if remote.reference and not is_tracked(report) and is_address(remote.reference):
        report.tracking_url = remote.reference
        case.tell("tracked", "Its tracking issue is the one that stands there.", address=remote.reference)
        if not flow.why_not(case.facts, flow.Act.TRACK):
            case.move(flow.Act.TRACK)


def _moved_in(case: Case, remote: Remote, before: Mapping[str, Any]) -> list[str]:
    report, there = case.report, remote.platform
    was = str(before.get("state", remote.state))
    moved = platform.after_change(
        flow.State(report.state),
        before=was,
        now=remote.state,
        is_open=remote.is_open,
        was_triage=is_triage(there, before.get("assignee_kind", remote.assignee_kind), before.get("assignee", remote.assignee)),
        is_triage=is_triage(there, remote.assignee_kind, remote.assignee),
    )
    name = platform.NAMES.get(there.kind, there.kind)
    if was != remote.state:
        case.tell("platform", f"{name} has it as {platform.state_word(remote.state)} now; before as {platform.state_word(was)}.")
    if "assignee" in before:
        case.tell("platform", f"Assigned there to {remote.assignee or 'nobody'}.")
    if moved.to is None:
        return []
    if moved.to in flow.CLOSED:
        report.state, report.closed_at = str(moved.to), remote.closed_at or case.now
        return ["It was closed on its platform"]
    if moved.answered:
        read_again_in(case)
        return ["An answer is there: read it again"]
    if moved.waits:
        end_waits_in(case)
        report.state = str(moved.to)
        report.valid = report.understood = False
        whom = Wait.For.REPORTER if moved.to is flow.State.AWAITING_REPORTER else Wait.For.PLATFORM
        Wait.objects.create(report=report, whom=whom, began_at=min(remote.active_at, case.now))
        return []
    report.state, report.valid, report.understood = str(moved.to), False, False
    return ["It was opened again on its platform"]


def money_in(case: Case, remote: Remote, before: Mapping[str, Any]) -> list[str]:
    """Bounties that stand there and did not before."""
    report, news = case.report, []
    if "ineligible" in before and remote.ineligible and report.bounty not in (*UNDER_WAY, Report.Bounty.AWARDED, Report.Bounty.INELIGIBLE):
        report.bounty, report.settled_at, report.amount = Report.Bounty.INELIGIBLE, case.now, None
        case.tell("bounty", "There is no bounty for it, as it stands there.")
    for each in platform.new_bounties(before.get("bounties", remote.bounties), remote.bounties):
        ours = _our_award_in(remote, each)
        if ours is not None and ours.end != Write.End.UNKNOWN:
            continue  # it is known; or whoever sends it is looking for it this moment, and says how it ended
        currency = each.currency or report.currency
        if ours is not None:
            ours.end, ours.ended_at, ours.remote_ref = Write.End.DONE, case.now, each.id
            ours.save(update_fields=["end", "ended_at", "remote_ref"])
            settle_in(case, _person(ours.person_id), f"The award of {currency} {each.amount:,} is there after all. It was sent once.")
        elif report.bounty == Report.Bounty.AWARDED:
            case.tell("bounty", f"One more bounty stands there: {currency} {each.text}.")
        else:
            report.amount, report.currency = each.amount, currency
            settle_in(case, None, f"{currency} {each.text} was awarded on the platform.")
            news.append("Its bounty was awarded on the platform")
    return news


def _our_award_in(remote: Remote, found: platform.Bounty) -> Write | None:
    rows = remote.writes.select_for_update(no_key=True).filter(kind=Write.Kind.BOUNTY).order_by("-id")
    for row in rows:
        if row.end == Write.End.DONE and row.remote_ref == found.id:
            return row
        if row.end in (Write.End.WAITING, Write.End.UNKNOWN) and row.body.get("amount") == found.amount:
            return row
    return None


def public_in(case: Case, remote: Remote) -> list[str]:
    """It became public there, or will by a day that the platform names."""
    report, row = case.report, disclosing.open_one(case.report)
    if remote.disclosed_at is not None and report.disclosed_at is None:
        report.disclosed_at = remote.disclosed_at
        if row is not None:
            row.end, row.ended_at, row.text = Disclosure.End.PUBLISHED, case.now, "(Published on its platform.)\n"
            row.save(update_fields=["end", "ended_at", "text"])
        case.tell("disclosure", "It is public on its platform.")
        if report.secret_because:
            alarm_in(report, "A report became public, and it must not be disclosed", "It is public on its platform.", now=case.now)
        return ["It became public on its platform"]
    if row is not None and remote.going_public_at is not None and abs(row.due_at - remote.going_public_at) > FAR:
        row.due_at = remote.going_public_at
        row.save(update_fields=["due_at"])
        case.tell("disclosure", f"Without an answer it becomes public there on {row.due_at:%d %B %Y %H:%M} UTC, as the platform says.")
    return []


def said_in(case: Case, remote: Remote, said: Sequence[Activity]) -> list[str]:
    """What was said and done there, the oldest first. Ours stands here already."""
    news = []
    for each in said:
        if each.kind == COMMENT:
            news += _comment_in(case, each)
        elif each.kind == AGREED:
            news += _agreed_in(case, remote, each)
        elif each.kind == CANCELLED:
            _cancelled_in(case, each)
        elif not each.by_us and each.kind not in TOLD_OTHERWISE:
            what = each.kind.removeprefix("activity-").replace("-", " ")
            case.tell("platform", f"There: {what}{f', {each.author}' if each.author else ''}.", at=each.at.isoformat())
    return news


def _comment_in(case: Case, each: Activity) -> list[str]:
    report, text = case.report, plain(each.message).strip()[:LONGEST]
    if not each.by_reporter and not each.internal:
        report.answered_at = min(report.answered_at or each.at, each.at)
        report.told_at = max(report.told_at or each.at, each.at)
    if each.by_us or not text:
        return []
    audience = Audience.PLATFORM if each.internal else Audience.ALL
    outside = "" if each.by_reporter else each.author or "Somebody there"
    Message.objects.create(report=report, author=None, outside=outside, at=each.at, audience=audience, way=Message.Way.PLATFORM, text=text)
    case.tell("heard", "The reporter wrote." if each.by_reporter else f"{outside} wrote there.")
    if each.internal:
        read_mark_in(case, text)
        return []
    if not each.by_reporter:
        return []
    waits = Wait.objects.filter(report=report, ended_at__isnull=True, whom=Wait.For.REPORTER)
    if waits.filter(began_at__lt=each.at).exists() and not flow.why_not(case.facts, flow.Act.HEARD):
        read_again_in(case)
    return ["The reporter wrote"] if each.at >= report.made_at else []  # what was said before it was here is no news


def _agreed_in(case: Case, remote: Remote, each: Activity) -> list[str]:
    """Somebody agreed that it becomes public: its reporter asks, or answers what we asked."""
    report, row = case.report, disclosing.open_one(case.report)
    if each.by_us or report.disclosed_at is not None:
        return []
    if row is not None:
        if row.asker == Disclosure.Asker.TEAM and each.by_reporter and row.agreed_at is None:
            row.agreed_at = each.at
            row.save(update_fields=["agreed_at"])
            case.tell("disclosure", f"The reporter agreed to its {row.kind} disclosure.")
        return []
    if not each.by_reporter:
        case.tell("disclosure", f"{each.author or 'Somebody'} asked there that it becomes public.")
    take_request_in(case, min(each.at, case.now), until=remote.going_public_at)
    if report.secret_because:
        return []  # they have the alarm
    return ["Its reporter asks that it becomes public" if each.by_reporter else "Its disclosure was asked for on the platform"]


def _cancelled_in(case: Case, each: Activity) -> None:
    """Somebody took the request back there. Ours ended when it was asked for."""
    row = disclosing.open_one(case.report)
    if row is None or each.by_us or row.asked_at > each.at:
        return
    row.end, row.ended_at = Disclosure.End.CANCELLED, case.now
    row.save(update_fields=["end", "ended_at"])
    case.report.disclosure_asked_at = None
    case.tell("disclosure", f"{each.author or 'Somebody'} cancelled the request for its disclosure there.")


def _person(person_id: int | None) -> Person | None:
    return Person.objects.filter(pk=person_id).first() if person_id is not None else None
