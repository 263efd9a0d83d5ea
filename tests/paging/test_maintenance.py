"""What a maintenance does to a walk: it stands still, nothing of it is sent, and what still fires at the end starts from step 1."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.paging import pure
from tests.paging.pure import ADA, BRUNO, GRACE, HOUR, MIN, T0, Walked, copy, person, start, world
from watchbill.paging import rules

TWO_STEPS = copy(([person(ADA)], "15m"), ([person(BRUNO)], "15m"))
WHY = "In maintenance: new disks"


def running(now=T0) -> Walked:
    walked = Walked(start(TWO_STEPS), world())
    walked.tick(now)
    return walked


def held(walked: Walked, *, now, until) -> None:
    walk = rules.hold_back(walked.walk, until=until, reason=WHY, now=now)
    assert walk is not None
    walked.walk = walk


@pytest.mark.req("P19")
def test_a_running_page_pauses_and_starts_from_step_1_at_the_end():
    page = running()
    page.tick(T0 + 15 * MIN)
    held(page, now=T0 + 20 * MIN, until=T0 + HOUR)
    assert (page.walk.status, page.walk.due_at, page.walk.pause_reason) == ("paused", T0 + HOUR, WHY)
    assert page.tick(T0 + 59 * MIN) == []
    assert page.tick(T0 + HOUR) == [ADA]
    assert page.tick(T0 + HOUR + 15 * MIN) == [BRUNO]
    assert page.walk.maintenance_at is None


def test_an_exhausted_page_starts_from_step_1_too():
    page = running()
    assert page.tick(T0 + 15 * MIN) == [BRUNO]
    assert page.tick(T0 + 30 * MIN) == [GRACE]
    held(page, now=T0 + 31 * MIN, until=T0 + HOUR)
    assert page.tick(T0 + HOUR) == [ADA]
    assert page.walk.status == "triggered"


def test_somebody_who_has_it_keeps_it():
    page = running()
    page.walk = rules.acknowledge(page.walk, ADA, now=T0 + MIN, world=page.world)
    assert rules.hold_back(page.walk, until=T0 + HOUR, reason=WHY, now=T0 + 2 * MIN) is None
    snoozed = rules.pause(page.walk, until=T0 + HOUR, reason="later", now=T0 + 2 * MIN)
    assert rules.hold_back(snoozed, until=T0 + 2 * HOUR, reason=WHY, now=T0 + 3 * MIN) is None


def test_two_maintenances_hold_until_the_later_end_in_any_order():
    page = running()
    held(page, now=T0 + MIN, until=T0 + HOUR)
    held(page, now=T0 + 2 * MIN, until=T0 + 2 * HOUR)
    assert rules.hold_back(page.walk, until=T0 + HOUR, reason=WHY, now=T0 + 3 * MIN) is None
    assert page.tick(T0 + HOUR) == []
    assert page.tick(T0 + 2 * HOUR) == [ADA]


def test_a_manager_who_calls_does_not_shorten_it():
    page = running()
    held(page, now=T0 + MIN, until=T0 + HOUR)
    assert rules.pause(page.walk, until=T0 + 16 * MIN, reason="Grace is calling", now=T0 + MIN) is None


def test_a_call_that_goes_on_becomes_part_of_it():
    page = running()
    page.walk = rules.pause(page.walk, until=T0 + 16 * MIN, reason="Grace is calling", now=T0 + MIN)
    held(page, now=T0 + 2 * MIN, until=T0 + HOUR)
    assert page.tick(T0 + 20 * MIN) == []
    assert page.tick(T0 + HOUR) == [ADA]


def test_escalating_by_hand_ends_it():
    page = running()
    held(page, now=T0 + MIN, until=T0 + HOUR)
    page.walk = rules.escalate(page.walk, now=T0 + 2 * MIN)
    assert page.tick(T0 + 2 * MIN) == [BRUNO]
    assert page.walk.maintenance_at is None


def test_acknowledging_meanwhile_leaves_nothing_for_the_end():
    page = running()
    held(page, now=T0 + MIN, until=T0 + HOUR)
    page.walk = rules.acknowledge(page.walk, BRUNO, now=T0 + 2 * MIN, world=page.world)
    assert page.tick(T0 + HOUR) == []
    assert page.walk.maintenance_at is None


@pytest.mark.parametrize("reached", [True, False])
def test_cleared_meanwhile_it_wakes_nobody_and_somebody_must_look(reached):
    page = running()
    held(page, now=T0 + MIN, until=T0 + HOUR)
    page.walk = rules.clear(page.walk, reached=reached, now=T0 + 2 * MIN)
    assert rules.reach(page.walk, now=T0 + 3 * MIN) is None  # a mail of before, delivered late
    assert page.tick(T0 + HOUR) == []
    assert page.walk.quiet_at == T0 + HOUR
    assert page.tick(T0 + 2 * HOUR) == [ADA]
    assert page.fired[-1][1].urgency == "low"


def test_a_cleared_page_that_waits_for_a_look_asks_nobody_inside():
    page = running()
    page.walk = rules.clear(page.walk, reached=True, now=T0 + MIN)
    assert page.walk.quiet_at == T0 + MIN
    held(page, now=T0 + 2 * MIN, until=T0 + 3 * HOUR)
    assert page.tick(T0 + 3 * HOUR) == []
    assert page.tick(T0 + 4 * HOUR) == [ADA]


def test_it_ends_early_at_once():
    page = running()
    held(page, now=T0 + MIN, until=T0 + HOUR)
    page.walk = rules.let_go(page.walk, at=T0 + 5 * MIN, reason="")
    assert page.tick(T0 + 5 * MIN) == [ADA]
    assert rules.let_go(page.walk, at=T0 + 6 * MIN, reason="") is None


def test_a_queue_desk_keeps_to_working_hours_at_the_end():
    monday_night = T0.replace(hour=3)
    page = Walked(
        replace(start(TWO_STEPS, urgency="low"), due_at=T0),
        world(working={ADA: pure.hours()}, teams={pure.TEAM: pure.Squad("SecOps", "queue", (ADA, BRUNO))}),
    )
    page.walk = rules.hold_back(page.walk, until=monday_night + 24 * HOUR, reason=WHY, now=T0)
    assert page.tick(monday_night + 24 * HOUR) == []
    assert page.tick(T0 + 24 * HOUR) == [ADA]
