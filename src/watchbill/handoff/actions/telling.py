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
from watchbill.trackers.actions.wanting import changed_in, comment_in
from watchbill.trackers.selectors import link_of

WORTH_SAYING = dt.timedelta(hours=12)  # a chat that was away so long is not told any more
LONGEST_SAID = 1500


def ask_in(incident: Incident, handoff: Handoff, person_ids: Iterable[int], reason: str, *, urgency: str, now: dt.datetime) -> None:
    """Ask these people about the hand-off, by their own rules of that urgency. Of a restricted incident its number and code name."""
    content = {**content_of(incident, reason), "path": f"/handoffs/{handoff.id}"}
    asks = [
        Ask(
            each,
            "handoff",
            None,
            None,
            incident.id,
            incident.service_id,
            urgency,
            {**content, "answers": each == handoff.receiver_id and not incident.restricted},  # a chat may offer buttons for it
        )
        for each in person_ids
    ]
    plan_in(asks, now=now)


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
    team = case.incident.team
    if channel := team.channel:
        record = HandoffRecord(handoff=handoff, place="chat", name=str(channel.get("name", ""))[:300])
        say_it_in(case, record)
    link = link_of(case.incident.id)
    if link is not None or (
        team.issue and not case.incident.restricted
    ):  # of a restricted one there may be none, and that is as it should be
        name = f"{link.issue or link.project}" if link is not None else str((team.issue or {}).get("project", ""))
        write_it_in(case, HandoffRecord(handoff=handoff, place="issue", name=name[:300]))


def say_it_in(case: Case, record: HandoffRecord) -> None:
    """Have it said in the team's channel; where that cannot be, the record says why."""
    chat = str((case.incident.team.channel or {}).get("chat", ""))
    title, text = _said(case, record.handoff)
    notice = Notice(chat, record.name, title, text, f"/handoffs/{record.handoff_id}", case.now + WORTH_SAYING)
    record.posting_id = say_in(notice, now=case.now) if chat in posting_now(now=case.now) else None
    why = "" if record.posting_id is not None else f"Nothing can be said in the chat {chat}: it is not active."
    _keep(record, why)


def write_it_in(case: Case, record: HandoffRecord) -> None:
    """Have it written as a comment of the tracking issue; where that cannot be, the record says why."""
    link = link_of(case.incident.id)
    made = comment_in([(case.incident.id, {"handoff": record.handoff_id})], now=case.now)
    record.write_id = made[0] if made else None
    if link is None:
        why = "The incident has no tracking issue; its page says why."
    else:
        why = f"The tracker {link.tracker.name} is not active any more, or may write no comments: its `writes` has no `comment`."
    _keep(record, "" if made else why)


def assignee_in(case: Case) -> None:
    """Where the assignee of the tracking issue moves with an offer: it follows each of them, and their end."""
    if case.incident.team.assignee_moves == "offer":
        changed_in([case.incident.id], ["assign"], now=case.now)


def _keep(record: HandoffRecord, why: str) -> None:
    record.state, record.error = ("failed" if why else "waiting"), why[:500]
    record.save()


def _said(case: Case, handoff: Handoff) -> tuple[str, str]:
    """For everybody who reads there: of a restricted incident no word of what it is."""
    incident, receiver, giver = case.incident, handoff.receiver, handoff.giver
    assert receiver is not None
    if incident.restricted:
        return f"#{incident.number} {incident.code_name} was handed over", "It is restricted; open it to read more."
    title = f"#{incident.number} {incident.title}: {receiver.name} has it from {giver.name} ({KIND_WORDS[handoff.kind]})"
    steps = "; ".join(f"{step['who']}: {step['what']}" for step in handoff.next_steps)
    parts = [handoff.summary, _ended(f"Next: {steps}")]
    parts += [_ended(f"{word}: {'; '.join(lines)}") for word, lines in _lists(handoff) if lines]
    if handoff.bridge:
        parts.append(f"Bridge: {handoff.bridge}")
    parts.append(f"Read back: {handoff.readback}")
    text = "\n".join(parts)
    return title, text if len(text) <= LONGEST_SAID else text[: LONGEST_SAID - 1] + "…"


def _ended(text: str) -> str:
    """With a full stop, unless its writer ended it."""
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


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
