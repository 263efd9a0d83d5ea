"""How does every act on an incident begin and end? Seen, allowed, locked; told, recorded, shown.

Locks are taken in the order incident, page, notification. What the viewer must not see is not found, before anything else is said.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.incidents import ledger
from watchbill.incidents.actions import Line, audit_entry, grant_in, join_in, tell_in
from watchbill.incidents.models import Incident, TimelineEntry
from watchbill.incidents.selectors import by_number, visible_to
from watchbill.kernel import bus
from watchbill.kernel.errors import NotAllowed, NotFound
from watchbill.notifications.actions import Ask, cancel_in, plan_in
from watchbill.notifications.actions.telling import content_of
from watchbill.paging.actions import word_in
from watchbill.paging.models import Page
from watchbill.people.models import Person
from watchbill.people.permissions import Decision, Verb, Viewer, decide
from watchbill.people.selectors import viewer_of
from watchbill.response.rules import Hold
from watchbill.response.selectors import manages, was_notified


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an act. A lost race is not an error: `won` is False and the message says who has it.

    `ask_take_over`: the owner was silent, and whoever acknowledged now acts; ask them whether they take it over for good.
    """

    won: bool
    message: str
    number: int
    owner: Person | None = None
    acting: Person | None = None
    ask_take_over: bool = False


@dataclass(slots=True)
class Case:
    """An incident and its open pages, locked, with whoever acts on it. Lines and records are collected and written by `finish_in`."""

    incident: Incident
    pages: list[Page]
    person: Person | None
    actor: Actor
    now: dt.datetime
    lines: list[Line] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    because: str = "acknowledged"  # why it changes hands, if it does: for the ledger
    known: tuple[int | None, int | None] = (None, None)  # who has it, as the ledger says

    def __post_init__(self) -> None:
        self.known = self.held

    @property
    def held(self) -> tuple[int | None, int | None]:
        """Owner and acting responder; nobody when it is resolved."""
        return (None, None) if self.resolved else (self.incident.owner_id, self.incident.acting_id)

    @property
    def hold(self) -> Hold:
        return Hold(owner=self.incident.owner_id, acting=self.incident.acting_id)

    @property
    def resolved(self) -> bool:
        return self.incident.status == Incident.Status.RESOLVED

    @property
    def respond(self) -> Page | None:
        """Its open page of purpose respond."""
        return self.page_for(Page.Purpose.RESPOND)

    def page_for(self, purpose: str) -> Page | None:
        return next((page for page in self.pages if page.purpose == purpose), None)

    def tell(self, kind: str, text: str, /, *, page: Page | None = None, **data: Any) -> None:
        """A line of the story, at the end of the act."""
        self.lines.append(
            Line(
                incident_id=self.incident.id,
                kind=kind,
                text=text,
                actor_id=self.actor.person_id,
                via=self.actor.via,
                data=data,
                page_id=page.id if page else None,
            )
        )

    def record(self, action: str, /, *, page: Page | None = None, **detail: Any) -> None:
        """A record of the audit, at the end of the act."""
        entry = audit_entry(action, self.incident, **detail)
        if page is not None:
            entry = Entry(
                action=action,
                kind="page",
                object_id=str(page.id),
                incident_id=entry.incident_id,
                team_id=entry.team_id,
                restricted=entry.restricted,
                detail={**detail, "number": self.incident.number, "purpose": page.purpose},
            )
        self.entries.append(entry)


def open_case_in(number: int, verb: Verb, *, person: Person, actor: Actor, now: dt.datetime) -> Case:
    """Lock the incident and its open pages for an act of this person.

    Raises NotFound when the person must not learn of it, NotAllowed with the reason when they see it and may not act.
    """
    viewer = viewer_of(person)
    seen = by_number(viewer, number)
    case = lock_in(seen.id, actor=actor, now=now, person=person)
    if case is None or not visible_to(viewer).filter(pk=case.incident.pk).exists():
        raise NotFound(f"There is no incident #{number} here. Look at the list for the number.")
    decision = _decide(viewer, verb, case.incident, now=now)
    if not decision.allowed:
        raise NotAllowed(decision.why, number=number)
    return case


def lock_in(incident_id: int, *, actor: Actor, now: dt.datetime, person: Person | None = None) -> Case | None:
    """Lock the incident, then its open pages, then read both: what is read is what holds until the end of the transaction."""
    if not Incident.objects.select_for_update(no_key=True).filter(pk=incident_id).values_list("pk", flat=True).first():
        return None
    pages = list(
        Page.objects.select_for_update(no_key=True).filter(incident_id=incident_id).exclude(status=Page.Status.RESOLVED).order_by("id")
    )
    incident = Incident.objects.select_related("service", "team", "owner", "acting").get(pk=incident_id)
    return Case(incident=incident, pages=pages, person=person, actor=actor, now=now)


def finish_in(case: Case, *changed: str) -> None:
    """Write the changed fields and what was collected; tell boards and the engine. May be called again when an act goes on."""
    if changed:
        case.incident.save(update_fields=list(changed))
    if case.held != case.known:
        owner, acting = case.known = case.held
        by = case.person.id if case.person else None
        ledger.keep_in(case.incident.id, owner=owner, acting=acting, reason=case.because, by=by, now=case.now)
    tell_in(case.lines, now=case.now)
    record_in(case.entries, by=case.actor, now=case.now)
    case.lines, case.entries = [], []
    bus.board_changed(case.incident.id)
    bus.wake_engine()


def finish_with_word_in(case: Case, *changed: str) -> None:
    """Finish an act that is a human word: whoever has it is not silent, and neither is the incident."""
    case.incident.word_at = case.now
    finish_in(case, "word_at", *changed)
    answered_in(case)
    word_in(case.incident.id, now=case.now)


def answered_in(case: Case) -> None:
    """Somebody has it, and whoever speaks was reached: what their own rules still hold for them is not sent. A word by anybody answers the
    reminder of a silent owner too."""
    if case.person is None:
        return
    for page in case.pages:
        if Page.Status.ACKNOWLEDGED not in (page.status, page.paused_status):
            continue
        people = {case.person.id}
        if page.pinged_at is not None:
            people |= {each for each in (case.incident.owner_id, case.incident.acting_id, page.acknowledged_by_id) if each is not None}
        cancel_in(page_ids=[page.id], kinds=["page"], person_ids=people, now=case.now)


def engage_in(case: Case) -> None:
    """Whoever acts on it while somebody else owns it takes part in it."""
    if case.person is not None and case.person.id != case.incident.owner_id:
        join_in(case.incident.id, case.person.id, now=case.now)


def keep_access_in(case: Case, person_id: int, reason: str = "acknowledged") -> None:
    """Whoever took it, or was named, keeps seeing a restricted one after its pages are over."""
    grant_in(case.incident.id, [person_id], reason, now=case.now, by=case.actor)


def tell_person_in(case: Case, person_ids: Sequence[int], reason: str) -> None:
    """A status notice to these people, by their own rules: the incident, and why it concerns them in one sentence."""
    content = content_of(case.incident, reason)
    asks = [
        Ask(
            person_id=person_id,
            kind="status",
            page_id=None,
            firing=None,
            incident_id=case.incident.id,
            service_id=case.incident.service_id,
            urgency="high",
            content=content,
        )
        for person_id in dict.fromkeys(person_ids)
    ]
    if asks:
        plan_in(asks, now=case.now)


def outcome(case: Case, message: str, *, won: bool = True, ask_take_over: bool = False) -> Outcome:
    """The outcome, with whoever has it now."""
    incident = case.incident
    return Outcome(
        won=won, message=message, number=incident.number, owner=incident.owner, acting=incident.acting, ask_take_over=ask_take_over
    )


def is_resolved(case: Case) -> Outcome:
    """Somebody was first: it is resolved already."""
    when = case.incident.resolved_at
    return outcome(case, f"#{case.incident.number} was resolved already{f' at {clock(when)}' if when else ''}.", won=False)


def latest(case: Case, *kinds: str) -> TimelineEntry | None:
    """The latest line of these kinds."""
    return TimelineEntry.objects.filter(incident=case.incident, kind__in=kinds).order_by("-id").first()


def clock(at: dt.datetime) -> str:
    """A time in a sentence."""
    return f"{at.astimezone(dt.UTC):%H:%M} UTC"


def _decide(viewer: Viewer, verb: Verb, incident: Incident, *, now: dt.datetime) -> Decision:
    """By role first; only when that does not do it, ask who was notified and who stands on the managers' schedule."""
    facts: dict[str, Any] = {"team_id": incident.team_id, "restricted": incident.restricted, "has_access": incident.restricted}
    decision = decide(viewer, verb, **facts)
    if decision.allowed:
        return decision
    involved = was_notified(viewer.person_id, incident)
    return decide(viewer, verb, **facts, notified=involved, manages=manages(viewer.person_id, incident.team_id, now=now))
