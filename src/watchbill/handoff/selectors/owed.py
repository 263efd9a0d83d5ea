"""What standing duties does somebody's watch carry, and how far is each?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.urls import reverse

from watchbill.duties.models import Asked
from watchbill.duties.rules.standing import word

STATES = {"done": "done", "done late": "late", "unmet": "unmet", "to come": "to come"}  # by the word; anything else is open


@dataclass(frozen=True, slots=True)
class Owed:
    """A duty of a watch. `state`: to come, open, done, late, unmet; `word` and `detail` as people read them, `path` where it is done."""

    name: str
    state: str
    word: str
    detail: str = ""
    path: str = ""


def duties_of(person_id: int, schedule_id: int, start: dt.datetime, end: dt.datetime, *, now: dt.datetime) -> list[Owed]:
    """Those asked for in this watch, in the file's order, each time that it is asked for. One query."""
    asked = Asked.objects.filter(people__contains=[person_id], duty__schedule=schedule_id, start__lt=end, due__gt=start)
    found = []
    for row in asked.exclude(state=Asked.State.VOID).select_related("duty", "done_by").order_by("duty__position", "duty_id", "start"):
        said = word(row.state, row.start, row.due, now=now)
        name = f"{row.duty.name}, {row.part} of {row.parts}" if row.parts > 1 else row.duty.name
        other = f"by {row.done_by.name}" if row.done_by is not None and row.done_by_id != person_id else ""  # of a shared shift one does it
        found.append(Owed(name, STATES.get(said, "open"), said, other, path=reverse("duty", args=[row.duty_id])))
    return found
