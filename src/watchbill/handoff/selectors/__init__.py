"""What a person sees of hand-offs. Every read goes through `seen_by`: of an incident that they must not learn of there is none."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from watchbill.handoff.models import Handoff, HandoffRecord
from watchbill.handoff.rules import Step, Words
from watchbill.incidents.models import Incident
from watchbill.incidents.selectors import visible_to
from watchbill.kernel.errors import NotFound
from watchbill.notifications.chats.models import Posting
from watchbill.people.models import Person
from watchbill.people.permissions import Viewer
from watchbill.trackers.models import Write

LISTS = ("related", "engaged", "channels", "open_questions", "decisions", "pending")


def seen_by(viewer: Viewer) -> QuerySet[Handoff]:
    """Hand-offs of incidents that the viewer may see; a draft is its giver's alone."""
    rows = Handoff.objects.filter(incident__in=visible_to(viewer))
    rows = rows.filter(~Q(state=Handoff.State.DRAFT) | Q(giver_id=viewer.person_id))
    return rows.select_related("incident__team", "incident__service", "giver", "receiver", "returns")


def by_id(viewer: Viewer, handoff_id: int) -> Handoff:
    """Raises NotFound alike for one that does not exist and one that must not be learned of."""
    found = seen_by(viewer).exclude(state=Handoff.State.DRAFT).filter(pk=handoff_id).first() if 0 < handoff_id < 2**63 else None
    if found is None:
        raise NotFound(f"There is no hand-off {handoff_id} here. Look at the incident for its offer.")
    return found


def open_offer(viewer: Viewer, incident: Incident) -> Handoff | None:
    """The offer of this incident that waits for an answer."""
    return seen_by(viewer).filter(incident=incident, state=Handoff.State.OFFERED).first()


def offered_to(viewer: Viewer) -> list[Handoff]:
    """What waits for the viewer's answer, what ends first at the top."""
    return list(seen_by(viewer).filter(receiver_id=viewer.person_id, state=Handoff.State.OFFERED).order_by("expires_at", "id"))


def offered_by(viewer: Viewer) -> list[Handoff]:
    """What the viewer offered and nobody has answered."""
    return list(seen_by(viewer).filter(giver_id=viewer.person_id, state=Handoff.State.OFFERED).order_by("expires_at", "id"))


def of_incident(viewer: Viewer, incident: Incident) -> list[Handoff]:
    """All of them, the latest first; drafts are no hand-offs yet."""
    return list(seen_by(viewer).filter(incident=incident).exclude(state=Handoff.State.DRAFT).order_by("-id"))


def running_break(viewer: Viewer, incident: Incident) -> Handoff | None:
    """The break that this incident is in: accepted, and whoever took it still acts."""
    rows = seen_by(viewer).filter(incident=incident, kind="break", state=Handoff.State.ACCEPTED).order_by("-ended_at", "-id")
    last = rows.first()
    return last if last is not None and last.returns_id is None and last.receiver_id == incident.acting_id else None


def draft_of(viewer: Viewer, incident: Incident) -> Handoff | None:
    """What the viewer has written so far."""
    return seen_by(viewer).filter(incident=incident, giver_id=viewer.person_id, state=Handoff.State.DRAFT).first()


def words_of(row: Handoff) -> Words:
    """Its parts, as the rules know them."""
    steps = tuple(Step(str(step.get("who", "")), str(step.get("what", ""))) for step in row.next_steps)
    return Words(summary=row.summary, bridge=row.bridge, next_steps=steps, **{name: tuple(getattr(row, name)) for name in LISTS})


def describe(row: Handoff) -> dict[str, Any]:
    """A hand-off as the contract names it."""
    questions = row.questions.select_related("asked_by").order_by("id")
    return {
        "id": row.id,
        "incident": row.incident.number,
        "kind": row.kind,
        "state": row.state,
        "from": _person(row.giver),
        "to": _person(row.receiver),
        "offered_at": row.offered_at,
        "expires_at": row.expires_at,
        "ended_at": row.ended_at,
        "readback": row.readback or None,
        "why": row.why or None,
        "returns_at": row.returns_at,
        "summary": row.summary,
        **{name: list(getattr(row, name)) for name in LISTS},
        "bridge": row.bridge,
        "next_steps": row.next_steps,
        "questions": [{"by": _person(each.asked_by), "text": each.text, "answer": each.answer or None} for each in questions],
        "records": [{"place": each.place, "name": each.name, "state": state, "error": error} for each, state, error in records_of(row)],
    }


def records_of(row: Handoff) -> list[tuple[HandoffRecord, str, str]]:
    """Where it is written outside, how far that is, and what failed. A chat says so by its own message, a tracker by its comment."""
    rows = list(row.records.order_by("id"))
    postings = Posting.objects.in_bulk([each.posting_id for each in rows if each.posting_id is not None])
    writes = Write.objects.in_bulk([each.write_id for each in rows if each.write_id is not None])
    return [(each, *_state(each, postings.get(each.posting_id or 0), writes.get(each.write_id or 0))) for each in rows]


def _state(record: HandoffRecord, posting: Posting | None, write: Write | None) -> tuple[str, str]:
    said = posting or write
    if said is None:
        return record.state, record.error
    if (posting is not None and posting.posted_at is not None) or (write is not None and write.done_at is not None):
        return "written", ""
    return ("failed" if said.error else "waiting"), said.error


def _person(person: Person | None) -> dict[str, str] | None:
    return {"handle": person.handle, "name": person.name} if person else None
