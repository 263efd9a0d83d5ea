"""Somebody answers a step of the flow: who, when and why stay, whatever is answered later."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.incidents.models import StepAnswer
from watchbill.incidents.rules import plain
from watchbill.kernel.errors import Invalid
from watchbill.people.models import Person
from watchbill.people.permissions import Verb
from watchbill.response import flow
from watchbill.response.actions.case import Outcome, engage_in, finish_with_word_in, open_case_in, outcome
from watchbill.response.selectors import answers_of

LONGEST = 2000


@transaction.atomic(durable=True)
def answer_step(number: int, step: str, answer: str, why: str = "", *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    """Answer it, or answer it anew. Also after the incident is resolved: what is left to tell is told then.

    Raises Invalid for a step that is not asked now, another answer, or a decision without its reason.
    """
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    why = plain(why).strip()
    if len(why) > LONGEST:
        raise Invalid(f"The reason has {len(why)} characters; keep it under {LONGEST}. A note can say more.", field="why")
    if problem := flow.why_not(plain(step), answer, why, {each.step: each.answer for each in answers_of(case.incident)}):
        raise Invalid(problem, field="step")
    known = flow.BY_KEY[step]
    made = StepAnswer.objects.create(incident=case.incident, step=step, answer=answer, why=why, person=person, at=now)
    engage_in(case)
    because = f" ({why})" if why else ""
    case.tell("flow_step", f"{person.name} on “{known.text}”: {flow.WORDS[answer]}{because}.", step=step, answer=answer, number=made.id)
    case.record("incident.step", step=step, answer=answer, why=why)
    finish_with_word_in(case)
    return outcome(case, f"Written down: {known.text} {flow.WORDS[answer]}.")
