"""For whom does this command act?

`--as HANDLE` or WATCHBILL_AS names a person; whoever can reach the database may. WATCHBILL_TOKEN speaks for its person, within its scopes.
The audit names both: the person, and the console or token that acted for them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import NoReturn

from typer.exceptions import TyperException

from watchbill.audit.actions import Actor
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import NotAllowed, NotFound, NotSignedIn
from watchbill.people.actions import token_person
from watchbill.people.models import Person
from watchbill.people.permissions import Viewer, holds
from watchbill.people.selectors import viewer_of


class WrongUsage(TyperException):
    """The line that was typed cannot be meant. Exit 2."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Caller:
    """A person, and how the audit names what is done for them."""

    person: Person
    actor: Actor
    scopes: frozenset[str] | None = None  # of the token; null: everything the person may

    def viewer(self) -> Viewer:
        return viewer_of(self.person, self.scopes)


def caller(handle: str, *, needs: str = "") -> Caller:
    """Who acts. `needs` is the scope that a token must have, such as "incidents:write".

    Wrong usage (exit 2) when nobody is named, NotFound for an unknown handle, NotSignedIn for a token that opens nothing,
    NotAllowed for one without the scope.
    """
    found = caller_or_none(handle, needs=needs)
    return found or _nobody()


def caller_or_none(handle: str, *, needs: str = "") -> Caller | None:
    """As `caller`, for commands that also work for the operator."""
    if handle:
        return _named(handle)
    if secret := os.environ.get("WATCHBILL_TOKEN", ""):
        return _by_token(secret, needs)
    return None


def person_for(handle: str, *, needs: str = "") -> Person:
    """The person alone; see `caller`."""
    return caller(handle, needs=needs).person


def acts_as(person: Person) -> Actor:
    """How the audit names what the console does for this person."""
    return Actor(name=person.handle, via="cli", person_id=person.id, detail={"console": console_login()})


def operator() -> Actor:
    """The one at the console, acting for the installation and not for a person."""
    return Actor(name="operator", via="cli", detail={"console": console_login()})


def operator_viewer() -> Viewer:
    """What the console shows when nobody is named: what an administrator sees, and no restricted incident of which they were not told."""
    return Viewer(person_id=0, handle="operator", is_admin=True, roles={}, scopes=None)


def console_login() -> str:
    """Which account of this machine sits at the console."""
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or "console"


def _named(handle: str) -> Caller:
    person = Person.objects.filter(handle=handle).first()
    if person is None:
        raise NotFound(f"There is nobody with the handle {handle}.", handle=handle)
    if not person.is_active:
        raise NotAllowed(f"{person.name} ({handle}) is deactivated and cannot act.", handle=handle)
    return Caller(person, acts_as(person))


def _by_token(secret: str, needs: str) -> Caller:
    found = token_person(secret, database_now())
    if found is None:
        raise NotSignedIn("The token in WATCHBILL_TOKEN is unknown, revoked or has ended. Make a new one with `watchbill token create`.")
    person, token = found
    scopes = frozenset(token.scopes)
    if needs and not holds(scopes, needs):
        raise NotAllowed(f"The token in WATCHBILL_TOKEN lacks the scope {needs}.", needs=needs, has=sorted(scopes))
    detail = {"console": console_login(), "token": token.id}
    return Caller(person, Actor(name=person.handle, via="cli", person_id=person.id, detail=detail), scopes)


def _nobody() -> NoReturn:
    raise WrongUsage("For whom? Name the person with --as HANDLE (or WATCHBILL_AS), or set WATCHBILL_TOKEN.")
