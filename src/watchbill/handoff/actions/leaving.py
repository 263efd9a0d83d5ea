"""Somebody leaves: the one change of owner that nobody accepts. What they had goes to the on-call, else to the last resort, with an alarm."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db.models import Q

from watchbill.audit.actions import Actor
from watchbill.handoff.actions.answering import expire_in
from watchbill.handoff.models import Handoff
from watchbill.incidents.models import Incident, Task
from watchbill.people.models import Organization, Person
from watchbill.response.actions.acknowledging import hold_of, set_hold, who_has
from watchbill.response.actions.case import Case, finish_in, keep_access_in, lock_in, tell_person_in
from watchbill.response.callsheet import managers_of
from watchbill.response.rules import Hold
from watchbill.response.selectors import on_call_of


def leave_in(person_ids: Collection[int], *, by: Actor, now: dt.datetime) -> int:
    """Their open incidents, offers and tasks go on without them, in the open transaction. The accounts are closed already.

    Answers for how many incidents. In the order of the incidents' ids, as every act that locks several.
    """
    gone = set(person_ids)
    theirs = Incident.objects.filter(Q(owner__in=gone) | Q(acting__in=gone)).exclude(status=Incident.Status.RESOLVED)
    offers = Handoff.objects.filter(Q(giver__in=gone) | Q(receiver__in=gone), state=Handoff.State.OFFERED)
    moved = 0
    for incident_id in sorted({*theirs.values_list("id", flat=True), *offers.values_list("incident_id", flat=True)}):
        case = lock_in(incident_id, actor=by, now=now)
        if case is None:
            continue
        if not case.resolved and {case.incident.owner_id, case.incident.acting_id} & gone:
            moved += _hand_on_in(case, gone)
        _end_offers_in(case, gone)
    Task.objects.filter(assignee__in=gone, done_at=None).update(assignee=None)
    return moved


def _hand_on_in(case: Case, gone: set[int]) -> bool:
    incident, before = case.incident, case.hold
    heir = _heir(case, gone)
    if heir is None:
        case.tell("left", "Whoever had it has left, and there is nobody to have it next.")
        finish_in(case)
        return False
    owner = heir if before.owner in gone else before.owner
    acting = before.acting
    if acting in gone:
        acting = owner if owner is not None else heir
    set_hold(case, Hold(owner=owner, acting=acting))
    case.because = "left"
    case.incident.word_at = case.now  # the silence of whoever has left is not theirs
    for each in {owner, acting} - {before.owner, before.acting, None}:
        keep_access_in(case, each or 0, "named")
    names = ", ".join(
        Person.objects.filter(pk__in=[each for each in gone if each in (before.owner, before.acting)])
        .order_by("id")
        .values_list("name", flat=True)
    )
    case.tell(
        "owner" if owner != before.owner else "acting",
        f"{names} has left. {who_has(case)}.",
        previous=before.owner,
        reason="left",
        **hold_of(case),
    )
    if owner != before.owner:
        case.record("incident.owner", owner=owner, previous=before.owner, reason="left")
    if acting != before.acting:
        case.record("incident.acting", acting=acting, previous=before.acting, reason="left")
    told = [each for each in (owner, acting) if each is not None and each not in (before.owner, before.acting)]
    if not incident.restricted:
        told += managers_of(incident.team, now=case.now)
    finish_in(case, "owner", "acting", "word_at")
    tell_person_in(case, [each for each in told if each not in gone], f"{names} has left. {who_has(case)}: look at it.")
    return True


def _heir(case: Case, gone: set[int]) -> int | None:
    """Whoever has the team's watch, else the last resort of the team, else of the installation."""
    last = Organization.objects.values_list("last_resort_id", flat=True).first()
    wanted = [*on_call_of(case.incident.team_id, now=case.now), case.incident.team.last_resort_id, last]
    there = set(Person.objects.filter(pk__in=[each for each in wanted if each], is_active=True).values_list("id", flat=True))
    return next((each for each in wanted if each is not None and each in there and each not in gone), None)


def _end_offers_in(case: Case, gone: set[int]) -> None:
    """Offers from and to them are over; both are told, as far as they are here."""
    rows = Handoff.objects.select_for_update(no_key=True, of=("self",)).select_related("giver", "receiver")
    row = rows.filter(incident=case.incident, state=Handoff.State.OFFERED).first()
    if row is not None and row.receiver is not None and {row.giver_id, row.receiver_id} & gone:
        expire_in(case, row, f"{(row.giver if row.giver_id in gone else row.receiver).name} has left.")
