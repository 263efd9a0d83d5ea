"""What do people write about it: notes and how severe it is. Each is a human word: whoever writes is not silent."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.incidents.rules import plain
from watchbill.kernel.errors import Invalid
from watchbill.people.models import Person
from watchbill.people.permissions import Verb
from watchbill.response.actions.case import Outcome, engage_in, finish_with_word_in, is_resolved, open_case_in, outcome, tell_person_in
from watchbill.response.actions.closing import reason_of
from watchbill.response.actions.opening import coordinate_in, louder_in
from watchbill.response.rules import SEVERITIES, is_raise

KINDS = ("finding", "decision", "question", "improvement")
LONGEST_NOTE = 20_000


@transaction.atomic(durable=True)
def note(number: int, text: str, kind: str = "finding", *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    """Write down what was seen, decided, asked, or should be better. Also after the incident is resolved.

    Raises Invalid for an empty or too long text and for an unknown kind.
    """
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    text = plain(text).strip()
    if not text:
        raise Invalid("The note is empty. Write what you saw, decided or tried.", field="text")
    if len(text) > LONGEST_NOTE:
        raise Invalid(f"The note has {len(text)} characters; it can have {LONGEST_NOTE}. Link to what is longer.", field="text")
    if kind not in KINDS:
        raise Invalid(f"The kind is {kind!r}; it can be finding, decision, question or improvement.", field="kind")
    engage_in(case)
    case.tell("note", text, kind=kind)
    case.record("incident.note", kind=kind, length=len(text))
    finish_with_word_in(case)
    return outcome(case, f"Noted on #{number}.")


@transaction.atomic(durable=True)
def set_severity(number: int, severity: str, reason: str = "", *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    """Raise it at will; lower it with a reason. The owner is told of a raise; the manager is paged when it now means high impact.

    A page that waited quietly and is loud by the new severity starts again from step 1, at once.

    Raises Invalid for an unknown severity, and for lowering without a reason.
    """
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    if case.resolved:
        return is_resolved(case)
    if severity not in SEVERITIES:
        raise Invalid(f"Severity is {severity!r}; it can be critical, high, medium or low.", field="severity")
    incident, before = case.incident, case.incident.severity
    if severity == before:
        return outcome(case, f"The severity of #{number} is {severity} already.", won=False)
    raised = is_raise(before, severity)
    if not raised:
        reason = reason_of(reason, "Lowering the severity needs a reason. Say what makes it less severe.")
    incident.severity = severity
    engage_in(case)
    because = f": {plain(reason).strip()}" if reason.strip() else "."
    case.tell("severity", f"{person.name} set it from {before} to {severity}{because}", before=before, after=severity)
    case.record("incident.severity", before=before, after=severity, reason=plain(reason).strip())
    finish_with_word_in(case, "severity")
    if raised:
        coordinate_in(incident, now=now)
        louder_in(case)
        owner = incident.owner_id
        if owner is not None and owner != person.id:
            tell_person_in(case, [owner], f"{person.name} raised the severity from {before} to {severity}.")
    return outcome(case, f"#{number} is {severity} now.")
