"""In which order do reports stand, narrowed to what, and which ones are alike? Only reads, for one viewer."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower

from watchbill.incidents.rules import plain
from watchbill.kernel.errors import Invalid
from watchbill.people.permissions import Viewer
from watchbill.reports.models import CLOSED, Program, Report, Reporter, SavedView
from watchbill.reports.rules import likeness
from watchbill.reports.rules.flow import ACTED_ON, WAITING
from watchbill.reports.selectors.seeing import visible_to, with_names

MOST = 200
FAR = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
VIEWS = {  # what a saved view of the board is called, and in which order it stands there
    "open": "Open",
    "mine": "Mine",
    "broken": "Promise broken",
    "waiting": "Waits for others",
    "violations": "No tracking issue",
    "bounty": "Bounty open",
    "resolution": "Pending resolution",
    "disclosure": "Needs disclosure",
    "pending_disclosure": "Pending disclosure",
    "secret": "Do not disclose",
    "closed": "Closed",
    "all": "All",
}
UNPUBLISHED = {  # resolved and not public: who must ask, who waits for an answer; and what must not become public
    "disclosure": Q(state="resolved", secret_because="", disclosure_asked_at__isnull=True)
    & ~Q(program__in=Program.objects.filter(disclosure__default="none")),
    "pending_disclosure": Q(secret_because="", disclosure_asked_at__isnull=False),
    "secret": ~Q(secret_because=""),
}
LINKED = Q(tracking_url="") & Q(link__isnull=True)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to. Empty: not narrowed."""

    view: str = "open"
    state: str = ""
    severity: str = ""
    source: str = ""
    program: str = ""
    accountable: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the list, and the cursor of the next one."""

    items: list[Report]
    next: str | None


def search(viewer: Viewer, filters: Filters, *, now: dt.datetime, cursor: str = "", limit: int = 50) -> Listed:
    """What breaks its promise first stands first; then the more severe, then the older. Raises Invalid for what is not known."""
    limit = max(1, min(limit, MOST))
    rows = ordered(viewer, filters, now=now)
    if cursor:
        rows = _after(rows, cursor)
    items = list(rows[: limit + 1])
    return Listed(items[:limit], _cursor(items[limit - 1]) if len(items) > limit else None)


def ordered(viewer: Viewer, filters: Filters, *, now: dt.datetime) -> QuerySet[Report]:
    """All that the list would show, in its order."""
    rows = with_names(_narrowed(visible_to(viewer), filters, viewer, now)).defer("body", "words")
    return rows.order_by(F("due_at").asc(nulls_last=True), "rank", "received_at", "id")


def saved_views(person_id: int) -> list[tuple[SavedView, str]]:
    """Their own views of the board, with the query of each; what the board does not know any more is left out. One query."""
    rows = SavedView.objects.filter(person_id=person_id).order_by("name")
    known = set(Filters.__dataclass_fields__)
    return [(row, urlencode({name: value for name, value in row.filters.items() if name in known})) for row in rows]


def counts(viewer: Viewer, *, now: dt.datetime) -> dict[str, int]:
    """How many stand in each view that calls for somebody. One query each."""
    asked = ("open", "mine", "broken", "violations")
    return {view: _narrowed(visible_to(viewer), Filters(view), viewer, now).count() for view in asked}


def alike(viewer: Viewer, report: Report, *, limit: int = 3) -> list[tuple[Report, int]]:
    """The reports that say nearly the same, as far as this viewer may know of them, with how alike they are in percent."""
    if not report.fingerprint:
        return []
    apart = RawSQL("bit_count((reports_report.fingerprint # %s)::bit(64))", [report.fingerprint])
    rows = with_names(visible_to(viewer)).exclude(pk=report.pk).exclude(fingerprint=0)
    near = rows.annotate(apart=apart).filter(apart__lte=likeness.NEAR).order_by("apart", "-received_at")[:limit]
    return [(row, likeness.alike(report.fingerprint, row.fingerprint)) for row in near]


def _narrowed(rows: QuerySet[Report], filters: Filters, viewer: Viewer, now: dt.datetime) -> QuerySet[Report]:
    rows = _in_view(rows, filters.view, viewer, now)
    if filters.state:
        _expect("state", filters.state, Report.State.values)
        rows = rows.filter(state=filters.state)
    if filters.severity:
        _expect("severity", filters.severity, ["critical", "high", "medium", "low", "none"])
        rows = rows.filter(severity="" if filters.severity == "none" else filters.severity)
    if filters.source:
        _expect("source", filters.source, Report.Source.values)
        rows = rows.filter(source=filters.source)
    if filters.program:
        rows = rows.filter(program__name=plain(filters.program))
    if filters.accountable:
        rows = rows.filter(accountable__handle=plain(filters.accountable))
    if text := plain(filters.text).strip():
        rows = _matching(rows, text)
    return rows


def _in_view(rows: QuerySet[Report], view: str, viewer: Viewer, now: dt.datetime) -> QuerySet[Report]:
    _expect("view", view, list(VIEWS))
    if view == "all":
        return rows
    if view == "closed":
        return rows.filter(state__in=CLOSED)
    if view in UNPUBLISHED:
        return rows.filter(UNPUBLISHED[view], disclosed_at__isnull=True)
    rows = rows.exclude(state__in=CLOSED)
    narrow = {
        "open": Q(),
        "mine": Q(accountable_id=viewer.person_id),
        "broken": Q(due_at__lt=now),
        "waiting": Q(state__in=WAITING),
        "violations": LINKED & Q(state__in=ACTED_ON),
        "bounty": Q(bounty__in=["proposed", "approved"])
        | Q(bounty="none", state__in=ACTED_ON, source="hackerone", program__bounty__isnull=False),
        "resolution": Q(state="triaged"),
    }
    return rows.filter(narrow[view])


def _matching(rows: QuerySet[Report], text: str) -> QuerySet[Report]:
    """In the title, asset, weakness, code name or what its source calls it, by who reported it, or its number. Of what the viewer may know."""
    digits = text.upper().removeprefix("R-")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= 18
    if is_number and digits != text:
        return rows.filter(number=int(digits))
    found = Q(words__contains=Lower(Value(text))) | Q(reporter__in=Reporter.objects.filter(name__icontains=text))
    if is_number:
        found |= Q(number=int(digits))
    return rows.filter(found)


def _expect(field: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise Invalid(f"{field} is {value[:60]!r}; it can be {', '.join(known)}.", field=field)


def _cursor(report: Report) -> str:
    parts = [(report.due_at or FAR).isoformat(), str(report.rank), report.received_at.isoformat(), str(report.pk)]
    return base64.urlsafe_b64encode("|".join(parts).encode()).decode()


def _after(rows: QuerySet[Report], cursor: str) -> QuerySet[Report]:
    try:
        due, rank, received, last = base64.urlsafe_b64decode(cursor.encode()).decode().split("|")
        due_at, received_at, rank_, id_ = dt.datetime.fromisoformat(due), dt.datetime.fromisoformat(received), int(rank), int(last)
        if due_at.tzinfo is None or received_at.tzinfo is None or not (0 <= rank_ < 100 and 0 <= id_ < 2**63):
            raise ValueError(cursor)
    except (ValueError, UnicodeError, binascii.Error) as error:
        raise Invalid("The cursor is not one that this list gave. Start again without it.", field="cursor") from error
    rest = Q(rank__gt=rank_) | Q(rank=rank_, received_at__gt=received_at) | Q(rank=rank_, received_at=received_at, id__gt=id_)
    if due_at >= FAR:
        return rows.filter(rest, due_at__isnull=True)
    return rows.filter(Q(due_at__gt=due_at) | Q(due_at__isnull=True) | (Q(due_at=due_at) & rest))
