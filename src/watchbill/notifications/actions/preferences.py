"""A person's own rules: which of their ways are used, and how long after their turn began."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.kernel import kinds
from watchbill.kernel.errors import Invalid
from watchbill.notifications.models import Contact, Rule
from watchbill.notifications.rules import PersonalRule
from watchbill.people.models import Person

URGENCIES = ("high", "low")
MOST_RULES = 6  # of one urgency
LONGEST = dt.timedelta(hours=24)


@transaction.atomic(durable=True)
def set_rules(person: Person, wanted: Mapping[str, Sequence[PersonalRule]], *, by: Actor, now: dt.datetime) -> bool:
    """Keep these as the person's rules; none for an urgency: everything at once. False: they are so already. Raises Invalid."""
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    check_rules(person, wanted)
    before: dict[str, list[dict[str, Any]]] = {urgency: [] for urgency in URGENCIES}
    for row in Rule.objects.filter(person=person).order_by("position", "id"):
        before[row.urgency].append({"after": row.after_seconds, "by": row.kinds})
    after = {urgency: [_stored(rule) for rule in _in_order(wanted.get(urgency, ()))] for urgency in URGENCIES}
    if before == after:
        return False
    Rule.objects.filter(person=person).delete()
    Rule.objects.bulk_create(
        Rule(person=person, urgency=urgency, after_seconds=rule["after"], kinds=rule["by"], position=position)
        for urgency, rules in after.items()
        for position, rule in enumerate(rules)
    )
    detail = {"handle": person.handle, "before": before, "after": after}
    record_in([Entry("person.rules", "person", str(person.pk), detail=detail)], by=by, now=now)
    return True


def check_rules(person: Person, wanted: Mapping[str, Sequence[PersonalRule]]) -> None:
    """Raises Invalid, in a sentence, for rules that nobody could follow."""
    has = kinds_of(person)
    for urgency, rules in wanted.items():
        if urgency not in URGENCIES:
            raise Invalid("A rule is for high or for low urgency.")
        if len(rules) > MOST_RULES:
            raise Invalid(f"{MOST_RULES} rules of one urgency are the most.")
        for rule in rules:
            if not dt.timedelta(0) <= rule.after <= LONGEST:
                raise Invalid("A rule comes at once, or within 24 hours.")
            for kind in rule.kinds:
                if kind not in has:
                    raise Invalid(f"You have no contact of kind {kind}. Add one first, then name it in a rule.")
                if urgency == "low" and kind in kinds.VOICE:
                    raise Invalid("Nobody is called for low urgency.")


def kinds_of(person: Person) -> list[str]:
    """The kinds that the rules of this person may name, in the order of their contacts. Push always: a device may be added any time."""
    rows = Contact.objects.filter(person=person, removed_at=None).order_by("position", "id").values_list("kind", flat=True)
    return list(dict.fromkeys([*rows, *([] if rows else ["email"]), "push"]))


def _in_order(rules: Sequence[PersonalRule]) -> list[PersonalRule]:
    return sorted((rule for rule in rules if rule.kinds), key=lambda rule: rule.after)


def _stored(rule: PersonalRule) -> dict[str, Any]:
    return {"after": int(rule.after.total_seconds()), "by": list(rule.kinds)}
