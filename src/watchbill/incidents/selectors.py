"""Which incidents may this viewer see, and what is their story? Every read of incidents goes through `visible_to`."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Exists, OuterRef, Q, QuerySet

from watchbill.incidents.models import Access, Incident, TimelineEntry
from watchbill.incidents.rules import plain, words_of
from watchbill.kernel.errors import Invalid, NotFound
from watchbill.people.permissions import Verb, Viewer, decide

MOST = 200  # rows of one page of a list
LARGEST_NUMBER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to. `status` may be open, all, or a state; `owner` a handle, or `nobody`. Empty: not narrowed."""

    status: str = "open"
    team: str = ""
    service: str = ""
    severity: str = ""
    owner: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list, and the cursor of the next one."""

    items: list[Incident]
    next: str | None


def visible_to(viewer: Viewer) -> QuerySet[Incident]:
    """Teams are open to each other; a restricted incident exists only for whoever holds an open access row of it."""
    if not decide(viewer, Verb.SEE).allowed:
        return Incident.objects.none()
    access = Access.objects.filter(incident=OuterRef("pk"), person_id=viewer.person_id, ended_at__isnull=True)
    return Incident.objects.filter(Q(restricted=False) | Exists(access))


def hidden_numbers(viewer: Viewer, numbers: Collection[int]) -> set[int]:
    """Which of these numbers belong to incidents that the viewer must not learn of?"""
    asked = [number for number in set(numbers) if 0 < number <= LARGEST_NUMBER]
    if not asked:
        return set()
    rows = Incident.objects.filter(number__in=asked, restricted=True).exclude(pk__in=visible_to(viewer).values("pk"))
    return set(rows.values_list("number", flat=True))


def by_number(viewer: Viewer, number: int) -> Incident:
    """The incident of that number. Raises NotFound alike for one that does not exist and one that must not be learned of."""
    found = with_people(visible_to(viewer)).filter(number=number).first() if 0 < number <= LARGEST_NUMBER else None
    if found is None:
        raise NotFound(f"There is no incident #{number} here. Look at the list for the number.")
    return found


def with_people(incidents: QuerySet[Incident]) -> QuerySet[Incident]:
    """With all that a line about an incident names, in the same query."""
    return incidents.select_related("service", "team", "owner", "acting")


def has_access(viewer: Viewer, incident: Incident) -> bool:
    """Does the viewer hold an open access row of a restricted incident?"""
    return Access.objects.filter(incident=incident, person_id=viewer.person_id, ended_at__isnull=True).exists()


def search(viewer: Viewer, filters: Filters, *, cursor: str = "", limit: int = 50) -> Listed:
    """The newest first, one page at a time. A search by text never looks at restricted incidents, whoever asks.

    Raises Invalid for an unknown status or severity and for a cursor that this list did not give.
    """
    limit = max(1, min(limit, MOST))
    rows = _narrowed(with_people(visible_to(viewer)), filters).order_by("-opened_at", "-id")
    if cursor:
        opened_at, last_id = _read_cursor(cursor)
        rows = rows.filter(Q(opened_at__lt=opened_at) | Q(opened_at=opened_at, id__lt=last_id), opened_at__lte=opened_at)
    items = list(rows[: limit + 1])
    more = len(items) > limit
    items = items[:limit]
    return Listed(items=items, next=_cursor(items[-1]) if more else None)


def timeline(
    viewer: Viewer, incident: Incident, *, after: int = 0, before: int | None = None, limit: int | None = None
) -> list[TimelineEntry]:
    """The story, oldest first: entries with `after` < id < `before`; with a limit, the latest so many of them."""
    if not visible_to(viewer).filter(pk=incident.pk).exists():
        raise NotFound(f"There is no incident #{incident.number} here. Look at the list for the number.")
    rows = TimelineEntry.objects.filter(incident=incident, id__gt=after).select_related("actor")
    if before is not None:
        rows = rows.filter(id__lt=before)
    if limit is None:
        return list(rows.order_by("id"))
    return list(reversed(rows.order_by("-id")[:limit]))


def matching(rows: QuerySet[Incident], text: str) -> QuerySet[Incident]:
    """Every word begins a word of the title, or the text is the number. Never a restricted one."""
    words = SearchQuery(words_of(text), search_type="raw", config="simple")
    found = Q(words=words)
    digits = text.removeprefix("#")
    if digits.isascii() and digits.isdigit() and len(digits) <= 18:
        found |= Q(number=int(digits))
    return rows.filter(restricted=False).alias(words=SearchVector("title", config="simple")).filter(found)


def open_count(viewer: Viewer) -> int:
    """How many are open. Restricted ones are in no count."""
    return visible_to(viewer).filter(restricted=False).exclude(status=Incident.Status.RESOLVED).count()


def _narrowed(rows: QuerySet[Incident], filters: Filters) -> QuerySet[Incident]:
    rows = _by_status(rows, filters.status)
    if filters.severity:
        _expect("severity", filters.severity, ["critical", "high", "medium", "low"])
        rows = rows.filter(severity=filters.severity)
    if filters.team:
        rows = rows.filter(team__name=plain(filters.team))
    if filters.service:
        rows = rows.filter(service__name=plain(filters.service))
    if filters.owner:
        rows = rows.filter(owner__isnull=True) if filters.owner == "nobody" else rows.filter(owner__handle=plain(filters.owner))
    if text := plain(filters.text).strip():
        rows = matching(rows, text)
    return rows


def _by_status(rows: QuerySet[Incident], status: str) -> QuerySet[Incident]:
    _expect("status", status, ["open", "all", "triggered", "acknowledged", "resolved"])
    if status == "all":
        return rows
    return rows.exclude(status=Incident.Status.RESOLVED) if status == "open" else rows.filter(status=status)


def _expect(field: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise Invalid(f"{field} is {value!r}; it can be {', '.join(known[:-1])} or {known[-1]}.", field=field)


def _cursor(incident: Incident) -> str:
    return base64.urlsafe_b64encode(f"{incident.opened_at.isoformat()}|{incident.pk}".encode()).decode()


def _read_cursor(cursor: str) -> tuple[dt.datetime, int]:
    try:
        opened_at, _, last_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        moment = dt.datetime.fromisoformat(opened_at)
        if moment.tzinfo is None or not 0 <= int(last_id) <= LARGEST_NUMBER:
            raise ValueError(cursor)
        return moment, int(last_id)
    except (ValueError, UnicodeError, binascii.Error) as error:
        raise Invalid("The cursor is not one that this list gave. Start again without it.", field="cursor") from error
