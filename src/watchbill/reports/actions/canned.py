"""An answer that a team gives often, kept under a name. Its variables are filled in a preview; one that nothing fills is refused."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.kernel.errors import Invalid
from watchbill.people.models import Person
from watchbill.reports.actions.case import because, finish_in, open_case_in, said
from watchbill.reports.models import CannedText
from watchbill.reports.rules.texts import VARIABLES, unknown_variables


@transaction.atomic(durable=True)
def keep_text(number: int, name: str, text: str, *, person: Person, actor: Actor, now: dt.datetime) -> CannedText:
    """For the team of this report; another of that name is replaced. Raises Invalid for a variable that nothing fills."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    name, text = because(name, field_="name"), said(text)
    if not name or len(name) > 200:
        raise Invalid("Give it a name of at most 200 characters.", field="name")
    if unknown := unknown_variables(text):
        known = ", ".join(f"{{{each}}}" for each in VARIABLES)
        raise Invalid(f"Nothing fills {{{unknown[0]}}}. Known are {known}.", field="text")
    team = case.report.team
    CannedText.objects.filter(team=team, name=name, removed_at__isnull=True).update(removed_at=now)
    made = CannedText.objects.create(team=team, name=name, text=text, changed_at=now, changed_by=person)
    finish_in(case, "keep_text", text=made.pk)
    return made
