"""The tracking issue of a report, and its incident. One act files the issue in the tracker of its programme; or one that is there is linked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.incidents.actions import NewIncident, grant_in
from watchbill.incidents.models import Service
from watchbill.incidents.rules import in_a_line, plain
from watchbill.kernel import bus
from watchbill.kernel.errors import AlreadyDone, Invalid, Refused
from watchbill.people.models import Person
from watchbill.reports.actions import outward
from watchbill.reports.actions.case import finish_in, open_case_in
from watchbill.reports.actions.issues import labels_of
from watchbill.reports.models import Report
from watchbill.reports.rules.flow import Act
from watchbill.reports.rules.links import is_address
from watchbill.reports.selectors.reading import is_tracked
from watchbill.reports.selectors.seeing import circle_of
from watchbill.response.actions.opening import open_in
from watchbill.trackers.actions.wanting import NoteAsk, make_issue_in
from watchbill.trackers.selectors import writing_now

MOST_LABELS, LONGEST_LABEL = 20, 100


@transaction.atomic(durable=True)
def file_issue(
    number: int, *, person: Person, actor: Actor, now: dt.datetime, assignee: Person | None = None, labels: Sequence[str] = ()
) -> Report:
    """A confidential issue with what the report says, made outside in a moment; of whoever files it, unless somebody else is named.

    Raises Refused where the programme's tracker takes none, Invalid.
    """
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
    whose = assignee or person
    if whose != person and whose not in circle_of(report):
        raise Invalid(f"{whose.name} may not know of this report. Name them on it first.", field="assignee")
    named = _labels(labels)
    own, gone = labels_of(report)
    about = f"/reports/{report.number}"
    ask = NoteAsk(
        with_origin(report),
        "Vulnerability report",
        person.name,
        "",
        about,
        report.title,
        follow=True,
        assignee=whose.handle,
        labels=own,
        gone=gone,
    )
    report.link = make_issue_in(ask, tracker.pk, program.project, named, confidential=True, now=now)
    report.link.draft = {**(report.link.draft or {}), "accountable": report.accountable_id}  # whoever is so next has the issue, too
    report.link.save(update_fields=["draft"])
    case.move(Act.TRACK)
    made = f"{person.name} had its tracking issue made in {program.project} ({tracker.name}), assigned to {whose.name}"
    with_labels = f", labels {', '.join(named)}" if named else ""
    case.tell("tracked", f"{made}{with_labels}.")
    finish_in(case, "file_issue", tracker=tracker.name, assignee=whose.id)
    bus.wake_engine()
    return report


def with_origin(report: Report) -> str:
    """What the report says; under it, where its thread is, for one that came by a shared mailbox."""
    thread = report.thread
    if thread is None:
        return report.body
    return f"{report.body}\n\nOriginal report: {thread.link or f'{settings.PUBLIC_URL}/mail/{thread.number}'}"


def _labels(labels: Sequence[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(name for each in labels if (name := " ".join(in_a_line(plain(each)).split()))))
    if len(found) > MOST_LABELS or any(len(each) > LONGEST_LABEL for each in found):
        raise Invalid(f"At most {MOST_LABELS} labels of at most {LONGEST_LABEL} characters each.", field="labels")
    return found


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
    outward.tracked_in(case, address)
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
