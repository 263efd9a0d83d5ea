"""How does one gesture answer many? Each incident by itself, so that one that cannot does not hold the others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from watchbill.audit.actions import Actor
from watchbill.kernel.errors import Invalid, WatchbillError
from watchbill.people.models import Person
from watchbill.response.actions.acknowledging import acknowledge
from watchbill.response.actions.case import Outcome
from watchbill.response.actions.closing import resolve, resolve_page

MOST = 200
ACTS: dict[str, Callable[..., Outcome]] = {"acknowledge": acknowledge, "resolve": resolve, "resolve_page": resolve_page}


def bulk(numbers: Sequence[int], act: str, *, person: Person, actor: Actor, now: dt.datetime) -> list[Outcome]:
    """Do the act to each, in the order given, once each: acknowledge, resolve or resolve_page. A refusal is an outcome that was not won.

    Raises Invalid for an unknown act and for more than 200 at once.
    """
    if act not in ACTS:
        raise Invalid(f"The act is {act!r}; it can be acknowledge, resolve or resolve_page.", field="act")
    numbers = list(dict.fromkeys(numbers))
    if len(numbers) > MOST:
        raise Invalid(f"{len(numbers)} incidents at once; choose at most {MOST}.", field="numbers")
    return [_each(number, ACTS[act], person=person, actor=actor, now=now) for number in numbers]


def _each(number: int, act: Callable[..., Outcome], *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    try:
        return act(number, person=person, actor=actor, now=now)
    except WatchbillError as refusal:
        return Outcome(won=False, message=refusal.message, number=number)
