"""An offer that nobody answers reaches somebody; one that has lost its ground ends; a break offers itself back."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import HOUR, MIN, SEC, T0
from tests.handoff.offers import accept, answer, offer, state
from tests.handoff.test_answering import owned
from tests.response.desk import Desk
from watchbill.handoff.actions.looking import look_at_handoffs
from watchbill.handoff.models import Handoff
from watchbill.people.models import Person
from watchbill.schedules.models import Layer

OFFERED = T0 + HOUR


def looked(desk: Desk, at: dt.datetime) -> dict[str, list[str]]:
    """Who was asked by that look, by kind of message."""
    look_at_handoffs(now=at)
    desk_asked = {kind: [who for who, _ in desk.waiting(kind)] for kind in ("handoff", "status")}
    desk.deliver()
    return {kind: who for kind, who in desk_asked.items() if who}


@pytest.mark.req("K41", "H1")
def test_nobody_answers_reminded_then_paged_then_the_manager_then_over(desk: Desk) -> None:
    incident = owned(desk)
    made = offer(incident, desk.ada, desk.bruno, now=OFFERED, kind="permanent")
    desk.deliver()
    assert looked(desk, OFFERED + 15 * MIN - SEC) == {}
    assert looked(desk, OFFERED + 15 * MIN) == {"handoff": ["bruno"]}
    assert looked(desk, OFFERED + 16 * MIN) == {}  # once
    look_at_handoffs(now=OFFERED + 20 * MIN)
    assert desk.page(incident, "handoff").status == "triggered"
    desk.tick(OFFERED + 20 * MIN)
    assert sorted(looked(desk, OFFERED + 30 * MIN)["handoff"]) == ["grace", "hugo"]
    desk.tick(OFFERED + HOUR)
    assert desk.page(incident, "handoff").status == "triggered"  # no last resort is woken for it
    assert desk.hold(incident) == ("ada", "ada")
    assert sorted(looked(desk, OFFERED + 12 * HOUR)["status"]) == ["ada", "bruno"]
    assert (state(made), desk.page(incident, "handoff").status) == ("expired", "resolved")
    assert [who for who, _ in desk.audited(incident, "handoff.expire")] == ["engine"]


@pytest.mark.req("G26", "H1")
def test_round_the_end_of_the_giver_s_watch(desk: Desk) -> None:
    """Ada's watch ends on Monday at midnight; the offer was made hours before."""
    end = T0.replace(hour=0) + 7 * 24 * HOUR
    incident = owned(desk)
    Person.objects.filter(pk=desk.chen.pk).update(timezone="UTC")
    Layer.objects.filter(schedule=desk.watch).update(order=[[desk.ada.id], [desk.chen.id]])
    made = offer(incident, desk.ada, desk.chen, now=end - 3 * HOUR)
    watch = made.shift_ends_at
    assert watch is not None
    desk.deliver()
    assert looked(desk, watch - 10 * MIN - SEC) == {}
    assert looked(desk, watch - 10 * MIN) == {"handoff": ["chen"]}
    look_at_handoffs(now=watch - 5 * MIN)
    assert Handoff.objects.get(pk=made.pk).page_id is not None
    desk.tick(watch - 5 * MIN)
    accept(made, desk.chen, now=watch - 2 * MIN)
    assert desk.page(incident, "handoff").status == "resolved"
    desk.deliver()
    assert looked(desk, watch + 5 * MIN) == {}


@pytest.mark.req("H3")
@pytest.mark.parametrize("how", ["resolved", "left", "lost"])
def test_without_ground_it_is_over_and_both_are_told(desk: Desk, how: str) -> None:
    incident = owned(desk)
    made = offer(incident, desk.ada, desk.bruno, now=OFFERED)
    desk.deliver()
    if how == "resolved":
        desk.act("resolve", incident, desk.chen, now=OFFERED + MIN)
    elif how == "left":
        Person.objects.filter(pk=desk.bruno.pk).update(is_active=False)
    else:
        incident.owner = incident.acting = desk.chen
        incident.save()
    look_at_handoffs(now=OFFERED + 2 * MIN)
    assert state(made) == "expired"
    assert desk.story(incident, "handoff_expired")
    assert "ada" in [who for who, _ in desk.waiting("status")]
    if how == "left":
        assert desk.hold(incident) == ("ada", "ada")


@pytest.mark.req("H3")
def test_a_receiver_who_went_off_watch_meanwhile_is_not_waited_for(desk: Desk) -> None:
    incident = owned(desk)
    made = offer(incident, desk.ada, desk.bruno, now=OFFERED)  # Bruno has the backup watch for the week
    assert made.watch_ends_at is not None
    Handoff.objects.filter(pk=made.pk).update(watch_ends_at=OFFERED + 30 * MIN)
    look_at_handoffs(now=OFFERED + 30 * MIN)
    assert state(made) == "offered"  # it touched the next one, and goes on
    Handoff.objects.filter(pk=made.pk).update(watch_ends_at=OFFERED + 40 * MIN)
    Layer.objects.filter(schedule=desk.backup).update(order=[[desk.chen.id]])
    look_at_handoffs(now=OFFERED + 40 * MIN)
    assert state(made) == "expired"
    assert "the watch of Bruno ended before they answered" in desk.story(incident, "handoff_expired")[0]


@pytest.mark.req("G27", "H5")
def test_a_break_offers_itself_back_at_its_time_and_once(desk: Desk) -> None:
    incident = owned(desk)
    made = offer(incident, desk.ada, desk.bruno, now=OFFERED, kind="break", returns_at=OFFERED + HOUR)
    accept(made, desk.bruno, now=OFFERED)
    desk.deliver()
    assert looked(desk, OFFERED + HOUR - SEC) == {}
    assert looked(desk, OFFERED + HOUR) == {"handoff": ["ada"]}
    assert looked(desk, OFFERED + HOUR + SEC) == {}
    back = Handoff.objects.get(returns=made)
    assert desk.hold(incident) == ("ada", "bruno")
    answer("decline", back, desk.ada, "one hour more", now=OFFERED + HOUR + MIN)
    desk.deliver()
    assert looked(desk, OFFERED + 2 * HOUR) == {}  # she has said no; either of the two may offer it again
    accept(answer("come_back", made, desk.bruno, now=OFFERED + 2 * HOUR), desk.ada, now=OFFERED + 2 * HOUR)
    assert desk.hold(incident) == ("ada", "ada")
