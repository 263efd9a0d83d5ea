"""Which ways to reach a person does this installation know, and which of them work here?

A table that is filled once, at start, from the connectors' registry; lower layers ask it without importing a connector.
A kind that is known and not active is skipped when somebody is notified, and shown as *not active* with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

CONTACT_KINDS = ("email", "webhook", "sms", "voice", "push", "slack", "apprise")  # what a configuration file may name
VOICE = frozenset({"voice"})  # never used for low urgency


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of contact. `why_not` says what is missing when it is not active, as a sentence."""

    name: str
    active: bool
    why_not: str = ""


_table: dict[str, Kind] = {}


def fill(kinds: Iterable[Kind]) -> None:
    """Say what this installation can send by. Kinds that are not named stay known and not active."""
    _table.clear()
    _table.update({kind.name: kind for kind in kinds})


def all_kinds() -> tuple[Kind, ...]:
    """Every known kind, with whether it works here."""
    return tuple(find(name) for name in CONTACT_KINDS)


def find(name: str) -> Kind:
    """The kind of that name; one that no connector serves is not active."""
    return _table.get(name) or Kind(name, active=False, why_not=f"Nothing in this installation sends by {name} yet.")


def is_active(name: str) -> bool:
    """May notifications be sent by this kind?"""
    return find(name).active
