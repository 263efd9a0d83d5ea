"""Who asks, and what may they do? Reads for the permission rules."""

from __future__ import annotations

from collections.abc import Collection

from watchbill.people.models import Membership, Person
from watchbill.people.permissions import Viewer


def viewer_of(person: Person, scopes: Collection[str] | None = None) -> Viewer:
    """The person as the permission rules see them; `scopes` are those of the token that speaks for them. One query."""
    return Viewer(
        person_id=person.id,
        handle=person.handle,
        is_admin=person.is_admin,
        roles=dict(Membership.objects.filter(person=person, team__is_active=True).values_list("team_id", "role")),
        scopes=None if scopes is None else frozenset(scopes),
        is_active=person.is_active,
    )
