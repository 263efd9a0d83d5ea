"""Who may look after somebody's time off? They themselves, and whoever manages a team of theirs."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from watchbill.people.models import Person, Team
from watchbill.people.permissions import Decision, Verb, Viewer, decide
from watchbill.response.selectors import manages


def may_keep(viewer: Viewer, person: Person, *, now: dt.datetime) -> Decision:
    """May this viewer add and end time off of that person? The scope of a token is asked where it comes in."""
    viewer = replace(viewer, scopes=None)
    if viewer.person_id == person.pk:
        return Decision(True, f"It is the time off of {person.handle}.")
    teams = Team.objects.filter(memberships__person=person, is_active=True).order_by("id").values_list("id", flat=True)
    answers = [
        decide(viewer, Verb.TIME_OFF, team_id=team_id, manages=manages(viewer.person_id, team_id, now=now)) for team_id in teams
    ] or [decide(viewer, Verb.TIME_OFF, team_id=0)]
    return next((answer for answer in answers if answer.allowed), answers[0])
