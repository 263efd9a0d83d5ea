"""Two incidents are one problem: a person merges one into the other. Its alerts, tasks and people go on there, and it is over itself."""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction

from watchbill.audit.actions import Actor
from watchbill.incidents.actions import join_in
from watchbill.incidents.models import Stakeholder
from watchbill.incidents.selectors import by_number
from watchbill.intake.actions.choosing import LOCK_SPACE
from watchbill.intake.actions.splitting import LOCK
from watchbill.intake.models import Alert
from watchbill.kernel.errors import Invalid, Refused
from watchbill.paging import actions as paging
from watchbill.people.models import Person
from watchbill.people.permissions import Verb
from watchbill.people.selectors import viewer_of
from watchbill.response.actions.acknowledging import who_has
from watchbill.response.actions.case import (
    Case,
    Outcome,
    engage_in,
    finish_with_word_in,
    is_resolved,
    open_case_in,
    outcome,
    tell_person_in,
)
from watchbill.response.actions.closing import resolve_in
from watchbill.response.actions.opening import coordinate_in, louder_in, respond_page
from watchbill.response.rules import is_raise


@transaction.atomic(durable=True)
def merge(number: int, into: int, *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    """Incident `number` is the same problem as `into`, which goes on with everything: as severe as the worse of the two, with its own owner.

    The merged one is resolved with its pages, and events to come follow their alerts. Reopening it is refused; alerts are split off again.

    Raises NotFound, NotAllowed for either, Invalid for itself, Refused for what is resolved, cleared or restricted.
    """
    gone, stays = _locked_in(number, into, person=person, actor=actor, now=now)
    _check(gone, stays)
    louder = is_raise(stays.incident.severity, gone.incident.severity)
    moved = _move_in(gone, stays)
    _over_in(gone, stays, person)
    _grown_in(gone, stays, person, moved, louder=louder)
    return outcome(stays, f"#{number} is merged into #{into}. {who_has(stays)}.")


def _locked_in(number: int, into: int, *, person: Person, actor: Actor, now: dt.datetime) -> tuple[Case, Case]:
    """Both, in the order in which everybody takes such locks: services, then incidents by their age."""
    viewer = viewer_of(person)
    found = [by_number(viewer, each) for each in (number, into)]
    for service_id in sorted({each.service_id for each in found if each.service_id is not None}):
        with connection.cursor() as cursor:
            cursor.execute(LOCK, [LOCK_SPACE, service_id])
    cases = {
        each.number: open_case_in(each.number, Verb.RESPOND, person=person, actor=actor, now=now)
        for each in sorted(found, key=lambda each: each.id)
    }
    return cases[number], cases[into]


def _check(gone: Case, stays: Case) -> None:
    if gone.incident.id == stays.incident.id:
        raise Invalid(f"#{gone.incident.number} cannot be merged into itself. Say the number of the one that goes on.", field="into")
    for case in (gone, stays):
        if case.incident.restricted:
            raise Refused(
                "A restricted incident is merged with nothing: what is known of it would cross over. Write a note that names the other."
            )
        if case.resolved:
            raise Refused(f"{is_resolved(case).message} Only what is open is merged.")
    if stays.incident.cleared_at is not None and gone.incident.cleared_at is None:
        raise Refused(
            f"#{stays.incident.number} is over for its source, and #{gone.incident.number} is not. Merge #{stays.incident.number} into #{gone.incident.number}."
        )


def _move_in(gone: Case, stays: Case) -> int:
    """Alerts that fire, tasks, stakeholders and people. Answers how many alerts."""
    old, new = gone.incident, stays.incident
    moved = Alert.objects.filter(incident=old, state="firing").update(incident=new)
    old.tasks.filter(done_at=None).update(incident=new)
    names = new.stakeholders.filter(removed_at=None).values_list("name", flat=True)
    Stakeholder.objects.filter(incident=old, removed_at=None).exclude(name__in=list(names)).update(incident=new)
    people = {old.owner_id, old.acting_id, *old.participants.values_list("person_id", flat=True)}
    for each in sorted(one for one in people if one is not None and one != new.owner_id):
        join_in(new.id, each, now=stays.now)
    return moved


def _over_in(gone: Case, stays: Case, person: Person) -> None:
    gone.incident.merged_into = stays.incident
    gone.record("incident.merge", into=stays.incident.number)
    resolve_in(gone, f"{person.name} merged it into #{stays.incident.number}.", "merged_into")


def _grown_in(gone: Case, stays: Case, person: Person, moved: int, *, louder: bool) -> None:
    old, new = gone.incident, stays.incident
    last = max((each for each in (old.last_alert_at, new.last_alert_at) if each is not None), default=None)
    new.last_alert_at = last
    count = "1 alert" if moved == 1 else f"{moved} alerts"
    stays.tell("linked", f"{person.name} merged #{old.number} into it, with {count}: {old.title}", number=old.number, alerts=moved)
    stays.record("incident.merged", number=old.number, alerts=moved)
    if louder:
        before, new.severity = new.severity, old.severity
        stays.tell("severity", f"It is {new.severity} now, as #{old.number} was; before: {before}.", before=before, after=new.severity)
        stays.record("incident.severity", before=before, after=new.severity, reason=f"merged #{old.number}")
    engage_in(stays)
    finish_with_word_in(stays, "last_alert_at", "severity")
    if louder:
        coordinate_in(new, now=stays.now)
        louder_in(stays)
    if stays.respond is None and new.owner_id is None and new.acting_id is None:
        paging.open_pages_in([respond_page(new)], now=stays.now)
    if new.owner_id is not None and new.owner_id != person.id:
        tell_person_in(stays, [new.owner_id], f"{person.name} merged #{old.number} into it, with {count}.")
