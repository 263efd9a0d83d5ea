"""The tracking issue of a report, and its incident. One act files the issue in the tracker of its programme; or one that is there is linked."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.incidents.actions import NewIncident, grant_in
from watchbill.incidents.models import Service
from watchbill.incidents.rules import plain
from watchbill.kernel import bus
from watchbill.kernel.errors import AlreadyDone, Invalid, Refused
from watchbill.people.models import Person
from watchbill.reports.actions.case import finish_in, open_case_in
from watchbill.reports.models import Report
from watchbill.reports.rules.flow import Act
from watchbill.reports.rules.links import is_address
from watchbill.reports.selectors.reading import is_tracked
from watchbill.response.actions.opening import open_in
from watchbill.trackers.actions.wanting import NoteAsk, make_issue_in
from watchbill.trackers.selectors import writing_now


@transaction.atomic(durable=True)
def file_issue(number: int, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """A confidential issue with what the report says, made outside in a moment. Raises Refused where the programme's tracker takes none."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    case.refuse_unless(Act.TRACK)
    report, program = case.report, case.report.program
    if is_tracked(report):
        raise AlreadyDone("It has its tracking issue already.")
    tracker = program.tracker
    if tracker is None or not program.project:
        raise Refused(f"The programme {program.name} names no tracker. Link an issue that is there.")
    if tracker.name not in writing_now([tracker.name], now=now):
        raise Refused(f"The tracker {tracker.name} takes no issues from here now. Make one there, and link it.")
    ask = NoteAsk(report.body, "Vulnerability report", person.name, "", f"/reports/{report.number}", title=report.title)
    report.link = make_issue_in(ask, tracker.pk, program.project, (), confidential=True, now=now)
    case.move(Act.TRACK)
    case.tell("tracked", f"{person.name} had its tracking issue made in {program.project} ({tracker.name}).")
    finish_in(case, "file_issue", tracker=tracker.name)
    bus.wake_engine()
    return report


@transaction.atomic(durable=True)
def link_issue(number: int, address: str, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """The issue that is there already, wherever it is. Raises Invalid for what is no web address."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    case.refuse_unless(Act.TRACK)
    address = plain(address).strip()
    if not is_address(address):
        raise Invalid(
            f"{address[:100]!r} is no web address. Expected one such as https://example.org/group/project/issues/7.", field="address"
        )
    case.move(Act.TRACK)
    case.report.tracking_url = address
    case.tell("tracked", f"{person.name} linked its tracking issue.", address=address)
    finish_in(case, "link_issue")
    return case.report


@transaction.atomic(durable=True)
def begin_incident(number: int, service: str, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """Triage is over, the incident begins: restricted, by a service of the team, and whoever answers for the report may see it."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    case.refuse_unless(Act.BEGIN_INCIDENT)
    report = case.report
    found = Service.objects.filter(name=plain(service), team=report.team, is_active=True).first()
    if found is None:
        raise Invalid(f"{report.team.name} has no service called {service[:100]!r}. Expected one of its services.", field="service")
    new = NewIncident(report.title, report.severity, report.team_id, found.pk, restricted=True, text=f"Begun of {report} by {person.name}.")
    (incident,) = open_in([new], by=actor, now=now)
    grant_in(incident.id, {person.id, report.accountable_id or person.id}, "named", now=now, by=actor)
    report.incident = incident
    report.triaged_at = now
    case.move(Act.BEGIN_INCIDENT)
    case.tell("incident", f"{person.name} began its incident.", incident=incident.id)
    finish_in(case, "begin_incident")
    return report
