"""Steps, waits, rounds, nobody, the last resort. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from timeit import repeat as timed

import pytest

from tests.paging.pure import (
    ADA,
    BRUNO,
    CHANNEL,
    CHEN,
    GRACE,
    HOUR,
    MIN,
    SEC,
    T0,
    copy,
    hours,
    person,
    schedule,
    start,
    team,
    walked,
    watch,
    without,
    world,
)
from watchbill.paging import rules
from watchbill.paging.rules import Squad, advance, parse_copy, preview

TWO = copy(([person(ADA)], "15m"), ([person(BRUNO)], "15m"))


@pytest.mark.req("P2", "G11", "G37")
def test_an_unacknowledged_page_reaches_bruno_after_15_minutes_and_not_before() -> None:
    page = walked(TWO)
    assert page.tick(T0) == [ADA]
    assert page.tick(T0 + 15 * MIN - SEC) == []
    assert page.tick(T0 + 15 * MIN) == [BRUNO]
    assert page.walk.due_at == T0 + 30 * MIN


@pytest.mark.req("G11")
def test_a_step_fires_once_however_often_it_is_looked_at() -> None:
    page = walked(TWO)
    assert [page.tick(T0 + n * SEC) for n in range(5)] == [[ADA], [], [], [], []]
    assert page.walk.firings == 1


@pytest.mark.req("G11")
@pytest.mark.parametrize(
    ("wait", "length"),
    [("3s", 3 * SEC), ("0s", 0 * SEC), ("15m", 15 * MIN), ("12h", 12 * HOUR), ("3 days", 72 * HOUR), ("1 month", 31 * 24 * HOUR)],
)
def test_the_wait_is_the_time_from_one_firing_to_the_next(wait: str, length: dt.timedelta) -> None:
    page = walked(copy(([person(ADA)], wait), ([person(BRUNO)], "15m")))
    advanced = advance(page.walk, now=T0 + 2 * SEC, world=page.world)  # fired two seconds late: the wait counts from there
    assert advanced.walk.due_at == T0 + 2 * SEC + length


@pytest.mark.parametrize("wait", [None, "", "soon", "1 shift", "15 m"])
def test_a_wait_that_cannot_be_read_counts_as_15_minutes(wait: str | None) -> None:
    of = parse_copy({"name": "P", "steps": [{"notify": [person(ADA)], "wait": wait}, {"notify": [person(BRUNO)]}], "last_resort": []})
    assert walked(of).run(T0 + HOUR)[:3] == [(0 * MIN, ADA), (15 * MIN, BRUNO), (30 * MIN, GRACE)]


@pytest.mark.req("P8")
def test_the_policy_repeats_then_runs_out_to_the_last_resort_every_15_minutes() -> None:
    page = walked(copy(([person(ADA)], "5m"), ([person(BRUNO)], "10m"), repeat=1))
    expected = [(0, ADA), (5, BRUNO), (15, ADA), (20, BRUNO), (30, GRACE), (45, GRACE), (60, GRACE)]
    assert page.run(T0 + 60 * MIN) == [(n * MIN, who) for n, who in expected]
    assert page.walk.status == "exhausted"
    assert page.walk.exhausted_at == T0 + 30 * MIN
    assert page.proofs == ["page.exhausted"]
    assert [f.kind for _, f in page.fired] == ["step"] * 4 + ["last_resort", "again", "again"]
    assert {f.methods for _, f in page.fired[:4]} == {"rules"}
    assert {f.methods for _, f in page.fired[4:]} == {"all"}


@pytest.mark.parametrize(
    ("of_copy", "of_team", "of_installation", "gone", "expected"),
    [
        ((ADA,), BRUNO, (GRACE,), (), ADA),
        ((), BRUNO, (GRACE,), (), BRUNO),
        ((ADA,), BRUNO, (GRACE,), (ADA,), BRUNO),
        ((ADA,), BRUNO, (GRACE,), (ADA, BRUNO), GRACE),
        ((ADA, BRUNO), None, (GRACE, CHEN), (ADA, BRUNO, GRACE), CHEN),  # then an administrator
    ],
)
def test_the_last_resort_is_of_the_policy_else_the_team_else_the_installation(of_copy, of_team, of_installation, gone, expected) -> None:
    of = copy(last_resort=of_copy)
    in_ = without(world(teams={1: Squad("SecOps", last_resort=of_team)}, last_resort=of_installation), *gone)
    assert walked(of, in_).tick(T0) == [expected]


def test_without_anybody_of_last_resort_the_page_stays_due_and_says_so() -> None:
    page = walked(copy(last_resort=()), world(last_resort=()))
    assert page.tick(T0) == []
    assert page.walk.status == "exhausted"
    assert page.walk.due_at == T0 + 15 * MIN
    assert "nobody of last resort" in page.said[-1]


@pytest.mark.req("P9")
def test_a_schedule_with_a_gap_is_skipped_at_once_and_named() -> None:
    page = walked(copy(([schedule(7)], "15m"), ([person(BRUNO)], "15m")), world(schedules={7: watch(name="Night watch")}))
    assert page.tick(T0) == [BRUNO]
    assert page.said[0] == "Step 1 has nobody and is skipped (Night watch: nobody is on call)."
    assert [(s.step, s.name) for s in page.fired[0][1].skipped] == [(0, "Night watch")]
    assert page.walk.due_at == T0 + 15 * MIN


@pytest.mark.req("P9")
@pytest.mark.parametrize(
    "targets",
    [
        [],
        [CHANNEL],
        [{"kind": "webhook", "id": None, "url": "https://example.org"}],
        [schedule(8)],
        [team(8)],
        [team(2)],
        [{"kind": "pigeon", "id": 1}],
    ],
    ids=["nothing", "chat channel", "webhook", "schedule gone", "team gone", "empty team", "unknown kind"],
)
def test_a_step_of_nobody_is_skipped_at_once(targets) -> None:
    page = walked(copy((targets, "15m"), ([person(BRUNO)], "15m")), world(teams={1: Squad("SecOps"), 2: Squad("Empty")}))
    assert page.tick(T0) == [BRUNO]


@pytest.mark.req("P9")
def test_nobody_at_all_goes_to_the_last_resort_at_once_whatever_would_repeat() -> None:
    page = walked(copy(([schedule(7)], "15m"), ([CHANNEL], "15m"), repeat=5), world(schedules={7: watch()}))
    assert page.tick(T0) == [GRACE]
    assert page.walk.status == "exhausted"
    assert sum("skipped" in text for text in page.said) == 2


def test_an_empty_last_step_lets_the_next_round_begin_at_once() -> None:
    page = walked(copy(([person(ADA)], "5m"), ([CHANNEL], "5m"), repeat=1))
    assert page.run(T0 + 11 * MIN) == [(0 * MIN, ADA), (5 * MIN, ADA), (10 * MIN, GRACE)]


def test_a_channel_beside_a_person_is_said_and_stops_nothing() -> None:
    page = walked(copy(([person(ADA), CHANNEL], "5m")))
    assert page.tick(T0) == [ADA]
    assert page.said == ["Step 1: Ada. Skipped: #security (not active yet)."]


@pytest.mark.req("G29")
def test_a_channel_that_works_is_told_beside_a_person() -> None:
    page = walked(copy(([person(ADA), CHANNEL], "5m")), world(chats={"slack": ""}))
    assert page.tick(T0) == [ADA]
    assert page.said == ["Step 1: Ada. Told: #security."]


HOOK = {"kind": "webhook", "id": None, "name": "example.org", "url": "https://example.org/hook"}


@pytest.mark.req("P9")
@pytest.mark.parametrize(
    ("target", "hooks", "said"),
    [
        (HOOK, ["https://example.org/hook"], "example.org: told, and a webhook alone is nobody"),
        ({**HOOK, "foreign": True}, [], "example.org: the incident is restricted, and other systems are not told of it"),
        ({**HOOK, "url": ""}, [], "example.org: it has no address"),
    ],
    ids=["called", "restricted", "without an address"],
)
def test_a_webhook_alone_is_called_and_is_nobody(target, hooks, said) -> None:
    look = advance(start(copy(([target], "15m"), ([person(BRUNO)], "15m"))), now=T0, world=world())
    assert look.firing is not None
    assert look.firing.people == (BRUNO,)
    assert [channel.url for channel in look.channels] == hooks
    assert look.lines[0].text == f"Step 1 has nobody and is skipped ({said})."


def test_a_webhook_beside_a_person_is_called_with_them() -> None:
    page = walked(copy(([person(ADA), HOOK], "5m")))
    assert page.tick(T0) == [ADA]
    assert page.said == ["Step 1: Ada. Told: example.org."]


@pytest.mark.req("P9")
def test_a_channel_alone_is_told_and_is_nobody() -> None:
    """The step is passed over at once, its channel is told all the same, and the story says both."""
    steps = copy(([CHANNEL], "15m"), ([person(BRUNO)], "15m"))
    look = advance(start(steps), now=T0, world=world(chats={"slack": ""}))
    assert look.firing is not None
    assert look.firing.people == (BRUNO,)
    assert [channel.name for channel in look.channels] == ["#security"]
    assert look.lines[0].text == "Step 1 has nobody and is skipped (#security: told, and a channel alone is nobody)."
    idle = advance(start(steps), now=T0, world=world(chats={"slack": "Slack is not set up: the chat slack is not active here."}))
    assert idle.channels == ()
    assert "Slack is not set up" in idle.lines[0].text


def test_channels_of_a_policy_that_reaches_nobody_are_told() -> None:
    look = advance(start(copy(([CHANNEL], "15m"))), now=T0, world=world(chats={"slack": ""}))
    assert (look.walk.status, [channel.name for channel in look.channels]) == ("exhausted", ["#security"])


def test_somebody_who_is_named_twice_is_asked_once() -> None:
    page = walked(copy(([person(ADA), schedule(7), team()], "5m")), world(schedules={7: watch(ADA, BRUNO)}))
    assert page.tick(T0) == [ADA, BRUNO, CHEN]
    assert page.fired[0][1].reasons == ("The escalation policy names you.", "You have the watch: Watch.", "You are on the desk of SecOps.")


@pytest.mark.req("P10")
def test_who_is_gone_is_skipped_and_named_while_the_page_walks() -> None:
    page = walked(copy(([person(ADA)], "5m"), ([person(BRUNO)], "5m"), ([person(CHEN)], "5m")))
    page.tick(T0)
    page.world = without(page.world, BRUNO)
    assert page.tick(T0 + 5 * MIN) == [CHEN]
    assert "Step 2 has nobody and is skipped (Bruno: has left)." in page.said


@pytest.mark.req("G40")
def test_a_schedule_becomes_people_when_its_step_fires() -> None:
    page = walked(copy(([person(ADA)], "5m"), ([schedule(7, "Backup")], "5m")), world(schedules={7: watch(BRUNO)}))
    page.tick(T0)
    page.world = replace(page.world, schedules={7: watch(CHEN)})  # the shift changed in between
    assert page.tick(T0 + 5 * MIN) == [CHEN]


@pytest.mark.req("P11")
def test_an_engine_that_stood_for_20_minutes_takes_one_step_from_the_actual_time() -> None:
    page = walked(copy(([person(ADA)], "5m"), ([person(BRUNO)], "5m"), ([person(CHEN)], "5m")))
    page.tick(T0)
    assert page.tick(T0 + 25 * MIN) == [BRUNO]  # not Chen as well: no flood
    assert "It was due at 09:05:00 UTC and is 20 min late." in page.said[-1]
    assert page.tick(T0 + 30 * MIN - SEC) == []
    assert page.tick(T0 + 30 * MIN) == [CHEN]  # and nobody was left out


@pytest.mark.req("P11")
def test_after_an_outage_the_shift_of_now_is_asked() -> None:
    page = walked(copy(([schedule(7)], "5m")), world(schedules={7: watch(ADA)}))
    page.world = replace(page.world, schedules={7: watch(BRUNO)})
    assert page.tick(T0 + 8 * HOUR) == [BRUNO]


@pytest.mark.req("P10")
def test_a_page_without_a_policy_reaches_the_last_resort() -> None:
    assert walked(copy()).run(T0 + 20 * MIN) == [(0 * MIN, GRACE), (15 * MIN, GRACE)]


def test_every_method_failed_for_good_starts_the_next_step_early() -> None:
    page = walked(TWO)
    page.tick(T0)
    page.walk = rules.fail_early(page.walk, now=T0 + 4 * SEC)
    assert page.tick(T0 + 4 * SEC) == [BRUNO]


def test_the_last_resort_never_fires_early_or_it_would_be_asked_without_end() -> None:
    page = walked(copy())
    page.tick(T0)
    assert rules.fail_early(page.walk, now=T0 + SEC) is None


def test_what_comes_next_is_what_then_happens() -> None:
    of = copy(([person(ADA)], "5m"), ([schedule(7)], "10m"), ([person(CHEN)], "15m"), repeat=1)
    page = walked(of, world(schedules={7: watch()}))
    page.tick(T0)
    ahead = preview(page.walk, now=T0 + MIN, world=page.world)
    assert [(a.at - T0, a.people) for a in ahead] == [(at, (who,)) for at, who in page.run(T0 + 40 * MIN)]
    assert ahead[-1].kind == "last_resort"


@pytest.mark.timed
def test_a_plain_step_is_decided_in_some_ten_microseconds() -> None:
    page, in_ = (
        start(copy(([schedule(7), CHANNEL], "15m"), ([person(BRUNO)], "15m"))),
        world(schedules={7: watch(ADA)}, working={ADA: hours()}),
    )
    seconds = min(timed(lambda: advance(page, now=T0, world=in_), number=500, repeat=5)) / 500
    assert seconds < 100e-6  # an idle machine needs a fifth of it
