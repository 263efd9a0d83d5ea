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
    if channel := team.channel:
        chat, name = str(channel.get("chat", "")), str(channel.get("name", ""))[:300]
        title, text = _said(case, handoff)
        notice = Notice(chat, name, title, text, f"/handoffs/{handoff.id}", now + WORTH_SAYING)
        posting_id = say_in(notice, now=now) if chat in posting_now(now=now) else None
        failed = (
            {} if posting_id is not None else {"state": "failed", "error": f"Nothing can be said in the chat {chat}: it is not active."}
        )
        HandoffRecord.objects.create(handoff=handoff, place="chat", name=name, posting_id=posting_id, **failed)
    if team.issue:
        write_to_issue_in(team, handoff, now=now)


def write_to_issue_in(team: Team, handoff: Handoff, *, now: dt.datetime) -> None:
    """The tracker writes it, and moves the assignee, as soon as it can; asked again, it does so again."""
    name = str((team.issue or {}).get("project", ""))[:300]
    due = {"state": "waiting", "due_at": now, "tries": 0, "error": ""}
    HandoffRecord.objects.update_or_create(handoff=handoff, place="issue", name=name, defaults=due)


def _said(case: Case, handoff: Handoff) -> tuple[str, str]:
    """For everybody who reads there: of a restricted incident no word of what it is."""
    incident, receiver, giver = case.incident, handoff.receiver, handoff.giver
    assert receiver is not None
    if incident.restricted:
        return f"#{incident.number} {incident.code_name} was handed over", "It is restricted; open it to read more."
    title = f"#{incident.number} {incident.title}: {receiver.name} has it from {giver.name} ({KIND_WORDS[handoff.kind]})"
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
