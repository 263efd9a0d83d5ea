"""What does a person see of incidents and their pages together? The board, the incident as the API shows it, who had it and when.

Times are aware, UTC; the entry points render them. Every read goes through `visible_to`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from watchbill.incidents.models import Incident, StepAnswer, Tenure, TimelineEntry
from watchbill.incidents.selectors import visible_to, with_people
from watchbill.kernel.errors import NotFound
from watchbill.paging.models import Page, TeamPaging
from watchbill.people.models import Person
from watchbill.people.permissions import Viewer
from watchbill.response import flow
from watchbill.response.rules import SEVERITIES, Place, Standing, board_key, lives, place, stretches
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
    reason: str = field(default="", compare=False)
    by: Person | None = field(default=None, compare=False)


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
    alerts, offers = _alerts(list(seen)), _offers(list(seen))
    return [{**_described(seen[i], pages.get(i, []), alerts.get(i, [])), "handoff": offers.get(i)} for i in ids if i in seen]


def describe_page(page: Page) -> dict[str, Any]:
    """A page as the contract names it. `step` is the one we are on, counted from 1; `next_at` when it goes on by itself, or null."""
    return {
        "purpose": page.purpose,
        "status": page.status,
        "step": max(page.step, 1),
        "next_at": page.due_at if page.status in COUNTS_DOWN else None,
    }


def ledger(viewer: Viewer, incident: Incident) -> list[Span]:
    """Who had it and who worked on it, from its opening to its end, every second of it; the time of nobody is named."""
    if not visible_to(viewer).filter(pk=incident.pk).exists():
        raise NotFound(f"There is no incident #{incident.number} here. Look at the list for the number.")
    story = TimelineEntry.objects.filter(incident=incident, kind__in=["resolved", "reopened"]).order_by("id")
    life = lives(incident.opened_at, [(at, kind == "reopened") for at, kind in story.values_list("at", "kind")])
    rows = list(Tenure.objects.filter(incident=incident).select_related("person", "by").order_by("since", "id"))
    people = {row.person_id: row.person for row in rows}
    found = []
    for role in ("owner", "acting"):
        held = [row for row in rows if row.role == role]
        why = {(row.person_id, row.since): row for row in held}
        for person_id, start, end in stretches(life, [(row.person_id, row.since, row.until) for row in held]):
            row = why.get((person_id or 0, start))
            found.append(Span(role, people.get(person_id or 0), start, end, row.reason if row else "", row.by if row else None))
    return found


def answers_of(incident: Incident) -> list[StepAnswer]:
    """The latest answer of each step of its flow, the oldest first."""
    rows = StepAnswer.objects.filter(incident=incident).select_related("person").order_by("step", "-id").distinct("step")
    return sorted(rows, key=lambda row: row.id)


def steps_of(incident: Incident) -> list[tuple[flow.Standing, StepAnswer | None]]:
    """The steps that are on its way now, each with who answered it last, when and why. One query."""
    given = {row.step: row for row in answers_of(incident)}
    return [
        (each, given.get(each.step.key) if each.answer else None) for each in flow.standing({key: row.answer for key, row in given.items()})
    ]


def describe_steps(incident: Incident) -> list[dict[str, Any]]:
    """The same as the API and the command line show it."""
    return [
        {
            "step": each.step.key,
            "text": each.step.text,
            "state": each.state,
            "expected": list(each.step.answers),
            "answer": each.answer or None,
            "why": row.why if row else "",
            "by": _person(row.person) if row else None,
            "at": row.at if row else None,
        }
        for each, row in steps_of(incident)
    ]


def describe_tasks(incident: Incident) -> list[dict[str, Any]]:
    """Its tasks, open and done, as the API and the command line show them."""
    rows = incident.tasks.select_related("assignee", "made_by", "done_by").order_by("id")
    return [
        {
            "id": row.id,
            "what": row.what,
            "assignee": _person(row.assignee),
            "made_by": _person(row.made_by),
            "made_at": row.made_at,
            "done_by": _person(row.done_by),
            "done_at": row.done_at,
        }
        for row in rows
    ]


def describe_participants(incident: Incident) -> list[dict[str, Any]]:
    """Who takes part in it."""
    rows = incident.participants.select_related("person").order_by("joined_at", "id")
    return [{"person": _person(row.person), "joined_at": row.joined_at} for row in rows]


def describe_stakeholders(incident: Incident) -> list[dict[str, Any]]:
    """Who must hear how it stands."""
    fields = ("id", "name", "every_minutes", "added_at", "updated_at")
    return [{name: getattr(row, name) for name in fields} for row in incident.stakeholders.filter(removed_at=None).order_by("id")]


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


OFFERS_OF = """
SELECT h.incident_id, h.id, h.kind, h.offered_at, h.expires_at, h.returns_at, g.handle, g.name, r.handle, r.name
FROM handoff_handoff h JOIN people_person g ON g.id = h.giver_id JOIN people_person r ON r.id = h.receiver_id
WHERE h.state = 'offered' AND h.incident_id = ANY(%s)
"""


def _offers(incident_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Hand-offs belong to a layer above; the open offer of each is read by its table."""
    if not incident_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(OFFERS_OF, [list(incident_ids)])
        rows = cursor.fetchall()
    return {
        incident_id: {
            "id": id_,
            "kind": kind,
            "state": "offered",
            "from": {"handle": giver, "name": giver_name},
            "to": {"handle": receiver, "name": receiver_name},
            "offered_at": offered_at,
            "expires_at": expires_at,
            "returns_at": returns_at,
        }
        for incident_id, id_, kind, offered_at, expires_at, returns_at, giver, giver_name, receiver, receiver_name in rows
    }
