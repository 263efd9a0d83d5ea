"""Short ways to hand something over in tests."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.factories import actor
from watchbill.handoff import actions
from watchbill.handoff.models import Handoff
from watchbill.handoff.rules import Step, Words
from watchbill.incidents.models import Incident
from watchbill.people.models import Person

WORDS = Words(
    summary="The disk of host1 is full, cause unknown.",
    engaged=("ada",),
    next_steps=(Step("bruno", "find what writes"),),
    open_questions=("Who owns host1?",),
)


def offer(incident: Incident, giver: Person, to: Person, *, now: dt.datetime, words: Words = WORDS, **more: Any) -> Handoff:
    wanted = actions.Wanted(to, words, **more)
    return actions.offer(incident.number, wanted, person=giver, actor=actor(giver), now=now)


def answer(name: str, made: Handoff, who: Person, *args: Any, now: dt.datetime) -> Any:
    """accept, decline, withdraw, ask, come_back."""
    return getattr(actions, name)(made.id, *args, person=who, actor=actor(who), now=now)


def accept(made: Handoff, who: Person, *, now: dt.datetime, readback: str = "Disk full; I look for what writes.") -> Handoff:
    taken: Handoff = answer("accept", made, who, readback, now=now)
    return taken


def state(made: Handoff) -> str:
    return Handoff.objects.get(pk=made.pk).state
