"""Somebody leaves: what they had goes on without them, and nothing is nobody's."""

from __future__ import annotations

import pytest
from django.db import transaction

from tests.factories import HOUR, MIN, T0
from tests.handoff.offers import accept, offer, state
from tests.handoff.test_answering import owned
from tests.response.desk import Desk
from watchbill.audit.actions import Actor
from watchbill.config.actions.writing import deactivate_in
from watchbill.people.models import Person
from watchbill.schedules.models import Layer

BY = Actor("operator", "cli")


def leave(*handles: str, now: object = T0 + 2 * HOUR) -> None:
    with transaction.atomic():
        deactivate_in([("people", handle) for handle in handles], by=BY, now=now)  # type: ignore[arg-type]


@pytest.mark.req("G20", "G23")
def test_the_owner_leaves_and_the_on_call_owns_it_with_an_alarm(desk: Desk) -> None:
    incident = owned(desk)
    Layer.objects.filter(schedule=desk.watch).update(order=[[desk.chen.id]])
    desk.deliver()
    leave("ada")
    assert desk.hold(incident) == ("chen", "chen")
    assert sorted(who for who, _ in desk.waiting("status")) == ["chen", "grace", "hugo"]
    assert desk.story(incident, "owner")[-1] == f"Ada has left. Chen has #{incident.number}."
    assert incident.tenures.get(role="owner", until=None).reason == "left"


def test_without_anybody_on_call_the_last_resort(desk: Desk) -> None:
    incident = owned(desk)
    leave("ada")  # whose the watch was
    assert desk.hold(incident) == ("root", "root")


def test_whoever_only_acted_leaves_and_the_owner_acts_again(desk: Desk) -> None:
    incident = owned(desk)
    accept(offer(incident, desk.ada, desk.bruno, now=T0 + HOUR), desk.bruno, now=T0 + HOUR)
    leave("bruno")
    assert desk.hold(incident) == ("ada", "ada")


def test_an_offer_to_whoever_leaves_is_over(desk: Desk) -> None:
    incident = owned(desk)
    made = offer(incident, desk.ada, desk.bruno, now=T0 + HOUR)
    leave("bruno")
    assert state(made) == "expired"
    assert desk.hold(incident) == ("ada", "ada")
    assert Person.objects.get(pk=desk.bruno.pk).is_active is False


@pytest.mark.req("R8")
def test_a_restricted_one_goes_on_too_and_only_the_heir_is_let_in(desk: Desk) -> None:
    incident = owned(desk, service=desk.secret)
    desk.act("resolve_page", incident, desk.ada, now=T0 + 5 * MIN)
    Layer.objects.filter(schedule=desk.watch).update(order=[[desk.chen.id]])
    desk.deliver()
    leave("ada")
    assert desk.hold(incident) == ("chen", "chen")
    assert desk.sees(desk.chen, incident)
    assert not desk.sees(desk.grace, incident)
    assert [who for who, _ in desk.waiting("status")] == ["chen"]
