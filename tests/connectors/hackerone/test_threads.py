"""A thread for each programme: one that is slow or dead delays no other, and not the engine; a demo and a missing token ask nobody."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.connectors.hackerone.conftest import NETS
from tests.connectors.hackerone.fake import HackerOne, hackerone
from tests.connectors.tracker.fake import SLOW
from watchbill.connectors import wire
from watchbill.engine import platforms as engine_platforms
from watchbill.engine.platforms import Platforms
from watchbill.kernel.clock import database_now
from watchbill.platforms.models import Platform, Remote, Write
from watchbill.platforms.selectors import states

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def both(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[HackerOne, HackerOne, Platforms]]:
    settings.ALLOW_PRIVATE_TARGETS = NETS
    monkeypatch.setenv("H1_TOKEN", "watchbill:right")
    monkeypatch.setattr(wire, "PATIENCE", 3.0)
    monkeypatch.setattr(engine_platforms, "hear_platform_in", lambda *_, **__: None)
    monkeypatch.setattr(engine_platforms, "tell_of_platform_writes_in", lambda *_, **__: None)
    with hackerone() as slow, hackerone() as well:
        slow.delay = 2.5
        for name, fake in (("slow", slow), ("well", well)):
            values = {"url": fake.url, "program": "acme", "token_env": "H1_TOKEN", "writes": ["comment"]}
            Platform.objects.create(name=name, kind="hackerone", **values)
        threads = Platforms()
        yield slow, well, threads
        threads.close()


def until(what: Callable[[], bool], seconds: float = 8.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


@pytest.mark.req("K26")
def test_a_slow_programme_delays_no_other_and_not_the_engine(both: tuple[HackerOne, HackerOne, Platforms]) -> None:
    slow, well, threads = both
    slow.next = [("*", SLOW)] * 50
    well.add()
    began = time.monotonic()
    threads.look(1)
    threads.wake()
    assert time.monotonic() - began < 1.0
    until(lambda: Remote.objects.filter(platform__name="well", read_to__isnull=False).exists())
    assert not any(row.account for row in Platform.objects.filter(name="slow"))  # it has not even answered who we are
    began = time.monotonic()
    threads.look(1)
    assert time.monotonic() - began < 1.0


def test_a_dead_programme_is_said_and_comes_back_by_itself(both: tuple[HackerOne, HackerOne, Platforms]) -> None:
    dead, well, threads = both
    report = well.add()
    dead.die()
    threads.look(1)
    until(lambda: Remote.objects.filter(external_id=report).exists() and bool(states(now=database_now())[0].error))
    remote = Remote.objects.get()
    Write.objects.create(remote=remote, kind="comment", body={"text": "hello"}, due_at=database_now(), created_at=database_now())
    threads.wake()
    until(lambda: well.comments(report) == ["hello"])
    dead.start()
    Platform.objects.update(due_at=None)
    until(lambda: Platform.objects.filter(name="slow", read_at__isnull=False, error="").exists())


def test_a_demo_asks_nobody(both: tuple[HackerOne, HackerOne, Platforms], settings: Any) -> None:
    slow, well, threads = both
    settings.DEMO_INBOX = True
    threads.look(1)
    time.sleep(0.5)
    assert (slow.requests, well.requests) == ([], [])


def test_a_programme_without_its_token_is_said_once_and_asks_nobody(
    both: tuple[HackerOne, HackerOne, Platforms], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    slow, well, threads = both
    monkeypatch.setenv("H1_TOKEN", " ")
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            threads.look(1)
    assert sorted(record.__dict__["platform"] for record in caplog.records) == ["slow", "well"]
    assert (slow.requests, well.requests) == ([], [])
