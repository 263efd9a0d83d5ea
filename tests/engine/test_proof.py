"""The auditor's proof: the external address is beaten only while everything that was due was done."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest
from django.db import connection

from tests.connectors.parts import Sink, sink
from tests.engine.desk import Channel, World
from tests.factories import MIN, SEC, T0, person
from tests.intake.desk import Desk as Intake
from tests.intake.desk import body, put
from tests.notifications.outbox import ask, end, plan, take
from watchbill.connectors.failures import TemporaryFailure
from watchbill.engine import parts, sender
from watchbill.intake.actions import take_in
from watchbill.intake.models import Event
from watchbill.kernel.models import EngineInstance
from watchbill.notifications.actions import release_dead_leases
from watchbill.notifications.models import Notification
from watchbill.notifications.selectors import GONE, LOOKED_AT, UNSENT
from watchbill.paging.models import Page

pytestmark = pytest.mark.django_db


def unproven(now: dt.datetime) -> list[str]:
    return parts.unproven_work(now=now)


def beaten(there: Sink, times: int = 1, *, within: float = 3.0) -> bool:
    ends = time.monotonic() + within
    while len(there.got) < times and time.monotonic() < ends:
        time.sleep(0.01)
    return len(there.got) >= times


def test_an_event_that_nobody_takes_in_breaks_the_proof_and_one_that_failed_does_not():
    desk = Intake()
    (event,) = put(desk.service, body())
    assert unproven(T0 + 59 * SEC) == []
    assert unproven(T0 + 60 * SEC) == [f"1 events were stored and nobody took them in; the first is event {event.id}."]
    Event.objects.update(tries=1)  # it has an error of its own, and is set aside in the end
    assert unproven(T0 + MIN) == []


def test_a_notification_that_nobody_sends_breaks_the_proof():
    plan(ask(person("ada")))
    sent = Notification.objects.get()
    assert unproven(T0 + 89 * SEC) == []
    assert unproven(T0 + 90 * SEC) == [f"1 notifications were due and nobody sent them; the first is notification {sent.id}."]
    take(T0 + 90 * SEC)
    assert unproven(T0 + 91 * SEC) != []  # taken is not sent
    sent.refresh_from_db()


def test_a_notification_that_is_taken_again_and_again_and_never_ends_breaks_the_proof():
    plan(ask(person("ada")))
    for n in range(3):
        take(T0 + n * 61 * SEC)
        release_dead_leases(now=T0 + (n + 1) * 61 * SEC)
    assert unproven(T0 + 200 * SEC) != []


def test_a_provider_that_refuses_is_no_fault_of_the_engine():
    plan(ask(person("ada")))
    now = T0
    for wait in (0, 5, 20, 60):
        now += wait * SEC
        end(*take(now), now=now, how="temporary")
        assert unproven(now + SEC) == []
    assert unproven(now + 10 * MIN) == []


def test_news_that_wait_and_pages_that_wait_for_their_time_break_nothing():
    who = person("ada", rules={"high": [(300, ["webhook"])]})
    plan(ask(who), ask(who, 2, kind="status"))
    assert unproven(T0 + 4 * MIN) == []


def test_the_proof_reads_no_history():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + UNSENT, {"now": T0, "late": T0, "most": LOOKED_AT, "gone": GONE})
        found = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan on notifications_notification" not in found


@pytest.fixture
def watched(settings: Any):
    with sink() as there:
        settings.DEADMAN_URL = there.url("/alive")
        yield there


def again(desk: Any, now: dt.datetime) -> None:
    """A round in which everything is looked at, whatever was looked at a moment ago."""
    desk.engine._last.clear()
    desk.tick(now)


def test_the_beat_stops_on_a_stuck_page_and_comes_back(open_desk, watched: Sink):
    world, stuck = World(), Intake()
    desk = open_desk(world)
    real = world.parts()
    desk.engine._does = parts.Parts(
        real.take_in, real.fire_due, real.hear, parts.unproven_work, real.next_page, real.gone_stale, real.alarm_unowned
    )
    put(stuck.service, body())
    take_in(now=T0)
    again(desk, T0)
    assert beaten(watched)
    again(desk, T0 + 10 * SEC)  # nothing fires pages in this world
    again(desk, T0 + 20 * SEC)
    assert not beaten(watched, 2, within=0.3)
    row = EngineInstance.objects.get(id=desk.engine.instance_id)
    assert (row.proved_at, "nobody looked at them" in row.last_error) == (T0, True)
    Page.objects.update(due_at=T0 + 10 * MIN)
    again(desk, T0 + 30 * SEC)
    assert beaten(watched, 2)


def test_the_beat_stops_when_the_sending_thread_hangs_and_another_takes_its_place(
    open_desk, watched: Sink, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sender, "STUCK", 0.4)
    monkeypatch.setattr(sender, "SURE", 0.1)
    monkeypatch.setattr(sender, "PULSE", 0.05)
    hung = [True]

    def does(_message: Any) -> None:
        if hung.pop() if hung else False:
            time.sleep(2.0)  # a library that blocks: nothing else in the thread goes on

    desk = open_desk(webhook=Channel(does))
    again(desk, T0)
    assert beaten(watched)
    plan(ask(person("ada")), ask(person("ben"), 2), now=T0 + SEC)
    desk.tick(T0 + SEC, settle=False)
    first = desk.engine._sender
    ends = time.monotonic() + 1.5
    while desk.engine._sender is first and time.monotonic() < ends:
        desk.tick(T0 + 2 * SEC, settle=False)
        time.sleep(0.05)
    assert desk.engine._sender is not first
    assert "sending thread" in EngineInstance.objects.get(id=desk.engine.instance_id).last_error
    again(desk, T0 + 2 * MIN)  # the leases of the first thread's messages have run out
    assert {m.handle for m in desk.sent} == {"ada", "ben"}
    assert all(m.possible_duplicate for m in desk.sent if m.attempt > 1)


def test_a_provider_that_fails_does_not_stop_the_beat(open_desk, watched: Sink):
    desk = open_desk(webhook=Channel(lambda _: TemporaryFailure("500")))
    plan(ask(person("ada")))
    again(desk, T0)
    assert beaten(watched)
