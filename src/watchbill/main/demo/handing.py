"""In the demo somebody hands an open incident to Grace, so that she has something to read back, and a runbook and learnings to look at."""

from __future__ import annotations

import datetime as dt
from typing import Any

from watchbill.audit.actions import Actor
from watchbill.duties.learnings.actions import learn
from watchbill.handoff.actions import Wanted, offer
from watchbill.handoff.rules import Step, Words
from watchbill.incidents.models import Incident
from watchbill.people.models import Person
from watchbill.people.permissions import Verb, decide
from watchbill.people.selectors import viewer_of
from watchbill.response import actions as response
from watchbill.runbooks.actions import At, Wording, write

RUNBOOK = """# Look
1. What else fired in the last hour? Open *Incidents*, all.
2. Who is signed in with this account, and from where?

# Contain
- End its sessions, then rotate its keys.
- Do **not** delete anything: it is evidence.

# Tell
Write down each decision as a note, with who agreed.
"""


def hand_over(grace: Person, now: dt.datetime) -> None:
    """The newest open incident that somebody else has, if there is one."""
    held = Incident.objects.filter(status=Incident.Status.ACKNOWLEDGED, restricted=False, owner__isnull=False, acting__isnull=False)
    incident = held.exclude(owner=grace).exclude(acting=grace).select_related("owner", "service", "team").order_by("-opened_at").first()
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
    _write_down(giver, incident, by)


def _write_down(giver: Person, incident: Incident, by: dict[str, Any]) -> None:
    """A runbook for the incident's service, and what was learned on the way."""
    if incident.service is None or not decide(viewer_of(giver), Verb.RESPOND, team_id=incident.team_id).allowed:
        return
    learn("End all sessions of a role with one command.", "automatable", incident.number, **by)
    at = (At(incident.service.pk),)
    write(incident.team, Wording(f"First minutes: {incident.service.name}", RUNBOOK, "asked for after a night", at), **by)
