"""Who hears of a hand-off, and where is it written down?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from watchbill.handoff.models import Handoff, HandoffRecord
from watchbill.incidents.models import Incident
from watchbill.notifications.actions import Ask, cancel_in, plan_in
from watchbill.notifications.actions.telling import content_of
from watchbill.notifications.chats.actions import say_in
from watchbill.notifications.chats.messages import Notice
from watchbill.notifications.chats.selectors import posting_now
from watchbill.paging import actions as paging
from watchbill.people.models import Team
from watchbill.response.actions.case import Case, tell_person_in

WORTH_SAYING = dt.timedelta(hours=12)  # a chat that was away so long is not told any more
LONGEST_SAID = 1500


def ask_in(incident: Incident, handoff: Handoff, person_ids: Iterable[int], reason: str, *, urgency: str, now: dt.datetime) -> None:
    """Ask these people about the hand-off, by their own rules of that urgency. Of a restricted incident its number and code name."""
    content = {**content_of(incident, reason), "path": f"/handoffs/{handoff.id}"}
    plan_in([Ask(each, "handoff", None, None, incident.id, incident.service_id, urgency, content) for each in person_ids], now=now)


def urgency_of(incident: Incident) -> str:
    """How loud somebody is asked at first: on a queue desk in their hours."""
    return "high" if incident.team.desk == Team.Desk.PAGED else "low"


def quiet_in(case: Case, handoff: Handoff) -> None:
    """It is answered or over: nobody is asked about it any more."""
    cancel_in(incident_ids=[case.incident.id], kinds=["handoff"], now=case.now)
    if handoff.page_id is not None:
        paging.resolve_in([handoff.page_id], now=case.now)


def tell_in(case: Case, person_ids: Iterable[int | None], reason: str, *, but: int | None = None) -> None:
    """A notice to those whom it concerns, everybody once, whoever did it excepted."""
    tell_person_in(case, [each for each in dict.fromkeys(person_ids) if each is not None and each != but], reason)


def record_outside_in(case: Case, handoff: Handoff) -> None:
    """The team's channel and the tracking issue get the record (GitLab guide); what fails there is tried again and shown."""
    team, now = case.incident.team, case.now
    if (channel := team.channel) and channel.get("chat") in posting_now(now=now):
        title, text = _said(case, handoff)
        posting_id = say_in(Notice(channel["chat"], channel["name"], title, text, f"/handoffs/{handoff.id}", now + WORTH_SAYING), now=now)
        if posting_id is not None:
            HandoffRecord.objects.create(handoff=handoff, place="chat", name=channel["name"], posting_id=posting_id)
    if issue := team.issue:
        HandoffRecord.objects.create(handoff=handoff, place="issue", name=str(issue.get("project", ""))[:300], due_at=now)


def _said(case: Case, handoff: Handoff) -> tuple[str, str]:
    """For everybody who reads there: of a restricted incident no word of what it is."""
    incident, receiver, giver = case.incident, handoff.receiver, handoff.giver
    assert receiver is not None
    name = incident.code_name if incident.restricted else incident.title
    title = f"#{incident.number} {name}: {receiver.name} has it from {giver.name} ({KIND_WORDS[handoff.kind]})"
    if incident.restricted:
        return title, "It is restricted; open it to read more."
    steps = "; ".join(f"{step['who']}: {step['what']}" for step in handoff.next_steps)
    parts = [handoff.summary, f"Next: {steps}."]
    parts += [f"{word}: {'; '.join(lines)}." for word, lines in _lists(handoff) if lines]
    if handoff.bridge:
        parts.append(f"Bridge: {handoff.bridge}")
    parts.append(f"Read back: {handoff.readback}")
    text = "\n".join(parts)
    return title, text if len(text) <= LONGEST_SAID else text[: LONGEST_SAID - 1] + "…"


KIND_WORDS = {"shift": "end of the watch", "break": "a break", "permanent": "for good"}


def _lists(handoff: Handoff) -> list[tuple[str, list[str]]]:
    return [
        ("Engaged", handoff.engaged),
        ("Related", handoff.related),
        ("Channels", handoff.channels),
        ("Open questions", handoff.open_questions),
        ("Decisions", handoff.decisions),
        ("Pending", handoff.pending),
    ]
