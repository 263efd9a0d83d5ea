"""Whom a handle on the command line means."""

from __future__ import annotations

from watchbill.kernel.errors import NotFound
from watchbill.people.models import Person


def somebody(handle: str) -> Person:
    """The person of that handle, or of that mail address."""
    found = Person.objects.filter(handle=handle).first() or Person.objects.filter(email__iexact=handle).first()
    if found is None:
        raise NotFound(f"There is nobody with the handle {handle}.", handle=handle)
    return found
