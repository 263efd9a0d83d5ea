"""When is it over? A page is silent long before its incident is solved: resolving the page leaves the incident on its owner's list.

Nothing is ever resolved by time alone; the source may end the alarm, and only where the service says so the incident.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.incidents.models import Incident
from watchbill.incidents.rules import plain
from watchbill.kernel.errors import Invalid, Refused
from watchbill.notifications.actions import cancel_in, tell_status_in
from watchbill.paging import actions as paging
from watchbill.paging.models import Page
from watchbill.people.models import Person
from watchbill.people.permissions import Verb
from watchbill.response.actions.acknowledging import hold_of, is_waiting, status_text, take_in, who_has
from watchbill.response.actions.case import (
    Case,
    Outcome,
    clock,
    engage_in,
    finish_in,
    finish_with_word_in,
    is_resolved,
    keep_access_in,
    lock_in,
    open_case_in,
    outcome,
    tell_person_in,
)
from watchbill.response.actions.opening import respond_page

LONGEST_REASON = 2000


@transaction.atomic(durable=True)
def resolve(number: int, *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    """It is solved: the incident, all its pages and its alerts. A trigger that comes later opens a new incident."""
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    if case.resolved:
        return is_resolved(case)
    keep_access_in(case, person.id)
    engage_in(case)
    resolve_in(case, f"{person.name} resolved it.")
    return outcome(case, f"#{number} is resolved. Those who were notified are told.")


@transaction.atomic(durable=True)
def resolve_page(number: int, *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    """The alarm is silent, the work goes on: the incident stays open on its owner's list (P21, GitLab guide).

    Whoever silences a page that nobody acknowledged has it: acknowledged first, so that somebody owns it.
    """
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    if case.resolved:
        return is_resolved(case)
    page = case.respond
    if page is None:
        return outcome(case, f"The page of #{number} is over already; the incident is open.", won=False)
    if is_waiting(page):
        take_in(case, person, page)
    keep_access_in(case, person.id)
    silence_pages_in(case, [page])
    engage_in(case)
    case.tell("page_resolved", f"{person.name} resolved the page. The incident stays open.", page=page)
    case.record("page.resolve", page=page)
    finish_with_word_in(case)
    return outcome(case, f"The page of #{number} is silent. The incident stays open: {who_has(case)}.")


@transaction.atomic(durable=True)
def reopen(number: int, reason: str, *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    """It was not solved. Its owner still owns it and is told; one that nobody owned, or whose owner has left, is paged from step 1.

    Raises Invalid without a reason, Refused for one that was merged into another.
    """
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    reason = reason_of(reason, "Say why it is open again.")
    incident = case.incident
    if not case.resolved:
        return outcome(case, f"#{number} is open already.", won=False)
    if incident.merged_into is not None:
        raise Refused(
            f"#{number} was merged into #{incident.merged_into.number}, and its work goes on there. Split alerts off that one instead."
        )
    incident.status = Incident.Status.ACKNOWLEDGED if incident.owner_id else Incident.Status.TRIGGERED
    incident.resolved_at = None
    incident.acting = incident.owner
    case.because = "reopened"
    incident.group_key = ""  # a new alert is new work: it opens an incident of its own
    keep_access_in(case, person.id)
    engage_in(case)
    case.tell("reopened", f"{person.name} reopened it: {reason}", reason=reason, **hold_of(case))
    case.record("incident.reopen", reason=reason)
    finish_with_word_in(case, "status", "resolved_at", "acting", "group_key")
    owner = incident.owner
    if owner is None or not owner.is_active:
        paging.open_pages_in([respond_page(incident)], now=now)
    elif owner.id != person.id:
        tell_person_in(case, [owner.id], f"{person.name} reopened it, and you own it: {reason}")
    return outcome(case, f"#{number} is open again. {who_has(case)}.")


def cleared_in(incident_ids: Sequence[int], *, source: str, now: dt.datetime) -> None:
    """The source says that every alert of these incidents is over. What follows, the service says by `when_cleared` (P25).

    keep: the walk goes on. resolve: the incident is resolved. stop_paging: an acknowledged page is resolved; a page that nobody
    acknowledged stops escalating once one person was reached, and the incident stands as cleared, nobody looked, until a person closes it.
    """
    actor = Actor(name=source, via="source")
    for incident_id in sorted(set(incident_ids)):
        case = lock_in(incident_id, actor=actor, now=now)
        if case is None or case.resolved or case.incident.cleared_at is not None:
            continue
        case.incident.cleared_at = now
        case.tell("cleared", f"{source} says that it is over.", page=case.respond)
        when = case.incident.service.when_cleared if case.incident.service else "stop_paging"
        if when == "resolve":
            resolve_in(case, f"{source} says that it is over: resolved.", "cleared_at")
        elif when == "keep":
            finish_in(case, "cleared_at")
        else:
            _stop_paging_in(case)


def reason_of(text: str, why: str) -> str:
    """The reason in one clean piece. Raises Invalid, with `why` as its sentence, when there is none."""
    reason = plain(text).strip()
    if not reason:
        raise Invalid(why, field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"The reason has {len(reason)} characters; keep it under {LONGEST_REASON}. A note can say more.", field="reason")
    return reason


def silence_pages_in(case: Case, pages: Sequence[Page]) -> None:
    """These pages are over: nothing of them is sent any more."""
    ids = [page.id for page in pages]
    if ids:
        paging.resolve_in(ids, now=case.now)
        cancel_in(page_ids=ids, kinds=["page"], now=case.now)


def _stop_paging_in(case: Case) -> None:
    """Pages that somebody has are over; the others reach one person and are quiet then. What came and went in a maintenance is over."""
    had = [page for page in case.pages if not is_waiting(page)]
    waiting = [page for page in case.pages if is_waiting(page)]
    if waiting and not had and all(page.maintenance_at is not None and page.firings == 0 for page in waiting):
        resolve_in(case, "It came and went in a maintenance, and nobody was paged: resolved.", "cleared_at")
        return
    silence_pages_in(case, had)
    for page in had:
        case.tell("page_resolved", "The page is over. The incident stays open.", page=page)
        case.record("page.resolve", page=page, cleared=True)
    case.incident.cleared_unseen = case.incident.status == Incident.Status.TRIGGERED
    case.record("incident.cleared", unseen=case.incident.cleared_unseen)
    finish_in(case, "cleared_at", "cleared_unseen")
    if waiting:
        paging.source_cleared_in([page.id for page in waiting], now=case.now)


def resolve_in(case: Case, text: str, *changed: str) -> None:
    """It is over, in these words: its pages and alerts too. The caller has said whose act it is."""
    incident = case.incident
    silence_pages_in(case, case.pages)
    incident.status = Incident.Status.RESOLVED
    incident.resolved_at = case.now
    incident.cleared_unseen = False
    incident.alerts.filter(state="firing").update(state="resolved", resolved_at=case.now)
    if case.person is not None:
        incident.word_at = case.now
    case.tell("resolved", text, **hold_of(case))
    case.record("incident.resolve", pages=[page.id for page in case.pages])
    told = status_text(case) if incident.restricted else f"{text} {clock(case.now)}."
    tell_status_in(incident, told, except_person=case.person.id if case.person else None, now=case.now)
    finish_in(case, "status", "resolved_at", "cleared_unseen", "word_at", *changed)
