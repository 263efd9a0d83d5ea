"""Which queues are there, and what waits in one, as this viewer may see it?

A confidential item exists for people of the queue's team alone; one that is the tracking issue of a restricted incident for whoever may see
that incident. It is in no list and no count of anybody else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from watchbill.duties.models import Pass, Queue, Taking
from watchbill.duties.rules.order import Standing, place
from watchbill.incidents.models import Incident
from watchbill.incidents.selectors import visible_to
from watchbill.kernel.errors import NotFound
from watchbill.people.models import Person
from watchbill.people.permissions import Verb, Viewer, decide
from watchbill.trackers.models import Issue, Link

MOST = 500  # items of a queue that are shown


@dataclass(frozen=True, slots=True)
class Item:
    """One item. `number`: of the incident that it became, as far as the viewer may know of that."""

    issue: Issue
    new: bool
    taking: Taking | None
    incident: Incident | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A queue with what waits in it."""

    queue: Queue
    items: Sequence[Item]
    last: Pass | None
    gone_through: int  # of its items, as far as the viewer may know of them
    more: bool

    @property
    def new(self) -> int:
        return sum(item.new for item in self.items)


@dataclass(frozen=True, slots=True)
class Summary:
    """A queue in a line."""

    queue: Queue
    items: int
    new: int
    mine: int
    last: Pass | None


def queues() -> list[Queue]:
    """The queues that are active, in the file's order."""
    rows = Queue.objects.filter(is_active=True, tracker__isnull=False, tracker__is_active=True)
    return list(rows.select_related("team", "tracker").order_by("position", "id"))


def queue_by_name(name: str) -> Queue:
    """Raises NotFound."""
    found = next((queue for queue in queues() if queue.name == name), None)
    if found is None:
        raise NotFound("There is no queue of that name here. Look at the list of queues for its name.")
    return found


def queue_by_id(queue_id: int) -> Queue:
    """Raises NotFound."""
    found = next((queue for queue in queues() if queue.id == queue_id), None)
    if found is None:
        raise NotFound("There is no such queue here. Look at the list of queues.")
    return found


def summaries(viewer: Viewer) -> list[Summary]:
    """Each queue in a line. Some queries for each."""
    found = []
    for queue in queues():
        listed = list_queue(viewer, queue)
        mine = sum(item.taking is not None and item.taking.person_id == viewer.person_id for item in listed.items)
        found.append(Summary(queue, len(listed.items), listed.new, mine, listed.last))
    return found


def list_queue(viewer: Viewer, queue: Queue) -> Listed:
    """What waits in it, in order. Six queries, whatever the size."""
    last = Pass.objects.filter(queue=queue, proof__isnull=False).select_related("person").order_by("-at", "-id").first()
    seen = frozenset(last.issues) if last is not None else frozenset()
    rows = list(visible(viewer, queue).order_by("-created_at", "-id")[: MOST + 1])
    takings = {row.issue_id: row for row in Taking.objects.filter(issue__in=rows[:MOST], ended_at=None).select_related("person")}
    became = _became(viewer, rows[:MOST])
    items = [Item(row, row.id not in seen, takings.get(row.id), became.get(row.id)) for row in rows[:MOST]]
    items.sort(
        key=lambda item: place(
            Standing(
                item.new, item.taking is not None or item.incident is not None, item.issue.severity, item.issue.created_at, item.issue.id
            )
        )
    )
    through = _known(viewer, queue, Issue.objects.filter(pk__in=last.issues)).count() if last is not None else 0
    return Listed(queue, items, last, through, len(rows) > MOST)


def describe_summary(summary: Summary) -> dict[str, Any]:
    """A queue in a line, as the API and the command line show it."""
    queue = summary.queue
    return {
        "id": queue.id,
        "name": queue.name,
        "team": queue.team.name,
        "items": summary.items,
        "new": summary.new,
        "mine": summary.mine,
        "last_pass": _pass(summary.last),
    }


def describe_listed(listed: Listed) -> dict[str, Any]:
    """The same of a queue with what waits in it."""
    queue = listed.queue
    return {
        "id": queue.id,
        "name": queue.name,
        "team": queue.team.name,
        "items": [_item(each) for each in listed.items],
        "more": listed.more,
        "last_pass": _pass(listed.last),
    }


def _item(item: Item) -> dict[str, Any]:
    issue, taking = item.issue, item.taking
    return {
        "id": issue.id,
        "name": f"{issue}",
        "title": issue.title,
        "url": issue.url,
        "severity": issue.severity,
        "labels": list(issue.labels),
        "state": issue.state,
        "confidential": issue.confidential,
        "created_at": issue.created_at,
        "new": item.new,
        "taken_by": _person(taking.person) if taking else None,
        "taken_at": taking.taken_at if taking else None,
        "incident": item.incident.number if item.incident else None,
    }


def _pass(last: Pass | None) -> dict[str, Any] | None:
    return {"person": _person(last.person), "at": last.at, "note": last.note} if last else None


def _person(person: Person) -> dict[str, str]:
    return {"handle": person.handle, "name": person.name}


def visible(viewer: Viewer, queue: Queue) -> QuerySet[Issue]:
    """The issues in this queue that the viewer may see."""
    if not decide(viewer, Verb.SEE).allowed:
        return Issue.objects.none()
    return _known(viewer, queue, matching(queue))


def _known(viewer: Viewer, queue: Queue, rows: QuerySet[Issue]) -> QuerySet[Issue]:
    if queue.team_id not in viewer.roles:
        rows = rows.filter(confidential=False)
    hidden = Link.objects.filter(issue__isnull=False, incident_id__in=Incident.objects.filter(restricted=True).values("id"))
    hidden = hidden.exclude(incident_id__in=visible_to(viewer).filter(restricted=True).values("id"))
    return rows.exclude(pk__in=hidden.values("issue_id"))


def matching(queue: Queue) -> QuerySet[Issue]:
    """All that the file says of it. What somebody took stays until it is done, whatever its labels say by then."""
    fits = Q(changes=queue.changes, project__in=queue.projects)
    if queue.labels:
        fits &= Q(labels__contains=queue.labels)
    if queue.authors:
        fits &= Q(author__in=queue.authors)
    state = Q(state__in=["open", "closed"]) if queue.state == "all" else Q(state=queue.state)
    taken = Q(pk__in=Taking.objects.filter(queue=queue, ended_at=None).values("issue_id"))
    return Issue.objects.filter((fits & state) | taken, tracker=queue.tracker)


def item_in(viewer: Viewer, queue: Queue, issue_id: int) -> Issue:
    """One item of the queue. Raises NotFound alike for what is not there and what must not be learned of."""
    found = visible(viewer, queue).filter(pk=issue_id).first()
    if found is None:
        raise NotFound("There is no such item in this queue. Look at the queue: it may be closed, or labelled otherwise by now.")
    return found


def taken_by(person_id: int) -> list[Taking]:
    """What this person took and still has, the oldest first."""
    rows = Taking.objects.filter(person_id=person_id, ended_at=None).select_related("issue__tracker", "queue__team")
    return list(rows.order_by("taken_at", "id"))


def given_back(viewer: Viewer, queue: Queue, *, since: dt.datetime, limit: int = 10) -> list[Taking]:
    """What was given back lately, and why, the latest first."""
    rows = Taking.objects.filter(queue=queue, end=Taking.End.GIVEN_BACK, ended_at__gt=since, issue__in=visible(viewer, queue))
    return list(rows.select_related("person", "issue").order_by("-ended_at")[:limit])


def _became(viewer: Viewer, rows: Collection[Issue]) -> dict[int, Incident]:
    """Incidents whose tracking issues these are, as far as the viewer may see them."""
    linked = Link.objects.filter(issue__in=rows, incident_id__isnull=False).values_list("incident_id", "issue_id")
    links = {incident_id: issue_id for incident_id, issue_id in linked if incident_id is not None}
    return {links[incident.id]: incident for incident in visible_to(viewer).filter(pk__in=links)}
