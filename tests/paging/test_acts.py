"""What people, sources and the outbox do to a walk: acknowledge, escalate, put off, aim, forget, clear. Pure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.paging.pure import ADA, BRUNO, CHEN, DAY, GRACE, HOUR, MIN, SEC, T0, TEAM, Walked, copy, person, walked, without, world
from watchbill.paging import rules
from watchbill.paging.rules import Squad, preview
from watchbill.people.rules import parse_duration

THREE = copy(([person(ADA)], "15m"), ([person(BRUNO)], "15m"), ([person(CHEN)], "15m"), repeat=1)


def at(minutes: float, of=THREE, **fields) -> Walked:
    """A page that walked by itself for so long."""
    page = walked(of, **fields)
    page.run(T0 + minutes * MIN)
    return page


def acknowledged(page: Walked, who: int = ADA, now=T0 + MIN) -> Walked:
    page.walk = rules.acknowledge(page.walk, who, now=now, world=page.world)
    return page


@pytest.mark.req("P3")
def test_an_acknowledged_page_asks_nobody_else() -> None:
    page = acknowledged(at(1))
    assert page.walk.status == "acknowledged"
    assert (page.walk.acknowledged_by, page.walk.acknowledged_at) == (ADA, T0 + MIN)
    assert page.run(T0 + 3 * HOUR) == []


def test_the_second_acknowledgement_is_late() -> None:
    page = acknowledged(at(1))
    assert rules.acknowledge(page.walk, BRUNO, now=T0 + 2 * MIN, world=page.world) is None


def test_an_exhausted_page_can_be_acknowledged() -> None:
    page = acknowledged(at(0, copy()), GRACE)
    assert (page.walk.status, page.run(T0 + 3 * HOUR)) == ("acknowledged", [])


@pytest.mark.req("P6")
def test_escalating_an_acknowledged_page_triggers_it_and_asks_the_next_step_at_once() -> None:
    page = acknowledged(at(1))
    page.walk = rules.escalate(page.walk, now=T0 + 5 * MIN)
    assert page.walk.status == "triggered"
    assert page.tick(T0 + 5 * MIN) == [BRUNO]
    assert page.tick(T0 + 20 * MIN) == [CHEN]


@pytest.mark.req("P6")
def test_escalating_on_the_last_step_goes_to_the_last_resort_whatever_would_repeat() -> None:
    page = at(30)
    page.walk = rules.escalate(page.walk, now=T0 + 31 * MIN)
    assert page.tick(T0 + 31 * MIN) == [GRACE]
    assert page.walk.status == "exhausted"


def test_escalating_an_exhausted_page_asks_the_last_resort_again() -> None:
    page = at(0, copy())
    page.walk = rules.escalate(page.walk, now=T0 + MIN)
    assert page.tick(T0 + MIN) == [GRACE]


@pytest.mark.req("P24")
def test_calling_holds_the_walk_for_15_minutes_without_an_owner_and_it_goes_on_by_itself() -> None:
    page = at(15)  # the manager's step; 15 minutes of its wait are left
    now = T0 + 20 * MIN
    page.walk = rules.pause(page.walk, until=now + rules.CALLING, reason="calling", now=now)
    assert (page.walk.status, page.walk.acknowledged_by) == ("paused", None)
    assert page.run(T0 + 35 * MIN) == []
    assert page.walk.status == "triggered"
    assert page.run(T0 + 45 * MIN) == [(45 * MIN, CHEN)]  # ten minutes were left when the call began
    assert "page.resume" in page.proofs


def test_a_call_that_takes_longer_moves_the_end_of_the_pause_and_keeps_the_wait() -> None:
    page = at(0)
    page.walk = rules.pause(page.walk, until=T0 + 20 * MIN, reason="calling", now=T0 + 5 * MIN)
    page.walk = rules.pause(page.walk, until=T0 + 30 * MIN, reason="calling", now=T0 + 15 * MIN)
    assert page.run(T0 + 40 * MIN) == [(40 * MIN, BRUNO)]


def test_resuming_ends_the_pause_now() -> None:
    page = at(0)
    page.walk = rules.pause(page.walk, until=T0 + 20 * MIN, reason="calling", now=T0 + 5 * MIN)
    page.walk = rules.resume(page.walk, now=T0 + 6 * MIN)
    assert page.run(T0 + 16 * MIN) == [(16 * MIN, BRUNO)]


def test_somebody_who_acknowledges_while_the_manager_calls_has_it() -> None:
    page = at(0)
    page.walk = rules.pause(page.walk, until=T0 + 20 * MIN, reason="calling", now=T0 + 5 * MIN)
    acknowledged(page, BRUNO, T0 + 6 * MIN)
    assert (page.walk.status, page.run(T0 + HOUR)) == ("acknowledged", [])


def test_after_a_snooze_the_owner_is_reminded_and_silence_starts_the_walk_again() -> None:
    page = acknowledged(at(1))
    page.walk = rules.pause(page.walk, until=T0 + 8 * HOUR, reason="waiting for the vendor", now=T0 + 2 * MIN)
    assert rules.acknowledge(page.walk, BRUNO, now=T0 + HOUR, world=page.world) is None  # it is owned while it sleeps
    assert page.run(T0 + 8 * HOUR + 30 * MIN) == [(8 * HOUR, ADA), (8 * HOUR + 30 * MIN, ADA)]
    assert [f.kind for _, f in page.fired[-2:]] == ["ping", "step"]


@pytest.mark.req("P18")
def test_acknowledged_and_forgotten_the_owner_is_pinged_then_the_policy_begins_again() -> None:
    page = acknowledged(at(20), BRUNO, T0 + 20 * MIN)
    assert page.run(T0 + 20 * MIN + 4 * HOUR - SEC) == []
    assert page.tick(T0 + 20 * MIN + 4 * HOUR) == [BRUNO]
    assert page.walk.status == "acknowledged"
    again = T0 + 50 * MIN + 4 * HOUR
    assert page.tick(again - SEC) == []
    assert page.tick(again) == [ADA]
    assert (page.walk.status, page.walk.owner_id) == ("triggered", BRUNO)
    assert page.tick(again + 15 * MIN) == [BRUNO]
    assert page.proofs == ["page.ping", "page.trigger_again"]


@pytest.mark.req("P18")
@pytest.mark.parametrize("when", [2 * HOUR, 4 * HOUR + 10 * MIN], ids=["before the ping", "after the ping"])
def test_a_human_word_starts_the_ack_timeout_anew(when) -> None:
    page = acknowledged(at(0), now=T0)
    page.run(T0 + when)
    page.walk = rules.word(page.walk, now=T0 + when, world=page.world)
    page.fired.clear()
    assert page.run(T0 + when + 4 * HOUR - SEC) == []
    assert page.run(T0 + when + 4 * HOUR) == [(when + 4 * HOUR, ADA)]


@pytest.mark.req("P18")
@pytest.mark.parametrize(
    ("desk", "urgency", "of_team", "purpose", "expected"),
    [
        ("paged", "high", None, "respond", 4 * HOUR),
        ("paged", "low", None, "respond", None),
        ("queue", "high", None, "respond", None),
        ("queue", "high", "8h", "respond", 8 * HOUR),
        ("paged", "high", "2h", "respond", 2 * HOUR),
        ("paged", "high", "1 business day", "respond", DAY),
        ("paged", "high", None, "coordinate", None),
        ("paged", "high", None, "drill", None),
    ],
)
def test_the_ack_timeout_is_that_of_the_desk_unless_the_team_says_otherwise(desk, urgency, of_team, purpose, expected) -> None:
    squad = Squad("T", desk, ack_timeout=parse_duration(of_team) if of_team else None)
    page = walked(THREE, world(teams={TEAM: squad}), urgency=urgency, purpose=purpose)
    acknowledged(page, now=T0)
    assert page.walk.due_at == (T0 + expected if expected else None)


def test_a_silent_owner_who_has_left_is_not_pinged_but_followed_at_once() -> None:
    page = acknowledged(at(0), BRUNO, T0)
    page.world = without(page.world, BRUNO)
    assert page.tick(T0 + 4 * HOUR) == [ADA]


def test_given_back_it_begins_at_step_1_at_once() -> None:
    page = acknowledged(at(20), BRUNO, T0 + 20 * MIN)
    page.walk = rules.start_again(page.walk, now=T0 + 25 * MIN)
    assert page.run(T0 + 40 * MIN) == [(25 * MIN, ADA), (40 * MIN, BRUNO)]


def test_reassigned_the_person_is_asked_instead_and_their_silence_is_followed_by_the_policy() -> None:
    page = at(1)
    page.walk = rules.aim(page.walk, GRACE, now=T0 + 2 * MIN)
    assert page.run(T0 + 17 * MIN) == [(2 * MIN, GRACE), (17 * MIN, BRUNO)]


def test_a_page_can_begin_with_one_person() -> None:
    assert walked(THREE, aimed_at=CHEN).run(T0 + 15 * MIN) == [(0 * MIN, CHEN), (15 * MIN, ADA)]


def test_aimed_at_somebody_who_has_left_the_policy_goes_on() -> None:
    assert walked(THREE, without(world(), CHEN), aimed_at=CHEN).tick(T0) == [ADA]


def test_an_owned_page_cannot_be_aimed() -> None:
    assert rules.aim(acknowledged(at(1)).walk, CHEN, now=T0 + 2 * MIN) is None


@pytest.mark.req("P21")
def test_a_resolved_page_is_silent_for_ever() -> None:
    page = at(1)
    page.walk = rules.resolve(page.walk, now=T0 + 2 * MIN)
    assert (page.walk.status, page.walk.due_at) == ("resolved", None)
    assert page.run(T0 + 5 * DAY) == []
    for act in (rules.escalate, rules.start_again, rules.resolve):
        assert act(page.walk, now=T0 + HOUR) is None
    assert rules.acknowledge(page.walk, ADA, now=T0 + HOUR, world=page.world) is None


@pytest.mark.req("P25")
def test_cleared_before_anybody_was_reached_one_person_still_is_and_then_it_is_quiet() -> None:
    page = walked(THREE)
    page.walk = rules.clear(page.walk, reached=False, now=T0)
    assert page.run(T0 + 15 * MIN) == [(0 * MIN, ADA), (15 * MIN, BRUNO)]  # Ada could not be reached: the walk goes on
    page.walk = rules.reach(page.walk, now=T0 + 16 * MIN)
    assert page.run(T0 + 16 * MIN + HOUR - SEC) == []
    assert page.tick(T0 + 16 * MIN + HOUR) == [ADA]
    assert (page.fired[-1][1].kind, page.fired[-1][1].urgency) == ("cleared", "low")
    assert page.walk.due_at is not None


@pytest.mark.req("P25")
def test_cleared_after_somebody_was_reached_it_is_quiet_at_once() -> None:
    page = at(1)
    page.walk = rules.clear(page.walk, reached=True, now=T0 + MIN)
    assert page.walk.quiet_at == T0 + MIN
    assert page.run(T0 + HOUR) == []


def test_reaching_somebody_changes_nothing_while_the_source_still_fires() -> None:
    assert rules.reach(at(1).walk, now=T0 + MIN) is None


def test_a_quiet_page_can_be_escalated_and_acknowledged() -> None:
    page = at(1)
    quiet = rules.clear(page.walk, reached=True, now=T0 + MIN)
    page.walk = rules.escalate(quiet, now=T0 + 2 * MIN)
    assert page.run(T0 + 20 * MIN) == [(2 * MIN, BRUNO), (17 * MIN, CHEN)]
    assert rules.acknowledge(quiet, ADA, now=T0 + 2 * MIN, world=page.world).quiet_at is None


@pytest.mark.parametrize(
    ("minutes", "change", "expected"),
    [
        (0, None, [("step", 15), ("step", 30), ("step", 45), ("step", 60), ("step", 75), ("last_resort", 90)]),
        (90, None, [("again", 105)]),
        (1, "acknowledge", [("ping", 241)]),
        (1, "quiet", [("cleared", 61)]),
        (1, "call", [("step", 30), ("step", 45), ("step", 60), ("step", 75), ("step", 90), ("last_resort", 105)]),
    ],
)
def test_the_picture_ahead(minutes, change, expected) -> None:
    page, now = at(minutes), T0 + max(minutes, 1) * MIN
    changed = {
        "acknowledge": lambda: rules.acknowledge(page.walk, ADA, now=now, world=page.world),
        "quiet": lambda: rules.clear(page.walk, reached=True, now=now),
        "call": lambda: rules.pause(page.walk, until=now + rules.CALLING, reason="calling", now=now),
        None: lambda: replace(page.walk),
    }[change]()
    assert [(a.kind, (a.at - T0) // MIN) for a in preview(changed, now=now, world=page.world)] == expected
