"""Who asks, and what may they do? Reads for the permission rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from watchbill.people.models import AwayCalendar, Membership, Person
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


def is_calendar_due(*, now: dt.datetime) -> bool:
    """Must somebody's calendar be read now?"""
    return AwayCalendar.objects.filter(due_at__lte=now, person__is_active=True).exists()


def calendars_of(person: Person) -> list[AwayCalendar]:
    """The calendars that are read for this person's time off, in the order in which they subscribed."""
    return list(AwayCalendar.objects.filter(person=person).select_related("person").order_by("id"))


def failing_calendars(person_ids: Collection[int] | None = None) -> list[AwayCalendar]:
    """The calendars that cannot be read now, of these people or of everybody, the longest first."""
    rows = AwayCalendar.objects.filter(failing_since__isnull=False, person__is_active=True).select_related("person")
    rows = rows if person_ids is None else rows.filter(person__in=person_ids)
    return list(rows.order_by("failing_since", "id"))


ONE = frozenset({"owner", "acting", "previous", "to"})  # where a record of the audit has a person, by number
SEVERAL = "people"  # where it has a list of them; a number alone is a count


def handles_of(ids: Collection[int]) -> dict[int, str]:
    """Their handles, also of those who left. One query."""
    return dict(Person.objects.filter(pk__in=ids).values_list("pk", "handle")) if ids else {}


def with_handles(details: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The details of records as people read them: whoever is in them by number is named by handle. One query for all of them."""
    handles = handles_of({each for detail in details for name, value in detail.items() for each in _numbers(name, value)})
    return [{name: _named(value, handles) if _numbers(name, value) else value for name, value in detail.items()} for detail in details]


def _numbers(name: str, value: Any) -> list[int]:
    found = value if name == SEVERAL and isinstance(value, list) else [value] if name in ONE else []
    return [each for each in found if type(each) is int]


def _named(value: Any, handles: Mapping[int, str]) -> Any:
    return [handles.get(each, each) for each in value] if isinstance(value, list) else handles.get(value, value)
