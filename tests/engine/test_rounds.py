"""One round after the other: what is sent when parts fail, providers are slow, engines freeze, and people acknowledge meanwhile."""

from __future__ import annotations

import time

import pytest
from django.db import transaction

from tests.connectors.parts import sink
from tests.engine.desk import Channel, World
from tests.factories import MIN, SEC, T0, person
from tests.notifications.outbox import ask, plan, states
from watchbill.connectors.failures import PermanentFailure, TemporaryFailure, UnknownEnd
from watchbill.kernel.models import EngineInstance
from watchbill.notifications.actions import cancel_in
from watchbill.notifications.models import Contact, Notification
from watchbill.notifications.selectors import tried

pytestmark = pytest.mark.django_db


def acknowledge(page: int, now) -> None:
    with transaction.atomic():
        cancel_in(page_ids=[page], now=now)


@pytest.mark.req("P1")
def test_what_is_due_is_sent_and_recorded(open_desk):
    desk = open_desk()
    plan(ask(person("ada")))
    desk.tick(T0)
    assert [m.handle for m in desk.sent] == ["ada"]
    assert states() == ["delivered"]
    assert desk.world.heard[-1].reached == (1,)


@pytest.mark.req("P15")
def test_the_three_failures_of_a_provider_each_start_the_next_method_and_every_attempt_is_visible(open_desk):
    ends = {"for-good": [PermanentFailure("The receiver answered 410.")], "times-out": [UnknownEnd("No answer within 10 s.")],
            "twice-500": [TemporaryFailure("The receiver answered 500."), TemporaryFailure("The receiver answered 500.")]}  # fmt: skip
    hook = Channel(lambda m: ends[m.handle].pop(0) if ends[m.handle] else None)
    desk = open_desk(webhook=hook)
    for n, handle in enumerate(list(ends), start=1):
        who = person(handle, contacts=("webhook", "email"), rules={"high": [(0, ["webhook"]), (300, ["email"])]})
        plan(ask(who, n))
    desk.tick(T0)
    desk.tick(T0 + SEC)
    assert sorted(m.handle for m in desk.channels["email"].sent) == ["for-good", "times-out", "twice-500"]
    for after in (5, 6, 25, 26, 90):
        desk.tick(T0 + after * SEC)
    outcomes = {n: [[t.outcome for t in one.attempts] for one in tried(n)] for n in (1, 2, 3)}
    assert outcomes == {
        1: [["permanent"], ["delivered"]],
        2: [["unknown", "delivered"], ["delivered"]],
        3: [["temporary", "temporary", "delivered"], ["delivered"]],
    }
    second = next(m for m in hook.sent if m.handle == "times-out" and m.attempt == 2)
    assert second.possible_duplicate
    assert not any(m.possible_duplicate for m in hook.sent if m.handle == "twice-500")


def test_a_part_that_fails_is_counted_and_shown_and_stops_nothing_else(open_desk):
    world = World()
    world.fails = {"intake": ValueError("a poisoned event"), "paging": RuntimeError("a poisoned page")}
    desk = open_desk(world)
    plan(ask(person("ada")))
    desk.tick(T0)
    assert len(desk.sent) == 1
    row = EngineInstance.objects.get(id=desk.engine.instance_id)
    assert row.failures >= 2
    assert "a poisoned page" in row.last_error
    assert row.last_tick_at is None  # no good round
    world.fails = {}
    desk.tick(T0 + SEC)
    assert EngineInstance.objects.get(id=row.id).last_tick_at == T0 + SEC


def test_a_connector_with_a_mistake_fails_its_message_only(open_desk):
    def broken(message):
        if message.handle == "ada":
            raise KeyError("mistake")

    desk = open_desk(webhook=Channel(broken))
    plan(ask(person("ada"), 1), ask(person("bruno"), 2))
    desk.tick(T0)
    assert sorted(states()) == ["delivered", "queued"]


@pytest.mark.timed
def test_a_provider_of_30_seconds_delays_neither_rounds_nor_other_people(open_desk):
    slow = Channel(lambda m: 1.5 if m.handle.startswith("slow") else None)  # instead of 30 s
    desk = open_desk(webhook=slow, email=Channel(lambda m: 1.5))
    for n in range(12):
        plan(ask(person(f"slow{n}", contacts=("email",)), n))
    Contact.objects.all()
    plan(ask(person("slow-hook"), 50))
    desk.tick(T0, settle=False)
    plan(ask(person("ada"), 60))
    began = time.monotonic()
    desk.tick(T0, settle=False)
    while not any(m.handle == "ada" for m in desk.sent):
        assert time.monotonic() - began < 1.0
        time.sleep(0.002)
    assert time.monotonic() - began < 1.0
    assert len(desk.channels["email"].sent) == 2  # as many at once as that server takes
    assert Notification.objects.filter(state="queued").count() >= 6  # the rest waits in the database, not in memory
    desk.settle(10)


def test_a_slow_host_leaves_room_for_the_others(open_desk):
    hook = Channel(lambda m: 0.8 if "slow" in m.host else None)
    desk = open_desk(webhook=hook)
    for n in range(40):
        who = person(f"slow{n}")
        Contact.objects.filter(person=who).update(address="https://slow.example/x")
        plan(ask(who, n))
    desk.tick(T0, settle=False)
    in_hand = len(desk.engine._sender.in_hand())
    assert in_hand < 40
    desk.settle(10)


def test_what_was_acknowledged_while_it_waited_in_memory_is_not_sent(open_desk):
    hook = Channel(lambda m: 0.3 if m.handle.startswith("busy") else None)
    desk = open_desk(webhook=hook)
    desk.engine._sender._stall = 0.1
    for n in range(8):
        plan(ask(person(f"busy{n}"), n + 1))
    plan(ask(person("ada"), 60), ask(person("bruno"), 61))
    desk.tick(T0, settle=False)
    acknowledge(60, T0 + SEC)
    desk.settle()
    assert [m.handle for m in hook.sent if not m.handle.startswith("busy")] == []
    desk.tick(T0 + 6 * SEC)
    assert [m.handle for m in hook.sent if not m.handle.startswith("busy")] == ["bruno"]
    assert states(page_id=60) == ["cancelled"]


def test_after_an_outage_the_engine_asks_what_is_true_before_it_sends(open_desk):
    """Invariant 4: acknowledged in a way that left the outbox alone, as a restored backup or another release might."""
    world = World()
    world.stale = {1}
    desk = open_desk(world)
    plan(ask(person("ada"), 1), ask(person("bruno"), 2))
    desk.tick(T0 + 20 * MIN)
    assert [m.handle for m in desk.sent] == ["bruno"]
    assert states(page_id=1) == ["cancelled"]


@pytest.mark.database
def test_an_engine_takes_over_from_one_that_was_killed_and_says_that_it_may_be_a_duplicate(open_desk):
    slow = Channel(lambda m: 1.0)
    dying = open_desk(webhook=slow)
    plan(ask(person("ada")))
    dying.tick(T0, settle=False)
    heir = open_desk()
    heir.tick(T0 + SEC)
    assert heir.sent == []  # it lives: nothing is taken from it
    dying.engine._session.close()  # as the database sees a kill -9
    for _ in range(50):
        heir.engine._last.clear()
        heir.tick(T0 + 2 * SEC)
        if heir.sent:
            break
        time.sleep(0.02)
    (message,) = heir.sent
    assert (message.attempt, message.possible_duplicate) == (2, True)
    dying.engine._session = None


@pytest.mark.database
def test_a_frozen_engine_that_wakes_sends_nothing_that_is_not_its_own_any_more(open_desk):
    frozen, heir = open_desk(), open_desk()
    frozen.engine._sender._stall = 0.05
    plan(ask(person("ada")))
    sender = frozen.engine._sender
    begin, sender._begin = sender._begin, lambda given: None  # SIGSTOP right after the claim
    frozen.tick(T0, settle=False)
    heir.engine._last.clear()
    heir.tick(T0 + 61 * SEC)
    assert [m.possible_duplicate for m in heir.sent] == [True]
    time.sleep(0.1)
    sender._loop.call_soon_threadsafe(begin, list(sender._in_hand.values()))  # SIGCONT
    frozen.settle()
    frozen.tick(T0 + 62 * SEC)
    assert frozen.sent == []
    assert states() == ["delivered"]


def test_a_stopping_engine_sends_what_is_on_its_way_and_gives_the_rest_back(open_desk):
    hook = Channel(lambda m: 0.2)
    desk = open_desk(webhook=hook)
    for n in range(12):
        plan(ask(person(f"p{n}"), n + 1))
    desk.tick(T0, settle=False)
    time.sleep(0.05)
    desk.engine.end()
    assert len(hook.sent) == 8
    assert sorted(states()) == ["delivered"] * 8 + ["queued"] * 4
    assert Notification.objects.filter(state="queued", tries=0, possible_duplicate=False).count() == 4
    assert EngineInstance.objects.get(id=desk.engine.instance_id).stopped_at is not None


def test_the_dead_man_hears_only_of_an_engine_whose_work_is_proved(open_desk, settings):
    world = World()
    world.late = ["1 pages were due and nobody looked at them; the first is page 7."]
    with sink() as there:
        settings.DEADMAN_URL = there.url("/alive")
        desk = open_desk(world)
        desk.tick(T0)
        row = EngineInstance.objects.get(id=desk.engine.instance_id)
        assert row.proved_at is None
        assert "page 7" in row.last_error
        assert there.got == []
        world.late = ()
        desk.engine._last.clear()
        desk.tick(T0 + 5 * SEC)
        for _ in range(200):
            if there.got:
                break
            time.sleep(0.01)
        assert [got.path for got in there.got] == ["/alive"]
        assert EngineInstance.objects.get(id=row.id).proved_at == T0 + 5 * SEC
