"""In the demo somebody hands an open incident to Grace, so that she has something to read back."""

from __future__ import annotations

import datetime as dt
from typing import Any

from watchbill.audit.actions import Actor
from watchbill.handoff.actions import Wanted, offer
from watchbill.handoff.rules import Step, Words
from watchbill.incidents.models import Incident
from watchbill.people.models import Person
from watchbill.response import actions as response


def hand_over(grace: Person, now: dt.datetime) -> None:
    """The newest open incident that somebody else has, if there is one."""
    held = Incident.objects.filter(status=Incident.Status.ACKNOWLEDGED, restricted=False, owner__isnull=False, acting__isnull=False)
    incident = held.exclude(owner=grace).exclude(acting=grace).select_related("owner").order_by("-opened_at").first()
    if incident is None or incident.owner is None:
        return
    giver = incident.owner
    by: dict[str, Any] = {"person": giver, "actor": Actor(giver.handle, "web", giver.id), "now": now}
    response.add_task(incident.number, "Ask IT when the second host is back", **by)
    response.add_stakeholder(incident.number, "Legal", 60, **by)
    words = Words(
        summary=f"{incident.title}. Contained, not closed: what started it is not known yet.",
        engaged=("Priya N. (IT)",),
        next_steps=(Step("grace", "read the logs since the last deploy"), Step("Priya N.", "bring the second host back")),
        open_questions=("Was the last deploy rolled back everywhere?",),
        decisions=("No restart before the queue is empty, agreed with IT.",),
        channels=("#security-department",),
    )
    offer(incident.number, Wanted(grace, words), **by)
