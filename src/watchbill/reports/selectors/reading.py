"""What is in one report: what was said, decided and promised, and who looked? Only reads; the caller has seen the report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from watchbill.people.models import Person
from watchbill.people.rules import WorkingTime, parse_duration
from watchbill.people.working import team_calendar, working_times
from watchbill.reports.models import CannedText, Entry, Look, Message, MoneyStep, Program, ProgramVersion, Rating, Report, Wait
from watchbill.reports.rules import bounty, clocks, flow
from watchbill.reports.rules.texts import filled


def facts_of(report: Report) -> flow.Facts:
    """What its way depends on."""
    return flow.Facts(
        state=flow.State(report.state),
        valid=report.valid,
        understood=report.understood,
        tracked=is_tracked(report),
        platform=by_platform(report),
        bounty_settled=bounty.Bounty(report.bounty) in bounty.SETTLED or not pays(report),
    )


def is_tracked(report: Report) -> bool:
    """Has it a tracking issue, made or asked for?"""
    return bool(report.tracking_url or report.link_id)


def by_platform(report: Report) -> bool:
    """Did it come by a bounty platform?"""
    return report.source == Report.Source.HACKERONE


def pays(report: Report) -> bool:
    """Is there a bounty to decide about?"""
    return by_platform(report) and bool(report.program.bounty)


def table_of(program: Program) -> bounty.Table:
    """Its bounty table, empty where it has none."""
    said = program.bounty or {}
    return bounty.Table(said.get("currency", ""), said.get("amounts") or {}, said.get("approvals") or {})


def version_of(program: Program) -> ProgramVersion | None:
    """Its tiers and table as they are now."""
    return program.versions.order_by("-number").first()


def targets_of(program: Program) -> clocks.Targets:
    """What it promises; what the file does not say is the default."""
    said = {name: parse_duration(text) for name, text in program.targets.items() if text}
    if answer := program.disclosure.get("answer_within"):
        said["disclosure"] = parse_duration(answer)
    return clocks.Targets(**said)


def working_of(report: Report, *, now: dt.datetime) -> WorkingTime:
    """Whose business time counts: of whoever is accountable, else of the team, else Monday to Friday in UTC."""
    own = working_times([report.accountable_id], around=now).get(report.accountable_id) if report.accountable_id else None
    return own or team_calendar(report.team, around=now) or WorkingTime()


def moments_of(report: Report, waits: Sequence[clocks.Wait] | None = None) -> clocks.Moments:
    """When what happened to it. One query; none where the waits are given."""
    if waits is None:
        waits = list(Wait.objects.filter(report=report).order_by("began_at").values_list("began_at", "ended_at"))
    return clocks.Moments(
        received_at=report.received_at,
        answered_at=report.answered_at,
        triaged_at=report.triaged_at,
        settled_at=report.settled_at,
        told_at=report.told_at,
        closed_at=report.closed_at,
        disclosure_asked_at=report.disclosure_asked_at,
        disclosed_at=report.disclosed_at,
        pays=pays(report),
        waits=waits,
    )


def clocks_of(report: Report, *, now: dt.datetime) -> list[clocks.Clock]:
    """Every promise that it has."""
    return clocks.clocks_of(moments_of(report), targets_of(report.program), working_of(report, now=now))


def story(report: Report) -> list[Entry]:
    """What happened, the latest first."""
    return list(Entry.objects.filter(report=report).select_related("person").order_by("-id"))


def messages(report: Report) -> list[Message]:
    """What was said, oldest first."""
    return list(Message.objects.filter(report=report).select_related("author").order_by("id"))


def ratings(report: Report) -> list[Rating]:
    """Every severity that it had, the latest first."""
    return list(Rating.objects.filter(report=report).select_related("person", "version").order_by("-id"))


def money(report: Report) -> list[MoneyStep]:
    """The ledger of its bounty, oldest first."""
    return list(MoneyStep.objects.filter(report=report).select_related("person").order_by("id"))


def looks(report: Report) -> list[Look]:
    """Who looked at it, the latest first."""
    return list(Look.objects.filter(report=report).select_related("person").order_by("-last_at"))


@dataclass(frozen=True, slots=True)
class Proposal:
    """The amount that waits for agreement, or has it."""

    step: MoneyStep
    approved_by: tuple[Person, ...]
    needed: int

    @property
    def approver_ids(self) -> list[int]:
        return [person.id for person in self.approved_by]


def proposal_of(report: Report) -> Proposal | None:
    """The latest amount that was proposed, with whoever agreed to it since; None when nothing stands."""
    if report.bounty in (Report.Bounty.NONE, Report.Bounty.INELIGIBLE):
        return None
    steps = money(report)
    last = max((n for n, step in enumerate(steps) if step.kind == MoneyStep.Kind.PROPOSED), default=None)
    if last is None:
        return None
    agreed = tuple(step.person for step in steps[last:] if step.kind == MoneyStep.Kind.APPROVED and step.person is not None)
    return Proposal(steps[last], agreed, bounty.approvals_needed(table_of(report.program), report.severity))


def reports_before(report: Report, visible: QuerySet[Report]) -> int:
    """How many valid reports its reporter had sent before, as far as the reader may know of them."""
    if report.reporter_id is None:
        return 0
    return visible.filter(reporter_id=report.reporter_id, valid=True, received_at__lt=report.received_at).exclude(pk=report.pk).count()


def canned_texts(report: Report) -> list[CannedText]:
    """The answers that its team gives often."""
    return list(CannedText.objects.filter(team_id=report.team_id, removed_at__isnull=True).order_by("name"))


def values_of(report: Report, me: Person) -> dict[str, Any]:
    """What the variables of a canned text stand for."""
    return {
        "reporter": report.reporter.name if report.reporter else "",
        "report": str(report),
        "title": report.title,
        "program": report.program.name,
        "severity": report.severity,
        "tier": report.tier,
        "embargo": f"{report.embargo_on:%d %B %Y}" if report.embargo_on else "",
        "me": me.name,
    }


def preview(canned: CannedText, report: Report, me: Person) -> str:
    """The canned text for this report."""
    return filled(canned.text, values_of(report, me))
