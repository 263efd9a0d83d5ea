"""How severe is it, of which tier? By the vector, or by a reason; every rating stays, and the latest counts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.kernel.errors import Invalid
from watchbill.people.models import Person
from watchbill.reports.actions import outward
from watchbill.reports.actions.case import because, finish_in, open_case_in
from watchbill.reports.models import Rating, Report
from watchbill.reports.rules.flow import Act
from watchbill.reports.rules.severity import RANK, Scored, scored, why_not_rated
from watchbill.reports.selectors.reading import by_platform, version_of


@dataclass(frozen=True, slots=True)
class NewRating:
    """What was chosen. `severity` empty: that of the vector's band."""

    vector: str = ""
    severity: str = ""
    tier: str = ""
    reason: str = ""


@transaction.atomic(durable=True)
def rate(number: int, new: NewRating, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """Set severity and tier. Raises Invalid for a vector that is none, a severity beside its band without a reason, an unknown tier."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    case.refuse_unless(Act.RATE)
    report = case.report
    found = _scored(new.vector)
    severity = new.severity or (found.band if found is not None else "")
    reason = because(new.reason)
    if why := why_not_rated(found, severity, reason):
        raise Invalid(why, field="severity" if severity not in RANK else "reason")
    tier = _tier(report, new.tier)
    Rating.objects.create(
        report=report,
        person=person,
        at=now,
        vector=found.vector if found else "",
        score=found.score if found else None,
        severity=severity,
        tier=tier,
        reason=reason,
        version=version_of(report.program),
    )
    case.move(Act.RATE)
    report.severity, report.rank, report.tier = severity, RANK[severity], tier
    report.vector, report.score = (found.vector, found.score) if found else ("", None)
    outward.rated_in(case)
    score = f" by CVSS {found.version}, {found.score}" if found else ""
    case.tell("rated", f"{person.name} rated it {severity}{score}{f', {tier}' if tier else ''}{f': {reason}' if reason else ''}.")
    finish_in(case, "rate", severity=severity)
    return report


def _scored(vector: str) -> Scored | None:
    if not vector.strip():
        return None
    try:
        return scored(vector)
    except ValueError as error:
        raise Invalid(str(error), field="vector") from error


def _tier(report: Report, tier: str) -> str:
    known = [each["name"] for each in report.program.tiers]
    if tier and tier not in known:
        raise Invalid(f"The programme has no tier {tier[:60]!r}. It has: {', '.join(known) or 'none'}.", field="tier")
    if not tier and known and by_platform(report):
        raise Invalid(f"A report of a platform needs its tier: {', '.join(known)}.", field="tier")
    return tier
