"""By which ways would these people be notified now, and when after their turn began? The plan of the outbox, asked and not carried out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from watchbill.notifications.actions.planning import people_with_contacts
from watchbill.notifications.rules import PersonalRule, plan, why_nobody


@dataclass(frozen=True, slots=True)
class Way:
    """A kind of contact, and how long after the person's turn began it is used."""

    kind: str
    after: dt.timedelta


def ways_of(
    people: Collection[int], urgency: str, methods: str = "rules", rules: Sequence[PersonalRule] | None = None
) -> dict[int, tuple[tuple[Way, ...], str]]:
    """Each person's ways in their order; with none of them the reason as a sentence.

    `methods`: "rules" or "all". `rules`: as if these were their personal rules.
    """
    answer = {}
    for person_id, person in people_with_contacts(sorted(people)).items():
        by = person.rules.get(urgency, []) if rules is None else rules
        turns = plan(person.methods, by, urgency=urgency, everything=methods == "all")
        why_not = "" if turns else why_nobody(person.methods, urgency=urgency)
        answer[person_id] = (tuple(Way(turn.method.kind, turn.after) for turn in turns), why_not)
    return answer
