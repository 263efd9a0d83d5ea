"""Why somebody has the watch, in words for a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from watchbill.schedules.models import Override
from watchbill.schedules.rules import LayerSays
from watchbill.schedules.selectors import Why
from watchbill.web.coverage import sentence
from watchbill.web.visit import Visit

StepWords = tuple[Override, str, str, str, bool]


@dataclass(frozen=True, slots=True)
class Words:
    """Each layer with whom it says; each change with what it says, who had it before and after, and whether that is the same; the answer."""

    layers: tuple[tuple[LayerSays, list[str]], ...]
    steps: tuple[StepWords, ...]
    final: str


def in_words(why: Why, visit: Visit) -> Words:
    """For whoever looks: their own name is said as theirs."""

    def names(on: Iterable[tuple[int, bool]]) -> str:
        return ", ".join(f"{each['name']}{' (shadow)' if 'shadow' in each else ''}" for each in why.people(on))

    return Words(
        tuple((says, [why.names[person]["name"] for person in says.people if person in why.names]) for says in why.reasons.layers),
        tuple(
            (row, sentence(row.kind, row.person, row.replaced, visit), names(step.before), names(step.after), step.before == step.after)
            for step, row in why.steps
        ),
        names(why.reasons.final),
    )
