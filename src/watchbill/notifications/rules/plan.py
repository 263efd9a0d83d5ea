"""By which methods is one person notified, and how long after their turn began? (semantics, notifying a person)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

AT_ONCE = dt.timedelta(0)


@dataclass(frozen=True, slots=True)
class Method:
    """One contact of the person. `key` is its id, or None for the mail of the account; `why_not` says why it is skipped."""

    key: int | None
    kind: str
    why_not: str = ""
    spoken: bool = False  # a call: never for low urgency


@dataclass(frozen=True, slots=True)
class PersonalRule:
    """So long after the person's turn began, use these kinds."""

    after: dt.timedelta
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """One notification to plan: the method, the time after the start, the position of the rule that asked for it."""

    method: Method
    after: dt.timedelta
    rule: int


def plan(methods: Sequence[Method], rules: Sequence[PersonalRule], *, urgency: str, everything: bool = False) -> tuple[Turn, ...]:
    """The turns of a person, earliest first; empty when nothing can reach them.

    Without rules, or when `everything` is asked for (last resort): all methods at once. Low urgency: no voice. A method that cannot be
    used is skipped; a rule of which nothing is left hands its time to the next one, so that nobody waits for a method that is not there.
    """
    usable = [m for m in methods if not m.why_not and not (m.spoken and urgency == "low")]
    if everything or not rules:
        return tuple(Turn(method, AT_ONCE, 0) for method in usable)
    turns: list[Turn] = []
    inherited: dt.timedelta | None = None
    for position, rule in enumerate(sorted(rules, key=lambda r: r.after)):
        named = [m for kind in dict.fromkeys(rule.kinds) for m in usable if m.kind == kind]
        after = rule.after if inherited is None else min(inherited, rule.after)
        if not named:
            inherited = after
            continue
        inherited = None
        turns.extend(Turn(method, after, position) for method in named)
    return tuple(turns)


def why_nobody(methods: Sequence[Method], *, urgency: str) -> str:
    """Why no method of this person can be used, as a sentence for the timeline."""
    if not methods:
        return "No contact method is set."
    named = "; ".join(dict.fromkeys(f"{m.kind}: {_why_skipped(m, urgency)}" for m in methods))
    return f"No contact method can be used ({named})."


def _why_skipped(method: Method, urgency: str) -> str:
    if method.why_not:
        return method.why_not
    return "no calls for low urgency" if method.spoken and urgency == "low" else "no personal rule names it"
