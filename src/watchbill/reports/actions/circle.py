"""Who may know of a report, and who looked. Need to know: somebody is named with a reason, and that is evidence."""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction

from watchbill.audit.actions import Actor
from watchbill.kernel.errors import Invalid, Refused
from watchbill.people.models import Person
from watchbill.reports.actions.case import Case, because, finish_in, open_case_in, tell_person_in
from watchbill.reports.models import Member, Report


@transaction.atomic(durable=True)
def name_person(number: int, whom: Person, why: str, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """Somebody else must know of it. Raises Refused when they are named already."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    if not let_in_in(case, whom, because(why, field_="why")[:300]):
        raise Refused(f"{whom.name} is named on it already.")
    case.tell("named", f"{person.name} named {whom.name} on it.")
    finish_in(case, "name", people=[whom.id])
    tell_person_in(case.report, whom, "You were named on a report", now=now, but=person)
    return case.report


@transaction.atomic(durable=True)
def end_naming(number: int, whom: Person, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """They need not know of it any more. What they saw stays in the log of looks."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    if not Member.objects.filter(report=case.report, person=whom, ended_at__isnull=True).update(ended_at=now):
        raise Refused(f"{whom.name} is not named on it.")
    case.tell("unnamed", f"{person.name}: {whom.name} need not know of it any more.")
    finish_in(case, "unname", people=[whom.id])
    return case.report


@transaction.atomic(durable=True)
def set_circle(number: int, circle: str, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """For the whole team, or for those alone who are named. Whoever narrows it, and whoever is accountable, is named by that."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    report = case.report
    if circle not in Report.Circle.values:
        raise Invalid(f"The circle is {circle[:40]!r}; it can be {' or '.join(Report.Circle.values)}.", field="circle")
    if report.circle == circle:
        raise Refused("It is so already.")
    report.circle = circle
    if circle == Report.Circle.NAMED:
        for each in {person, report.accountable} - {None}:
            let_in_in(case, each, "had it when it was narrowed")  # type: ignore[arg-type]
    who = "whoever is named" if circle == Report.Circle.NAMED else f"the responders of {report.team.name} and whoever is named"
    case.tell("circle", f"{person.name}: from now on {who} may know of it.")
    finish_in(case, "circle", circle=circle)
    return report


def let_in_in(case: Case, whom: Person, why: str) -> bool:
    """Name them; False when they were named already."""
    row, made = Member.objects.get_or_create(report=case.report, person=whom, defaults={"why": why, "granted_at": case.now})
    if made:
        return True
    if row.ended_at is None:
        return False
    row.why, row.granted_at, row.ended_at = why, case.now, None
    row.save(update_fields=["why", "granted_at", "ended_at"])
    return True


LOOK = """
INSERT INTO reports_look AS l (report_id, person_id, first_at, last_at, times) VALUES (%s, %s, %s, %s, 1)
ON CONFLICT (report_id, person_id) DO UPDATE SET last_at = EXCLUDED.last_at, times = l.times + 1
"""


def looked_at(report: Report, person: Person, *, now: dt.datetime) -> None:
    """Who saw an embargoed case is asked after a leak."""
    with connection.cursor() as cursor:
        cursor.execute(LOOK, [report.pk, person.pk, now, now])
