"""One watch of one person: what they must do, what they did, what they leave. As a viewer may know of it.

`shared`: only what everybody of the installation may know, for a text that is passed on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from django.db import connection
from django.db.models import Q, QuerySet

from watchbill.duties.learnings.models import Learning
from watchbill.duties.learnings.selectors import written_by
from watchbill.duties.models import Pass, Taking
from watchbill.duties.selectors.queues import taken_by, visible
from watchbill.handoff.account import Numbers, numbers
from watchbill.handoff.models import Handoff
from watchbill.handoff.selectors import seen_by
from watchbill.handoff.selectors.ending import Ending, keeps, unsettled
from watchbill.handoff.selectors.owed import Owed, duties_of
from watchbill.incidents.models import Incident, Task, Tenure, TimelineEntry
from watchbill.incidents.selectors import visible_to, with_people
from watchbill.paging.models import Page
from watchbill.people.models import Person
from watchbill.people.permissions import Verb, Viewer, decide
from watchbill.response.selectors import manages
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import Shift
from watchbill.schedules.selectors import shifts_of_person
from watchbill.trackers.models import Link

BEFORE, AHEAD = dt.timedelta(days=42), dt.timedelta(days=21)  # watches that can be looked at
MOST = 100  # rows of each part

ASKED = """
SELECT f.page_id, min(f.fired_at) FROM paging_firing f
WHERE f.fired_at >= %s AND f.fired_at < %s AND f.people @> %s::jsonb GROUP BY f.page_id
"""


@dataclass(frozen=True, slots=True)
class Watch:
    """One shift of a schedule, as somebody has or had it."""

    schedule: Schedule
    start: dt.datetime
    end: dt.datetime

    def runs(self, now: dt.datetime) -> bool:
        return self.start <= now < self.end


@dataclass(frozen=True, slots=True)
class Left:
    """An open incident that somebody has, and what is decided about it."""

    incident: Incident
    word: str
    shape: str
    colour: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A watch and all that belongs to it."""

    person: Person
    watch: Watch | None
    duties: Sequence[Owed] = ()
    offered: Sequence[Handoff] = ()
    items: Sequence[Taking] = ()
    tasks: Sequence[Task] = ()
    left: Sequence[Left] = ()
    answered: Sequence[Page] = ()
    owned: Sequence[Tenure] = ()
    passes: Sequence[Pass] = ()
    notes: Sequence[TimelineEntry] = ()
    learnings: Sequence[Learning] = ()
    handed: Sequence[Handoff] = ()
    items_done: Sequence[Taking] = ()
    tasks_done: Sequence[Task] = ()
    numbers: Numbers = field(default_factory=Numbers)


def watches_of(viewer: Viewer, person: Person, *, now: dt.datetime) -> list[Watch]:
    """Watches of this person that the viewer may look at, the latest first: their own, and those of teams that the viewer manages."""
    rows = [(schedule, shift) for schedule, shift in shifts_of_person(person.id, now - BEFORE, now + AHEAD) if not shift.shadow]
    if viewer.person_id != person.id:
        teams = {team for team in {schedule.team_id for schedule, _ in rows} if may_look(viewer, team, now=now)}
        rows = [(schedule, shift) for schedule, shift in rows if schedule.team_id in teams]
    return [_watch(schedule, shift) for schedule, shift in sorted(rows, key=lambda row: (row[1].start, -row[0].position), reverse=True)]


def may_look(viewer: Viewer, team_id: int, *, now: dt.datetime) -> bool:
    """At the watches of others of this team? As their manager; looking is reading, so a token that reads is enough."""
    if not decide(viewer, Verb.SEE).allowed:
        return False
    looks = replace(viewer, scopes=None)
    if decide(looks, Verb.AGREE_FOR, team_id=team_id).allowed:
        return True
    return decide(looks, Verb.AGREE_FOR, team_id=team_id, manages=manages(viewer.person_id, team_id, now=now)).allowed


def choose(found: Sequence[Watch], *, schedule_id: int | None, at: dt.datetime, exact: bool) -> Watch | None:
    """The one that runs at that moment; of several the schedule that was asked for, else the first of the file. `exact`: no other one."""
    runs = [each for each in found if each.runs(at) and schedule_id in (None, each.schedule.pk)]
    if runs:
        return min(runs, key=lambda each: (each.schedule.position, each.schedule.pk))
    return None if exact else next((each for each in found if each.end <= at and schedule_id in (None, each.schedule.pk)), None)


def account_of(viewer: Viewer, person: Person, watch: Watch | None, *, now: dt.datetime, zone: dt.tzinfo, shared: bool = False) -> Account:
    """Everything about that watch. Without one: what somebody must do now."""
    seen = visible_to(viewer).filter(restricted=False) if shared else visible_to(viewer)
    running = watch is None or watch.end > now
    must = _must(viewer, person, seen, watch, now=now, shared=shared) if running else {}
    if watch is None:
        return Account(person, None, **must)  # type: ignore[arg-type]
    start, end = watch.start, min(watch.end, max(now, watch.start))
    duties = duties_of(person.id, watch.schedule.pk, watch.start, watch.end, now=now)
    asked, answered = _pages(person, seen, start, end)
    within = {"incident__in": seen}
    owned = Tenure.objects.filter(person=person, role="owner", since__lt=end, **within).filter(Q(until=None) | Q(until__gt=start))
    notes = TimelineEntry.objects.filter(actor=person, kind="note", at__gte=start, at__lt=end, **within)
    handed = seen_by(viewer).filter(Q(giver=person) | Q(receiver=person), state="accepted", ended_at__gte=start, ended_at__lt=end, **within)
    passes = Pass.objects.filter(person=person, at__gte=start, at__lt=end).select_related("queue")
    ended = Taking.objects.filter(person=person, end=Taking.End.DONE, ended_at__gte=start, ended_at__lt=end)
    tasks_done = Task.objects.filter(done_by=person, done_at__gte=start, done_at__lt=end, **within)
    return Account(
        person,
        watch,
        duties=duties,
        answered=answered,
        owned=list(owned.select_related("incident").order_by("since")[:MOST]),
        passes=list(passes.order_by("at")[:MOST]),
        notes=list(notes.select_related("incident").order_by("id")[:MOST]),
        learnings=_shareable(written_by(viewer, person.id, start, end), shared),
        handed=list(handed.order_by("ended_at")[:MOST]),
        items_done=_items(
            viewer, ended.select_related("issue__tracker", "queue__team", "queue__tracker").order_by("ended_at")[:MOST], person, shared
        ),
        tasks_done=list(tasks_done.select_related("incident").order_by("done_at")[:MOST]),
        numbers=numbers(asked, zone),
        **must,  # type: ignore[arg-type]
    )


def _must(
    viewer: Viewer, person: Person, seen: QuerySet[Incident], watch: Watch | None, *, now: dt.datetime, shared: bool
) -> dict[str, object]:
    mine = Q(acting=person) | Q(owner=person)
    held = list(with_people(seen).filter(mine).exclude(status=Incident.Status.RESOLVED).order_by("number")[:MOST])
    offered = seen_by(viewer).filter(receiver=person, state=Handoff.State.OFFERED, incident__in=seen)
    tasks = Task.objects.filter(assignee=person, done_at=None, incident__in=seen).select_related("incident")
    return {
        "left": _left(viewer, person, held, watch, now=now),
        "offered": list(offered.order_by("expires_at", "id")[:MOST]),
        "items": _items(viewer, taken_by(person.id), person, shared),
        "tasks": list(tasks.order_by("id")[:MOST]),
    }


def _watch(schedule: Schedule, shift: Shift) -> Watch:
    return Watch(schedule, shift.start, shift.end)


def _pages(
    person: Person, seen: QuerySet[Incident], start: dt.datetime, end: dt.datetime
) -> tuple[list[tuple[dt.datetime, dt.datetime | None]], list[Page]]:
    """When each page first asked this person and when they acknowledged it; and those that they acknowledged, by whatever way they heard."""
    with connection.cursor() as cursor:
        cursor.execute(ASKED, [start, end, f"[{person.id}]"])
        first = dict(cursor.fetchall())
    known = Page.objects.filter(pk__in=first, incident__in=seen, purpose=Page.Purpose.RESPOND)
    asked = [(first[row.pk], row.acknowledged_at if row.acknowledged_by_id == person.id else None) for row in known]
    answered = Page.objects.filter(acknowledged_by=person, acknowledged_at__gte=start, acknowledged_at__lt=end, incident__in=seen)
    return asked, list(answered.select_related("incident").order_by("acknowledged_at")[:MOST])


def _left(viewer: Viewer, person: Person, held: Sequence[Incident], watch: Watch | None, *, now: dt.datetime) -> list[Left]:
    """What is decided about each: offered, kept, or not yet."""
    offers = {row.incident_id: row for row in seen_by(viewer).filter(giver=person, state=Handoff.State.OFFERED, incident__in=held)}
    asked = _asked(person.id, held, watch, now=now)
    found = []
    for incident in held:
        offer, keep = offers.get(incident.pk), keeps(incident)
        if offer is not None and offer.receiver is not None:
            found.append(Left(incident, f"Offered to {offer.receiver.name}", "offer", "amber"))
        elif incident.acting_id is not None and incident.acting_id != person.id and incident.acting is not None:
            found.append(Left(incident, f"{incident.acting.name} acts", "ack", "blue"))
        elif keep is not None and keep.person_id == person.id and (keep.until is None or keep.until > now):
            until = f"until {keep.until:%d %b %H:%M} UTC" if keep.until else ""
            found.append(Left(incident, "Kept", "yes", "green", until))
        elif incident.pk in asked:
            found.append(Left(incident, "Keep or hand over", "due", "amber"))
        else:
            found.append(Left(incident, "Open", "ack", "blue"))
    return found


def _asked(person_id: int, held: Sequence[Incident], watch: Watch | None, *, now: dt.datetime) -> Collection[int]:
    """Those that must be decided before this watch ends."""
    if watch is None or not held:
        return ()
    ending = Ending(person_id, watch.schedule.team_id, watch.end)
    return {row.pk for row in unsettled([ending], now=now).get(ending, [])}


def _items(viewer: Viewer, rows: Collection[Taking] | QuerySet[Taking], person: Person, shared: bool) -> list[Taking]:
    """Items that the viewer may know of: one's own always; confidential ones never go into a text that is passed on."""
    if shared:
        secret = Incident.objects.filter(restricted=True).values("id")
        hidden = set(
            Link.objects.filter(issue__in=[row.issue_id for row in rows], incident_id__in=secret).values_list("issue_id", flat=True)
        )
        return [row for row in rows if not row.issue.confidential and row.issue_id not in hidden]
    if viewer.person_id == person.id:
        return list(rows)
    return [row for row in rows if visible(viewer, row.queue).filter(pk=row.issue_id).exists()]


def _shareable(rows: Sequence[Learning], shared: bool) -> list[Learning]:
    return [row for row in rows if not shared or row.incident is None or not row.incident.restricted]
