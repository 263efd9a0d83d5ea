"""What is asked for now, of whom, and what proved it lately?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from watchbill.duties.models import Asked, Duty, Proof
from watchbill.duties.rules.standing import word
from watchbill.kernel.errors import NotFound
from watchbill.people.models import Person
from watchbill.people.permissions import Verb, Viewer, decide

FACES = {  # shape and colour of each word
    "open": ("due", "amber"),
    "overdue": ("warn", "red"),
    "done": ("ok", "green"),
    "done late": ("ok", "amber"),
    "unmet": ("no", "red"),
    "to come": ("dash", "dim"),
    "ended before": ("dash", "dim"),
}


@dataclass(frozen=True, slots=True)
class Due:
    """One window with its word."""

    row: Asked
    word: str
    people: Sequence[Person] = ()  # whose it is: everybody who has the watch

    @property
    def name(self) -> str:
        return f"{self.row.duty.name}, {self.row.part} of {self.row.parts}" if self.row.parts > 1 else self.row.duty.name

    @property
    def shape(self) -> str:
        return FACES[self.word][0]

    @property
    def colour(self) -> str:
        return FACES[self.word][1]


def mine(person_id: int, *, now: dt.datetime) -> list[Due]:
    """What this person has to do, alone or with others of a shared shift, what is due first, first. One query, by its own index."""
    rows = Asked.objects.filter(people__contains=[person_id], settled_at=None, state=Asked.State.OPEN).select_related("duty")
    return [Due(row, word(row.state, row.start, row.due, now=now)) for row in rows.order_by("due", "id")[:20]]


def running(viewer: Viewer, *, now: dt.datetime) -> list[Due]:
    """What is asked for now, of everybody, done or not. Two queries."""
    if not decide(viewer, Verb.SEE).allowed:
        return []
    rows = Asked.objects.filter(settled_at=None, duty__is_active=True).select_related("duty__team", "duty__queue", "person", "done_by")
    found = rows.order_by("duty__position", "duty_id", "start")[:500]
    known = Person.objects.in_bulk({id_ for row in found for id_ in row.people})
    return [Due(row, word(row.state, row.start, row.due, now=now), [known[id_] for id_ in row.people]) for row in found]


def not_done(person_id: int, team_id: int) -> list[Asked]:
    """What this person leaves to the next one: asked for and not done. One query."""
    rows = Asked.objects.filter(people__contains=[person_id], settled_at=None, state=Asked.State.OPEN, duty__team=team_id)
    return list(rows.select_related("duty").order_by("due", "id")[:20])


def duties(viewer: Viewer) -> list[Duty]:
    """Every duty of the file."""
    if not decide(viewer, Verb.SEE).allowed:
        return []
    rows = Duty.objects.filter(is_active=True).select_related("team", "schedule", "queue__tracker")
    return list(rows.order_by("position", "id"))


def describe_all(viewer: Viewer, *, now: dt.datetime) -> list[dict[str, Any]]:
    """Every duty with the times that it is asked for now, as the API and the command line show it. Three queries."""
    asked = running(viewer, now=now)
    return [_described(one, [each for each in asked if each.row.duty_id == one.id]) for one in duties(viewer)]


def _described(duty: Duty, asked: Sequence[Due]) -> dict[str, Any]:
    return {
        "id": duty.id,
        "name": duty.name,
        "team": duty.team.name,
        "schedule": duty.schedule.name,
        "every": duty.every,
        "times": duty.times,
        "queue": duty.queue.name if duty.queue else None,
        "asked": [
            {
                "part": each.row.part,
                "start": each.row.start,
                "due": each.row.due,
                "state": each.word,
                "person": _person(each.row.person),
                "people": [_person(one) for one in each.people],
                "done_by": _person(each.row.done_by),
                "done_at": each.row.done_at,
            }
            for each in asked
        ],
    }


def _person(person: Person | None) -> dict[str, str] | None:
    return {"handle": person.handle, "name": person.name} if person else None


def duty_by_id(duty_id: int) -> Duty:
    """Raises NotFound."""
    return _one(Duty.objects.filter(pk=duty_id))


def duty_by_name(name: str) -> Duty:
    """Raises NotFound."""
    return _one(Duty.objects.filter(name=name))


def proofs_of(duty: Duty, *, limit: int = 10) -> Sequence[Proof]:
    """The latest that was done about it. What the note of a pass says is for everybody who may see the queue."""
    of = Q(duty=duty) | Q(queue=duty.queue_id) if duty.queue_id else Q(duty=duty)
    return list(Proof.objects.filter(of).select_related("person").order_by("-at", "-id")[:limit])


def _one(rows: QuerySet[Duty]) -> Duty:
    found = rows.filter(is_active=True).select_related("team", "schedule", "queue__tracker", "queue__team").first()
    if found is None:
        raise NotFound("There is no such duty here. Look at the list of duties for its name.")
    return found
