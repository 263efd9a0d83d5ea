"""Which ways to reach a person does this installation know, and which of them work here?

A table that is filled once, at start, from the connectors' registry; lower layers ask it without importing a connector.
A kind that is known and not active is skipped when somebody is notified, and shown as *not active* with its reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

CONTACT_KINDS = ("email", "webhook", "sms", "voice", "push", "slack", "apprise")  # what a configuration file may name
VOICE = frozenset({"voice"})  # never used for low urgency
REMEMBERED = 2.0  # seconds for which the answer of a kind that asks is kept


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of contact. `why_not` says what is missing when it is not active, as a sentence.

    `asks`: for a kind that depends on what is stored: answers what is missing now, empty when it works.
    """

    name: str
    active: bool
    why_not: str = ""
    asks: Callable[[], str] | None = None


_table: dict[str, Kind] = {}
_asked: dict[str, tuple[float, Kind]] = {}


def fill(kinds: Iterable[Kind]) -> None:
    """Say what this installation can send by. Kinds that are not named stay known and not active."""
    _table.clear()
    _asked.clear()
    _table.update({kind.name: kind for kind in kinds})


def all_kinds() -> tuple[Kind, ...]:
    """Every known kind, with whether it works here."""
    return tuple(find(name) for name in CONTACT_KINDS)


def declared() -> tuple[Kind, ...]:
    """The table as it was filled; a kind that asks is not asked."""
    return tuple(_table.values())


def find(name: str) -> Kind:
    """The kind of that name; one that no connector serves is not active."""
    kind = _table.get(name) or Kind(name, active=False, why_not=f"Nothing in this installation sends by {name} yet.")
    return kind if kind.asks is None else _ask(kind, kind.asks)


def forget() -> None:
    """What kinds depend on was changed: ask again."""
    _asked.clear()


def is_active(name: str) -> bool:
    """May notifications be sent by this kind?"""
    return find(name).active


def _ask(kind: Kind, asks: Callable[[], str]) -> Kind:
    known = _asked.get(kind.name)
    if known is not None and time.monotonic() - known[0] < REMEMBERED:
        return known[1]
    why = asks()
    answered = replace(kind, active=not why, why_not=why)
    _asked[kind.name] = (time.monotonic(), answered)
    return answered
