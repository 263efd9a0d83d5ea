"""What lists have in common: cursors, limits, times and names in the address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from ninja.params.functions import Query

from watchbill.kernel.errors import Invalid
from watchbill.people.models import Person

LARGEST = 2**63 - 1
MOST = 200  # rows of one answer


def cursor_field() -> Any:
    """`cursor` of a list."""
    return Query("", description="`next` of the answer before.")


def limit_field(default: int = 50) -> Any:
    """`limit` of a list."""
    return Query(default, ge=1, le=MOST, description="Rows of one answer.")


def time_field(description: str, default: Any = "") -> Any:
    """A time in the address; `...` as default: needed."""
    return Query(default, description=f"{description} RFC 3339, with its offset.")


def entry_id(cursor: str) -> int:
    """A cursor that is the id of the last row. 0 for none."""
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 20 and int(cursor) <= LARGEST):
        raise Invalid("The cursor is not one that this list gave. Start again without it.", field="cursor")
    return int(cursor)


def moment(text: str, *, field: str) -> dt.datetime:
    """A time from the address. A `+` that nobody escaped arrives as a space."""
    try:
        at = dt.datetime.fromisoformat(text.replace(" ", "+"))
        if at.tzinfo is None or not 1970 <= at.year <= 2200:
            raise ValueError(text)
        return at.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{field}: expected a time as RFC 3339 with its offset, such as 2026-11-02T09:00:00Z.", field=field) from error


def person_named(handle: str, *, field: str) -> Person:
    """Raises Invalid for an unknown handle: it stands in a body, and is no address."""
    found = Person.objects.filter(handle=handle).first()
    if found is None:
        raise Invalid(f"There is nobody with the handle {handle!r}. GET /api/v1/people lists them.", field=field)
    return found


def people_named(handles: Sequence[str], *, field: str) -> list[Person]:
    """The people, in the order given, each once."""
    found = {person.handle: person for person in Person.objects.filter(handle__in=handles)}
    if missing := [handle for handle in handles if handle not in found]:
        raise Invalid(f"There is nobody with the handle {missing[0]!r}. GET /api/v1/people lists them.", field=field)
    return [found[handle] for handle in dict.fromkeys(handles)]
