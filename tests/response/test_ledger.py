"""Who had it in every second: kept as the acts happen, and the database lets nobody change what was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import HOUR, MIN, T0
from tests.response.desk import Desk
from watchbill.incidents.ledger import keep_in
from watchbill.incidents.models import Incident, Tenure
from watchbill.people.selectors import viewer_of
from watchbill.response.rules import stretches
from watchbill.response.selectors import ledger


def rows(incident: Incident) -> list[tuple[Any, ...]]:
    found = Tenure.objects.filter(incident=incident).order_by("role", "since", "id")
    return [(row.role, row.person.handle, row.since, row.until, row.reason) for row in found.select_related("person")]


def lived(desk: Desk) -> Incident:
    """Acknowledged, escalated and acknowledged by another, given back by its owner, taken, resolved, reopened."""
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0 + 10 * MIN)
    desk.act("escalate", incident, desk.ada, now=T0 + 20 * MIN)
    desk.acknowledge(incident, desk.grace, T0 + 25 * MIN)
    desk.act("give_back", incident, desk.ada, "fever", now=T0 + 40 * MIN)
    desk.acknowledge(incident, desk.bruno, T0 + 50 * MIN)
    desk.act("resolve", incident, desk.bruno, now=T0 + HOUR)
    desk.act("reopen", incident, desk.chen, "again", now=T0 + 2 * HOUR)
    return incident


@pytest.mark.req("G20", "G23", "G26")
def test_every_act_that_changes_hands_is_kept_with_its_reason(desk: Desk) -> None:
    incident = lived(desk)
    assert rows(incident) == [
        ("acting", "ada", T0 + 10 * MIN, T0 + 25 * MIN, "acknowledged"),
        ("acting", "grace", T0 + 25 * MIN, T0 + 40 * MIN, "acknowledged"),
        ("acting", "bruno", T0 + 50 * MIN, T0 + HOUR, "given back"),
        ("acting", "bruno", T0 + 2 * HOUR, None, "reopened"),
        ("owner", "ada", T0 + 10 * MIN, T0 + 50 * MIN, "acknowledged"),
        ("owner", "bruno", T0 + 50 * MIN, T0 + HOUR, "given back"),
        ("owner", "bruno", T0 + 2 * HOUR, None, "reopened"),
    ]
    acting = [(s.person and s.person.handle, s.start) for s in ledger(viewer_of(desk.chen), incident) if s.role == "acting"]
    assert acting[3] == (None, T0 + 40 * MIN)  # given back: for ten minutes nobody worked on it, and it is named


@pytest.mark.req("G20")
def test_the_assigned_one_owns_from_then_on() -> None:
    """Pure: the time before is nobody's."""
    assert stretches([(T0, None)], [(7, T0 + HOUR, None)]) == [(None, T0, T0 + HOUR), (7, T0 + HOUR, None)]


@pytest.mark.parametrize("change", [{"person_id": 0}, {"since": T0}, {"reason": "other"}, {"until": None}, {"until": T0 + 9 * HOUR}])
def test_the_database_refuses_to_change_what_was(desk: Desk, change: dict[str, Any]) -> None:
    incident = lived(desk)
    was = Tenure.objects.filter(incident=incident, until__isnull=False).order_by("-id")[:1]
    if "person_id" in change:
        change = {"person_id": desk.charlie.id}
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Tenure.objects.filter(pk__in=list(was.values_list("pk", flat=True))).update(**change)


def test_the_database_refuses_two_owners_at_one_time_and_to_delete(desk: Desk) -> None:
    incident = lived(desk)
    two = {"incident": incident, "role": "owner", "person": desk.chen, "reason": "by hand"}
    for since, until in ((T0 + 11 * MIN, T0 + 12 * MIN), (T0 + 3 * HOUR, None)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Tenure.objects.create(**two, since=since, until=until)
    with pytest.raises(DatabaseError), transaction.atomic():
        Tenure.objects.filter(incident=incident).delete()
    Tenure.objects.create(**two, since=T0, until=T0 + MIN)  # where nobody was, somebody may be written


def test_an_act_whose_clock_was_read_before_begins_where_the_other_ended(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    keep_in(incident.id, owner=desk.bruno.id, acting=desk.bruno.id, reason="later", by=None, now=T0)
    assert rows(incident)[:2] == [
        ("acting", "ada", T0 + MIN, T0 + MIN, "acknowledged"),
        ("acting", "bruno", T0 + MIN, None, "later"),
    ]


MOMENTS = st.integers(0, 20)


@settings(max_examples=50, deadline=None)
@given(life=st.lists(MOMENTS, min_size=1, max_size=5, unique=True), held=st.lists(MOMENTS, max_size=6, unique=True))
@pytest.mark.req("G23")
def test_every_second_of_its_life_is_somebody_s_or_named(life: list[int], held: list[int]) -> None:
    def at(n: int) -> datetime:
        return T0 + n * MIN

    life, held = sorted(life), sorted(held)
    open_ = [(at(a), at(life[n + 1]) if n + 1 < len(life) else None) for n, a in enumerate(life) if n % 2 == 0]
    had = [(n, at(a), at(held[n + 1]) if n + 1 < len(held) else None) for n, a in enumerate(held) if n % 3 != 2]
    found = stretches(open_, had)
    for minute in range(25):
        moment = at(minute)
        lives_then = any(a <= moment and (b is None or moment < b) for a, b in open_)
        who = next((p for p, a, b in had if a <= moment and (b is None or moment < b)), None)
        now = [p for p, a, b in found if a <= moment and (b is None or moment < b)]
        assert now == ([who] if lives_then else [])
