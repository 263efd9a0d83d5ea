"""One incident took what is several: a storm, or a group that was no group. A person takes alerts out of it, into an incident of their own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from watchbill.audit.actions import Actor
from watchbill.incidents.actions import NewIncident, grant_in
from watchbill.incidents.models import Access, Incident
from watchbill.incidents.selectors import by_number
from watchbill.intake.actions.choosing import LOCK_SPACE
from watchbill.intake.actions.holding import hold_covered_in
from watchbill.intake.actions.running import running_in
from watchbill.intake.models import Alert
from watchbill.intake.rules import OWN_FIELDS, SEVERITIES
from watchbill.kernel.errors import Invalid, Refused
from watchbill.people.models import Person
from watchbill.people.permissions import Verb
from watchbill.people.selectors import viewer_of
from watchbill.response.actions import open_in
from watchbill.response.actions.acknowledging import acknowledge_in
from watchbill.response.actions.case import Case, engage_in, finish_with_word_in, is_resolved, lock_in, open_case_in

# The lock under which events of this service are taken in, waited for: no event may find its alert in the one incident while it moves to the other.
LOCK = "SELECT pg_advisory_xact_lock(%s, (%s %% 2147483647)::int)"


@dataclass(frozen=True, slots=True)
class Which:
    """Which alerts go: those with these keys, or every one whose field says this."""

    keys: Sequence[str] = ()
    field: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Split:
    """What came of it: the number of the new incident, how many alerts it has, one sentence."""

    number: int
    alerts: int
    message: str


@transaction.atomic(durable=True)
def split(number: int, which: Which, *, keep: bool, person: Person, actor: Actor, now: dt.datetime) -> Split:
    """Open an incident with these alerts of incident `number`, which keeps the others and goes on as it was.

    The new one pages by the policy of its service, as loud as the worst of its alerts, unless a maintenance covers them; with `keep`,
    `person` has it at once and nobody is woken for work that they already do. What no longer fires stays where it is. Events to come follow their alert.

    Raises NotFound, NotAllowed, Refused for a resolved one, Invalid when nothing that fires is chosen or all of it.
    """
    service_id = by_number(viewer_of(person), number).service_id
    if service_id is not None:
        with connection.cursor() as cursor:
            cursor.execute(LOCK, [LOCK_SPACE, service_id])
    running = running_in([service_id], now=now).get(service_id, []) if service_id is not None else []  # before the incident: order of locks
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    if case.resolved:
        raise Refused(is_resolved(case).message)
    chosen = _chosen_in(case, which)
    made = _open_in(case, chosen, person)
    Alert.objects.filter(pk__in=[alert.id for alert in chosen]).update(incident=made.incident)
    count = _counted(len(chosen))
    case.tell("linked", f"{person.name} split {count} off: #{made.incident.number}.", number=made.incident.number, alerts=len(chosen))
    case.record("incident.split", into=made.incident.number, alerts=len(chosen))
    engage_in(case)
    finish_with_word_in(case)
    if keep:
        said = acknowledge_in(made, person).message
    else:
        held = hold_covered_in(made.incident.id, chosen, running, now=now)
        said = "A maintenance holds its page back." if held else "Its page begins."
    return Split(made.incident.number, len(chosen), f"#{made.incident.number} has {count} of #{number}. {said}")


def _chosen_in(case: Case, which: Which) -> list[Alert]:
    """The alerts that go, the oldest first."""
    firing = list(Alert.objects.select_for_update().filter(incident=case.incident, state="firing").order_by("first_at", "id"))
    if which.field:
        if which.field not in OWN_FIELDS:
            raise Invalid(f"Alerts are split by {', '.join(OWN_FIELDS)}, not by {which.field!r}.", field="field")
        chosen = [alert for alert in firing if getattr(alert, OWN_FIELDS[which.field]) == which.value]
    else:
        keys = set(which.keys)
        chosen = [alert for alert in firing if alert.dedup_key in keys]
    if not chosen:
        raise Invalid("None of these alerts fires here. Choose at least one that does.", field="keys")
    if len(chosen) == len(firing):
        raise Invalid(
            f"These are all that fire in #{case.incident.number}: splitting them off would only give it another number. Leave at least one.",
            field="keys",
        )
    return chosen


def _open_in(case: Case, chosen: Sequence[Alert], person: Person) -> Case:
    """The new incident, locked. Who was let into a restricted one for good sees what comes out of it."""
    old = case.incident
    worst = min(chosen, key=lambda alert: SEVERITIES.index(alert.severity))  # of equals the oldest
    new = NewIncident(
        title=worst.summary,
        severity=worst.severity,
        team_id=old.team_id,
        service_id=old.service_id,
        restricted=old.restricted,
        text=f"{person.name} split it off #{old.number} with {_counted(len(chosen))}.",
        last_alert_at=max(alert.last_at for alert in chosen),
        data={"number": old.number},
    )
    (opened,) = open_in([new], by=case.actor, now=case.now)
    _let_in(old, opened.id, person, case)
    made = lock_in(opened.id, actor=case.actor, now=case.now, person=person)
    if made is None:
        raise RuntimeError("an incident that was opened in this transaction is not there")
    return made


def _let_in(old: Incident, incident_id: int, person: Person, case: Case) -> None:
    if not old.restricted:
        return
    lasting = Access.objects.filter(incident=old, ended_at=None).exclude(reason="paged").values_list("person_id", flat=True)
    grant_in(incident_id, {*lasting, person.id}, "named", now=case.now, by=case.actor)


def _counted(alerts: int) -> str:
    return "1 alert" if alerts == 1 else f"{alerts} alerts"
