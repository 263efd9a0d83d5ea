"""Merges at the same instant, and while somebody acknowledges, over real connections."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from tests.factories import MIN, T0, actor
from tests.response.conftest import _webhooks_work, desk
from tests.response.desk import Desk
from watchbill.incidents.models import Incident, Tenure
from watchbill.intake.actions import merge
from watchbill.intake.models import Alert
from watchbill.kernel.errors import Refused, WatchbillError
from watchbill.people.models import Person
from watchbill.response import actions

__all__ = ["_webhooks_work", "desk"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
ROUNDS = 6


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each of them answered or was refused with, in their order."""
    together, said = threading.Barrier(len(acts)), [None] * len(acts)

    def run(n: int, act: Callable[[], object]) -> None:
        together.wait()
        try:
            said[n] = act()  # type: ignore[call-overload]
        except WatchbillError as error:
            said[n] = error  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, act)) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive(), "they wait for each other"
    return list(said)


def merging(one: Incident, into: Incident, who: Person) -> Callable[[], object]:
    return lambda: merge(one.number, into.number, person=who, actor=actor(who), now=T0 + 2 * MIN)


def test_of_two_merges_into_each_other_one_happens(desk: Desk) -> None:
    for _ in range(ROUNDS):
        one, other = desk.open(), desk.open()
        said = at_once(merging(one, other, desk.ada), merging(other, one, desk.bruno))
        assert sorted(isinstance(each, Refused) for each in said) == [False, True], said
        assert sorted([desk.status(one), desk.status(other)]) == ["resolved", "triggered"]


def alert(incident: Incident) -> Alert:
    row = {"service_id": incident.service_id, "incident": incident, "dedup_key": f"k{incident.pk}", "severity": "high", "summary": "full"}
    return Alert.objects.create(**row, first_at=T0, last_at=T0)


def had_by(desk: Desk, who: Person) -> Incident:
    """An incident with an alert that fires, and an owner."""
    made = desk.open()
    alert(made)
    desk.acknowledge(made, who, T0 + MIN)
    return made


def owners(*incidents: Incident) -> list[str]:
    rows = Tenure.objects.filter(incident__in=incidents, role="owner", until=None)
    return list(rows.order_by("incident_id").values_list("person__handle", flat=True))


@pytest.mark.req("G20", "G21")
def test_two_merged_into_the_same_third_are_both_in_it(desk: Desk) -> None:
    for _ in range(ROUNDS):
        one, other, third = had_by(desk, desk.ada), had_by(desk, desk.bruno), had_by(desk, desk.chen)
        said = at_once(merging(one, third, desk.ada), merging(other, third, desk.bruno))
        assert [each for each in said if isinstance(each, WatchbillError)] == []
        assert [desk.status(each) for each in (one, other, third)] == ["resolved", "resolved", "acknowledged"]
        assert Alert.objects.filter(incident=third, state="firing").count() == 3
        assert {each.person.handle for each in third.participants.all()} == {"ada", "bruno"}
        assert owners(one, other, third) == ["chen"]
        assert len(desk.story(third, "linked")) == 2


@pytest.mark.req("G20", "G21")
def test_a_chain_of_merges_leaves_no_alert_behind_and_one_owner(desk: Desk) -> None:
    for turn in range(ROUNDS):
        one, other, third = had_by(desk, desk.ada), had_by(desk, desk.bruno), had_by(desk, desk.chen)
        acts = [merging(one, other, desk.ada), merging(other, third, desk.bruno)]
        said = at_once(*(acts if turn % 2 else reversed(acts)))
        refused = [each for each in said if isinstance(each, WatchbillError)]
        assert all(isinstance(each, Refused) for each in refused)  # the one in the middle was over already
        assert len(refused) <= 1
        open_ = [each for each in (one, other, third) if desk.status(each) == "acknowledged"]
        assert open_ == ([one, third] if refused else [third])
        assert owners(one, other, third) == (["ada", "chen"] if refused else ["chen"])
        fires = Alert.objects.filter(dedup_key__in=[f"k{each.pk}" for each in (one, other, third)], state="firing")
        assert fires.count() == fires.filter(incident__in=open_).count() == 3


@pytest.mark.req("G20", "G21")
def test_whoever_acknowledges_while_it_is_merged_leaves_one_owner(desk: Desk) -> None:
    def acknowledging(incident: Incident, who: Person) -> Callable[[], object]:
        return lambda: actions.acknowledge(incident.number, person=who, actor=actor(who), now=T0 + MIN)

    for _ in range(ROUNDS):
        stays, gone = desk.open(), desk.open()
        said = at_once(merging(gone, stays, desk.chen), acknowledging(gone, desk.ada), acknowledging(stays, desk.bruno))
        assert [each for each in said if isinstance(each, WatchbillError) and not isinstance(each, Refused)] == []
        stays.refresh_from_db()
        assert (desk.status(gone), desk.status(stays)) == ("resolved", "acknowledged")
        assert stays.owner == desk.bruno
        assert Tenure.objects.filter(incident=stays, role="owner", until=None).count() == 1
        assert not Tenure.objects.filter(incident=gone, until=None).exists()
