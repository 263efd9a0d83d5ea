"""A call sheet leaves the house: numbers of people, so who took it is on record."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.people.models import Team


@transaction.atomic(durable=True)
def sheet_taken(team: Team, *, people: int, by: Actor, now: dt.datetime) -> None:
    """Record that somebody took the team's call sheet along, encrypted."""
    record_in(
        [Entry(action="callsheet.export", kind="team", object_id=str(team.id), team_id=team.id, detail={"people": people})], by=by, now=now
    )
