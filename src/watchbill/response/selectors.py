"""What does a person see of incidents and their pages together? The board, the incident as the API shows it, who had it and when.

Times are aware, UTC; the entry points render them. Every read goes through `visible_to`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from watchbill.incidents.models import Incident, TimelineEntry
from watchbill.incidents.selectors import visible_to, with_people
from watchbill.kernel.errors import NotFound
from watchbill.paging.models import Page, TeamPaging
from watchbill.people.models import Person
from watchbill.people.permissions import Viewer
from watchbill.response.rules import SEVERITIES, Place, Standing, board_key, place
from watchbill.schedules.models import Layer, Schedule
from watchbill.schedules.selectors import on_call

MOST = 100  # rows of a board
COUNTED = 1000  # open incidents are counted up to here
ALERTS = 50  # alerts of one incident that are described; the latest first
COUNTS_DOWN = (Page.Status.TRIGGERED, Page.Status.PAUSED, Page.Status.EXHAUSTED)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the board. `page` is the open respond page; `next_at` the time at which it goes on by itself."""

    incident: Incident
    page: Page | None
    place: Place
    next_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Span:
    """Somebody had it from `start` to `end` (None: still), as `role` owner or acting. `person` is None while nobody had it."""

    role: str
    person: Person | None
    start: dt.datetime
    end: dt.datetime | None


def board(viewer: Viewer, *, now: dt.datetime, limit: int = MOST) -> list[Row]:
    """Open incidents that the viewer may see, what breaks its promise first at the top."""
    incidents = list(with_people(visible_to(viewer)).filter(pk__in=_candidates(viewer, limit)))
    pages = _open_respond_pages(incidents)
    watch = _teams_watched_by(viewer, incidents, now=now)
    rows = [(_standing(i, pages.get(i.id), i.team_id in watch), i) for i in incidents]
    rows.sort(key=lambda row: (board_key(row[0]), -row[1].id))
    return [Row(incident=i, page=pages.get(i.id), place=place(of), next_at=of.next_at) for of, i in rows[:limit]]


def held_by(viewer: Viewer, *, limit: int = MOST) -> list[tuple[Incident, Page | None]]:
    """What the viewer owns or acts on, with its open respond page: the most severe and longest silent first, however many are open."""
    mine = Q(owner_id=viewer.person_id) | Q(acting_id=viewer.person_id)
    rows = with_people(visible_to(viewer)).filter(mine).exclude(status=Incident.Status.RESOLVED)
    incidents = list(rows.order_by(_severity_rank(), "word_at", "id")[:limit])
    pages = _open_respond_pages(incidents)
    return [(incident, pages.get(incident.id)) for incident in incidents]


def count_open(viewer: Viewer) -> int:
    """How many open incidents the viewer may see, counted up to `COUNTED`."""
    return visible_to(viewer).exclude(status=Incident.Status.RESOLVED)[:COUNTED].count()


def describe(viewer: Viewer, incident: Incident) -> dict[str, Any]:
    """The incident as the contract names it. Raises NotFound when the viewer must not learn of it."""
    described = describe_many(viewer, [incident])
    if not described:
        raise NotFound(f"There is no incident #{incident.number} here. Look at the list for the number.")
    return described[0]


def describe_many(viewer: Viewer, incidents: Sequence[Incident]) -> list[dict[str, Any]]:
    """The same for many in a fixed number of queries, in the order given; what the viewer must not see is left out."""
    ids = [incident.id for incident in incidents]
    seen = with_people(visible_to(viewer)).in_bulk(ids)
    pages: dict[int, list[Page]] = {}
    for page in Page.objects.filter(incident__in=seen).order_by("id"):
        pages.setdefault(page.incident_id, []).append(page)
    alerts = _alerts(list(seen))
    return [_described(seen[i], pages.get(i, []), alerts.get(i, [])) for i in ids if i in seen]


def describe_page(page: Page) -> dict[str, Any]:
    """A page as the contract names it. `step` is the one we are on, counted from 1; `next_at` when it goes on by itself, or null."""
    return {
        "purpose": page.purpose,
        "status": page.status,
        "step": max(page.step, 1),
        "next_at": page.due_at if page.status in COUNTS_DOWN else None,
    }


def ledger(viewer: Viewer, incident: Incident) -> list[Span]:
    """Who had it and who worked on it, from its opening to its end, without a gap in time, as the story tells it."""
    if not visible_to(viewer).filter(pk=incident.pk).exists():
        raise NotFound(f"There is no incident #{incident.number} here. Look at the list for the number.")
    story = TimelineEntry.objects.filter(incident=incident, data__has_keys=["owner", "acting"]).order_by("id")
    lines = list(story.values_list("at", "kind", "data"))
    people = Person.objects.in_bulk({data[role] for _, _, data in lines for role in ("owner", "acting") if data[role]})
    return [
        Span(role, people.get(person_id) if person_id else None, start, end)
        for role in ("owner", "acting")
        for person_id, start, end in _spans(incident.opened_at, [(at, kind, data[role]) for at, kind, data in lines])
    ]


def first_schedule(team_id: int) -> Schedule | None:
    """The schedule that says who owns under the policy `on_call`."""
    return Schedule.objects.filter(team_id=team_id, is_active=True).order_by("position", "id").first()


def on_call_of(team_id: int, *, now: dt.datetime) -> list[int]:
    """Who has the watch on the team's first schedule, in its order; nobody in a gap."""
    schedule = first_schedule(team_id)
    return people_on([schedule.id], now=now) if schedule else []


def people_on(schedule_ids: Sequence[int], *, now: dt.datetime) -> list[int]:
    """Who is on call now on these schedules, each once."""
    found = on_call(list(schedule_ids), at=now)
    return list(dict.fromkeys(each.person_id for schedule_id in schedule_ids for each in found.get(schedule_id, [])))


INVOLVED = """
SELECT EXISTS (SELECT FROM notifications_notification WHERE incident_id = %(i)s AND person_id = %(p)s AND kind <> 'status')
    OR EXISTS (SELECT FROM paging_firing f JOIN paging_page g ON g.id = f.page_id WHERE g.incident_id = %(i)s AND f.people @> %(people)s::jsonb)
    OR EXISTS (SELECT FROM incidents_participant WHERE incident_id = %(i)s AND person_id = %(p)s)
"""


def was_notified(person_id: int, incident: Incident) -> bool:
    """Was this person asked, or are they engaged in it?"""
    if person_id in (incident.owner_id, incident.acting_id):
        return True
    with connection.cursor() as cursor:
        cursor.execute(INVOLVED, {"i": incident.id, "p": person_id, "people": f"[{int(person_id)}]"})
        return bool(cursor.fetchone()[0])


def manages(person_id: int, team_id: int, *, now: dt.datetime) -> bool:
    """Does this person stand on the schedule of the team's managers: in its rotation, or on call there right now?"""
    schedule_id = TeamPaging.objects.filter(team_id=team_id).values_list("manager_schedule_id", flat=True).first()
    if schedule_id is None:
        return False
    layers = Layer.objects.filter(schedule_id=schedule_id).exclude(valid_until__lte=now)
    if any(person_id in each for order in layers.values_list("order", flat=True) for each in order):
        return True
    return person_id in people_on([schedule_id], now=now)


def _spans(
    opened: dt.datetime, lines: Iterable[tuple[dt.datetime, str, int | None]]
) -> list[tuple[int | None, dt.datetime, dt.datetime | None]]:
    """Consecutive stretches of one person. A resolution ends the last one; reopening begins a new one."""
    spans: list[tuple[int | None, dt.datetime, dt.datetime | None]] = []
    current: tuple[int | None, dt.datetime] | None = (None, opened)
    for at, kind, person_id in lines:
        if current is not None and (kind == "resolved" or current[0] != person_id):
            if at > current[1]:
                spans.append((*current, at))
            current = None
        if kind != "resolved" and current is None:
            current = (person_id, at)
    return [*spans, (*current, None)] if current is not None else spans


def _described(incident: Incident, pages: Sequence[Page], alerts: list[dict[str, Any]]) -> dict[str, Any]:
    respond = [page for page in pages if page.purpose == Page.Purpose.RESPOND]
    return {
        "number": incident.number,
        "title": incident.title,
        "status": incident.status,
        "severity": incident.severity,
        "service": incident.service.name if incident.service else None,
        "owner": _person(incident.owner),
        "acting": _person(incident.acting),
        "opened_at": incident.opened_at,
        "acknowledged_at": incident.acknowledged_at,
        "resolved_at": incident.resolved_at,
        "page": describe_page(respond[-1]) if respond else None,
        "pages": [describe_page(page) for page in pages],
        "alerts": alerts,
        "handoff": None,
        "restricted": incident.restricted,
        "url": url_of(incident.number),
    }


def url_of(number: int) -> str:
    """Where a person opens it."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/incidents/{number}"


def _person(person: Person | None) -> dict[str, str] | None:
    return {"handle": person.handle, "name": person.name} if person else None


def _candidates(viewer: Viewer, limit: int) -> set[int]:
    """The first so many of each kind that can stand on a board; the rule orders them afterwards. Bounded, however many are open."""
    seen = visible_to(viewer)
    opened = seen.exclude(status=Incident.Status.RESOLVED)
    respond = Page.objects.filter(purpose=Page.Purpose.RESPOND)
    counting = respond.filter(incident__in=seen).order_by("due_at")
    without_page = ~Exists(respond.filter(incident=OuterRef("pk")).exclude(status=Page.Status.RESOLVED))
    of_pages = [counting.filter(status=status).values_list("incident_id", flat=True) for status in COUNTS_DOWN]
    of_incidents = [
        opened.filter(cleared_unseen=True).order_by("cleared_at").values_list("id", flat=True),
        opened.filter(status=Incident.Status.ACKNOWLEDGED).order_by(_severity_rank(), "word_at").values_list("id", flat=True),
        opened.filter(without_page, status=Incident.Status.TRIGGERED).order_by("opened_at").values_list("id", flat=True),
    ]
    first, *others = [rows[:limit] for rows in (*of_pages, *of_incidents)]
    return set(first.union(*others, all=True))  # one question of the database for all kinds


def _severity_rank() -> Case:
    return Case(*[When(severity=s, then=Value(n)) for n, s in enumerate(SEVERITIES)])


def _open_respond_pages(incidents: Sequence[Incident]) -> dict[int, Page]:
    pages: QuerySet[Page] = Page.objects.filter(incident__in=incidents, purpose=Page.Purpose.RESPOND).exclude(status=Page.Status.RESOLVED)
    return {page.incident_id: page for page in pages}


def _standing(incident: Incident, page: Page | None, my_watch: bool) -> Standing:
    return Standing(
        page=page.status if page else "",
        has_hold=incident.owner_id is not None or incident.acting_id is not None,
        cleared_unseen=incident.cleared_unseen,
        my_watch=my_watch,
        severity=incident.severity,
        next_at=page.due_at if page and page.status in COUNTS_DOWN else None,
        opened_at=incident.opened_at,
        word_at=incident.word_at,
    )


def _teams_watched_by(viewer: Viewer, incidents: Sequence[Incident], *, now: dt.datetime) -> set[int]:
    """Teams on whose first schedule the viewer has the watch now; asked only for what was cleared unseen."""
    teams = {incident.team_id for incident in incidents if incident.cleared_unseen}
    if not teams:
        return set()
    rows = Schedule.objects.filter(team_id__in=teams, is_active=True).order_by("team_id", "position", "id").distinct("team_id")
    firsts = dict(rows.values_list("id", "team_id"))
    found = on_call(list(firsts), at=now)
    return {firsts[s] for s, those in found.items() if any(each.person_id == viewer.person_id for each in those)}


ALERTS_OF = """
SELECT incident_id, dedup_key, summary, severity, state, count, first_at, last_at, acknowledged_at, resolved_at
FROM unnest(%s::bigint[]) AS wanted(id)
CROSS JOIN LATERAL (
    SELECT * FROM intake_alert WHERE incident_id = wanted.id ORDER BY last_at DESC, id DESC LIMIT %s
) AS alert
"""
ALERT_FIELDS = ("dedup_key", "summary", "severity", "state", "count", "first_at", "last_at", "acknowledged_at", "resolved_at")


def _alerts(incident_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Alerts belong to a layer above; they are read by their table, the latest of each incident."""
    found: dict[int, list[dict[str, Any]]] = {}
    if incident_ids:
        with connection.cursor() as cursor:
            cursor.execute(ALERTS_OF, [list(incident_ids), ALERTS])
            for incident_id, *values in cursor.fetchall():
                found.setdefault(incident_id, []).append(dict(zip(ALERT_FIELDS, values, strict=True)))
    return found
