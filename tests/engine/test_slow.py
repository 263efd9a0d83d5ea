"""A provider that hangs keeps nobody waiting: the person's next way starts beside the one that has no end."""

from __future__ import annotations

import time

import pytest

from tests.engine.desk import Channel, Desk
from tests.factories import MIN, SEC, T0, person
from tests.notifications.outbox import ask, plan
from watchbill.engine import loop, sender
from watchbill.notifications.actions import start_next_beside
from watchbill.notifications.models import Notification

pytestmark = pytest.mark.django_db
RULES = {"high": [(0, ["email"]), (300, ["webhook"])]}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "SLOW", 0.3)


def until(desk: Desk, what, *, seconds: float = 5.0) -> None:
    ends = time.monotonic() + seconds
    step = 0
    while not what():
        assert time.monotonic() < ends, "it did not happen"
        step += 1
        desk.engine._last.pop("slow", None)
        desk.tick(T0 + step * SEC / 100, settle=False)
        time.sleep(0.02)


@pytest.mark.req("P15")
def test_a_way_without_an_end_starts_the_next_one_beside_it_and_the_story_says_so(open_desk):
    desk = open_desk(email=Channel(lambda _: 3.0))
    plan(ask(person("ada", contacts=("email", "webhook"), rules=RULES)))
    desk.tick(T0, settle=False)
    assert [m.method for m in desk.sent] == ["email"]
    until(desk, lambda: desk.channels["webhook"].sent)
    failures = [each for report in desk.world.heard for each in report.failures]
    assert [(each.method, each.last, each.unconfirmed) for each in failures] == [("email", False, True)]
    assert "the next way starts beside it" in failures[0].detail
    until(desk, lambda: Notification.objects.filter(state="delivered").count() == 2)
    assert Notification.objects.filter(possible_duplicate=True).count() == 0  # it was slow, and it arrived
    assert [m.attempt for m in desk.sent] == [1, 1]


def test_a_way_that_ends_in_time_starts_nothing(open_desk):
    desk = open_desk(email=Channel(lambda _: 0.05))
    plan(ask(person("ada", contacts=("email", "webhook"), rules=RULES)))
    desk.tick(T0)
    time.sleep(0.4)
    desk.engine._last.clear()
    desk.tick(T0 + SEC)
    assert [m.method for m in desk.sent] == ["email"]


def test_whoever_waits_behind_a_provider_that_hangs_hears_it_by_the_next_way_too(open_desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(loop, "SLOW", 0.3)
    desk = open_desk(email=Channel(lambda _: 30.0))  # two at once, six in hand
    desk.engine._joined_at = T0 - MIN  # no outage
    plan(*(ask(person(f"p{n}", contacts=("email", "webhook"), rules=RULES), n + 1) for n in range(20)))
    desk.tick(T0, settle=False)
    until(desk, lambda: len(desk.channels["webhook"].sent) == 20, seconds=8)
    assert len({m.handle for m in desk.channels["webhook"].sent}) == 20


def test_an_acknowledged_page_starts_nothing_more():
    plan(ask(person("ada", contacts=("email", "webhook"), rules=RULES)))
    first = Notification.objects.get(rule=0)
    Notification.objects.update(state="cancelled", withdrawn=True)
    start_next_beside([first.id], crowded=["email"], waiting_since=T0, now=T0 + SEC)
    assert set(Notification.objects.values_list("state", flat=True)) == {"cancelled"}


def test_asked_again_nothing_more_is_started():
    plan(ask(person("ada", contacts=("email", "webhook"), rules=RULES)))
    first, second = Notification.objects.order_by("rule")
    told = [start_next_beside([first.id], crowded=[], waiting_since=T0, now=T0 + n * SEC).failures for n in range(3)]
    assert [len(each) for each in told] == [1, 0, 0]
    second.refresh_from_db()
    assert second.due_at == T0


def test_after_an_outage_what_is_old_is_sent_first(open_desk, monkeypatch: pytest.MonkeyPatch):
    """Every one of them has been due for twenty minutes: that is no reason to ask everybody by everything."""
    desk = open_desk(email=Channel(lambda _: 0.01))
    desk.engine._joined_at = T0 + 20 * MIN
    monkeypatch.setattr(loop, "SLOW", 0.3)
    monkeypatch.setattr(sender, "SLOW", 60.0)
    later = {"high": [(0, ["email"]), (7200, ["webhook"])]}
    plan(*(ask(person(f"p{n}", contacts=("email", "webhook"), rules=later), n + 1) for n in range(20)))
    for n in range(40):
        desk.engine._last.pop("slow", None)
        desk.tick(T0 + 20 * MIN + n * SEC / 200)
    assert {m.method for m in desk.sent} == {"email"}
    assert len(desk.sent) == 20
