"""What may somebody do by telephone, and what do they hear? The same acts as everywhere, in words that leak nothing.

Of a restricted incident a telephone says number and code name, never who has it or what it is: somebody else may hold the telephone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from watchbill.audit.actions import Actor
from watchbill.incidents.models import Incident
from watchbill.kernel.errors import WatchbillError
from watchbill.people.models import Person
from watchbill.response.actions import Outcome, acknowledge, escalate, resolve

ACKNOWLEDGE, ESCALATE, RESOLVE = "acknowledge", "escalate", "resolve"
ACTS: dict[str, Callable[..., Outcome]] = {ACKNOWLEDGE: acknowledge, ESCALATE: escalate, RESOLVE: resolve}
MOST = 200  # incidents in one answer
FEW = 4  # of which each has a sentence of its own


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one incident."""

    won: bool
    says: str


def act(what: str, on: Sequence[tuple[int, int | None]], *, person: Person, via: str, now: dt.datetime) -> list[str]:
    """Do it to each (number, page), one by one, so that one that cannot does not hold the others. Sentences that say how it went."""
    actor = Actor(name=person.handle, via=via, person_id=person.pk)
    done = [_each(what, number, page, person, actor, now) for number, page in on[:MOST]]
    left = [f"{len(on) - MOST} more were not touched; ask again."] if len(on) > MOST else []
    if len(done) <= FEW:
        return [each.says for each in done] + left
    refused = [each.says for each in done if not each.won]
    more = [f"{len(refused) - FEW} more could not."] if len(refused) > FEW else []
    return [f"{len(done) - len(refused)} of {len(done)} incidents: done.", *refused[:FEW], *more, *left]


def _each(what: str, number: int, page: int | None, person: Person, actor: Actor, now: dt.datetime) -> Done:
    more = {"page_id": page} if what == ACKNOWLEDGE else {}
    try:
        outcome = ACTS[what](number, person=person, actor=actor, now=now, **more)
    except WatchbillError as refusal:
        return Done(False, refusal.message)
    hidden = Incident.objects.filter(number=number, restricted=True).values_list("code_name", flat=True).first()
    return Done(outcome.won, outcome.message if hidden is None else _hushed(what, hidden, outcome, person))


def _hushed(what: str, code_name: str, outcome: Outcome, person: Person) -> str:
    named = f"#{outcome.number} {code_name}"
    if what == ACKNOWLEDGE:
        mine = person.pk in {each.pk for each in (outcome.owner, outcome.acting) if each is not None}
        return f"{named} is yours." if mine else f"{named}: no change. Sign in to see how it stands."
    if not outcome.won:
        return f"{named}: no change. Sign in to see how it stands."
    return f"{named}: the next step is paged." if what == ESCALATE else f"{named} is resolved."
