"""Accountable is not the only one who acts: tasks for anybody, and who must hear how it stands. Neither moves who owns it (GitLab guide)."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction

from watchbill.audit.actions import Actor
from watchbill.incidents.actions import join_in
from watchbill.incidents.models import Stakeholder, Task
from watchbill.incidents.rules import in_a_line, plain
from watchbill.kernel.errors import AlreadyDone, Invalid, NotFound
from watchbill.people.models import Person
from watchbill.people.permissions import Verb
from watchbill.response.actions.case import Outcome, engage_in, finish_with_word_in, keep_access_in, open_case_in, outcome, tell_person_in

MOST = 100  # open ones of one incident
LONGEST = 500
LONGEST_UPDATE = 5000
LONGEST_DUE = dt.timedelta(days=366)
LONGEST_EVERY = dt.timedelta(days=31)


@transaction.atomic(durable=True)
def add_task(
    number: int, what: str, assignee: Person | None = None, due_on: dt.date | None = None, *, person: Person, actor: Actor, now: dt.datetime
) -> Outcome:
    """Something to do, by anybody, also after the incident. Whoever it is given to is told, and let into a restricted incident: naming does that.

    With a day it is a follow-up: somebody must have it, and is reminded from that day on.
    """
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    what = _line(what, "what", "Say what there is to do.")
    if assignee is not None and not assignee.is_active:
        raise Invalid(f"The account of {assignee.name} is closed. Choose somebody else.", field="assignee")
    if due_on is not None and assignee is None:
        raise Invalid("With a day it needs somebody who does it by then.", field="to")
    if due_on is not None and not now.date() - dt.timedelta(days=1) <= due_on <= now.date() + LONGEST_DUE:
        raise Invalid(f"{due_on:%d %B %Y} is not a day within the next year.", field="due_on")
    if case.incident.tasks.filter(done_at=None).count() >= MOST:
        raise Invalid(f"#{number} has {MOST} open tasks. Finish some first; more belong into a tracker.", field="what")
    made = Task.objects.create(incident=case.incident, what=what, assignee=assignee, made_by=person, made_at=now, due_on=due_on)
    engage_in(case)
    whose = f" for {assignee.name}" if assignee is not None else ""
    by_day = f" by {due_on:%d %B %Y}" if due_on is not None else ""
    case.tell("task", f"{person.name} wrote down a task{whose}{by_day}: {what}", task=made.id, assignee=assignee.id if assignee else None)
    case.record("task.add", task=made.id, assignee=assignee.handle if assignee else None, due_on=due_on.isoformat() if due_on else None)
    if assignee is not None and assignee.id != person.id:
        keep_access_in(case, assignee.id, "named")
        join_in(case.incident.id, assignee.id, now=now)
        tell_person_in(case, [assignee.id], f"{person.name} gave you a task{by_day}: {what}")
    finish_with_word_in(case)
    return outcome(case, f"Written down{whose}. Who owns #{number} stays.")


@transaction.atomic(durable=True)
def end_task(number: int, task_id: int, *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    """It is done. Whoever wrote it down is told when somebody else did it."""
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    row = case.incident.tasks.select_for_update(no_key=True, of=("self",)).filter(pk=task_id).first()
    if row is None:
        raise NotFound(f"There is no such task of #{number}. Look at the incident for its tasks.")
    if row.done_at is not None:
        raise AlreadyDone("This task is done already.")
    row.done_by, row.done_at = person, now
    row.save(update_fields=["done_by", "done_at"])
    engage_in(case)
    case.tell("task_done", f"{person.name} did: {row.what}", task=row.id)
    case.record("task.done", task=row.id)
    if row.made_by_id != person.id:
        tell_person_in(case, [row.made_by_id], f"{person.name} did: {row.what}")
    finish_with_word_in(case)
    return outcome(case, "Done.")


@transaction.atomic(durable=True)
def add_stakeholder(number: int, name: str, every_minutes: int | None = None, *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    """Somebody who must hear how it stands, and how old what they last heard may be. Nothing is sent by that."""
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    name = _line(name, "name", "Say who must hear how it stands: a person or a group.")[:200]
    if every_minutes is not None and not 1 <= every_minutes <= LONGEST_EVERY.total_seconds() / 60:
        raise Invalid("They can be told every 1 to 44640 minutes.", field="every_minutes")
    if case.incident.stakeholders.filter(removed_at=None).count() >= MOST:
        raise Invalid(f"#{number} has {MOST} stakeholders. Name a group.", field="name")
    try:
        with transaction.atomic():
            made = Stakeholder.objects.create(incident=case.incident, name=name, every_minutes=every_minutes, added_at=now)
    except IntegrityError:
        raise AlreadyDone(f"{name} stands there already.") from None
    engage_in(case)
    case.tell("stakeholder", f"{person.name} named a stakeholder: {name}.", stakeholder=made.id)
    case.record("stakeholder.add", stakeholder=made.id, every_minutes=every_minutes)
    finish_with_word_in(case)
    return outcome(case, f"{name} must hear how it stands.")


@transaction.atomic(durable=True)
def remove_stakeholder(number: int, stakeholder_id: int, *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    """They need not hear any more."""
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    row = case.incident.stakeholders.filter(pk=stakeholder_id, removed_at=None).first()
    if row is None:
        raise NotFound(f"There is no such stakeholder of #{number}.")
    row.removed_at = now
    row.save(update_fields=["removed_at"])
    case.tell("stakeholder", f"{person.name} took {row.name} off the stakeholders.", stakeholder=row.id)
    case.record("stakeholder.remove", stakeholder=row.id)
    finish_with_word_in(case)
    return outcome(case, f"{row.name} need not hear any more.")


@transaction.atomic(durable=True)
def updated_stakeholders(number: int, text: str, *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    """Somebody told all of them how it stands, in these words: the age of their last update begins anew. Watchbill sends nothing."""
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    text = plain(text).strip()
    if not text or len(text) > LONGEST_UPDATE:
        raise Invalid(f"Write what you told them, in 1 to {LONGEST_UPDATE} characters.", field="text")
    told = list(case.incident.stakeholders.filter(removed_at=None).order_by("id"))
    if not told:
        raise Invalid("There are no stakeholders. Name who must hear first.", field="text")
    Stakeholder.objects.filter(pk__in=[each.pk for each in told]).update(updated_at=now)
    engage_in(case)
    case.tell("stakeholders_told", f"{person.name} told {_names(told)}: {text}", stakeholders=[each.pk for each in told])
    case.record("stakeholder.update", stakeholders=[each.pk for each in told])
    finish_with_word_in(case)
    return outcome(case, f"Written down: {_names(told)} know.")


def _names(told: list[Stakeholder]) -> str:
    names = [each.name for each in told]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _line(text: str, field: str, why: str) -> str:
    line = " ".join(in_a_line(plain(text)).split())
    if not line:
        raise Invalid(why, field=field)
    if len(line) > LONGEST:
        raise Invalid(f"It has {len(line)} characters; keep it under {LONGEST}.", field=field)
    return line
