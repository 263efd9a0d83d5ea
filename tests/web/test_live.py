"""The stream of signals: one listener for all, no contents, no database connection, an end at shutdown."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest
from django.db import connection

from watchbill.kernel import bus
from watchbill.web import live


def parameters() -> dict[str, Any]:
    given = connection.get_connection_params()
    return {name: value for name, value in given.items() if name not in ("cursor_factory", "context")}


async def signal(payload: str = '{"incident": 7}') -> None:
    async with await psycopg.AsyncConnection.connect(**parameters(), autocommit=True) as other:
        await other.execute("SELECT pg_notify(%s, %s)", [bus.LIVE, payload])


async def until(stream: Any, kind: bytes) -> bytes:
    """The next event of that kind."""
    async with asyncio.timeout(10):
        while True:
            event = await anext(stream)
            if b"event: " + kind in event:
                return event
    raise AssertionError


@pytest.mark.django_db
def test_every_stream_hears_that_something_changed_and_nothing_more():
    async def run() -> None:
        here = live.Hub()
        here.start()
        streams = [live.signals(here, person, "2026-01-01T00:00:00.000Z") for person in (1, 1, 2)]
        for stream in streams:
            assert b"event: beat" in await anext(stream)
        waiting = [asyncio.ensure_future(until(stream, b"changed")) for stream in streams]
        while not here.heard:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)
        await signal()
        for event in await asyncio.gather(*waiting):
            assert b"event: changed\ndata: 20" in event
            assert b"incident" not in event
            assert b"7}" not in event
        assert here.streams == {1: 2, 2: 1}
        for stream in streams:
            await stream.aclose()
        assert not here.streams
        assert not here.waiting

    asyncio.run(run())


@pytest.mark.django_db
def test_the_streams_end_at_shutdown():
    async def run() -> None:
        here = live.Hub()
        here.start()
        stream = live.signals(here, 1, "now")
        await anext(stream)
        rest = asyncio.ensure_future(anext(stream, None))
        await asyncio.sleep(0.05)
        here.close()
        assert await asyncio.wait_for(rest, 2) is None

    asyncio.run(run())


def test_no_beat_while_the_database_is_silent(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live, "BEAT", 0.05)

    async def silent(_self: live.Hub) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(live.Hub, "_listen", silent)

    async def run() -> None:
        here = live.Hub()
        stream = live.signals(here, 1, "now")
        await anext(stream)
        here.heard = asyncio.get_running_loop().time() - 100
        assert (await anext(stream)).startswith(b":")
        here.close()
        await stream.aclose()

    asyncio.run(run())


@pytest.mark.django_db
def test_a_lost_listener_comes_back():
    async def run() -> None:
        here = live.Hub()
        here.start()
        while not here.heard:
            await asyncio.sleep(0.02)
        async with await psycopg.AsyncConnection.connect(**parameters(), autocommit=True) as other:
            await other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT clock_timestamp()%%' AND pid <> pg_backend_pid()"
                " AND datname = current_database() AND state = 'idle'"
            )
        first = here.heard
        async with asyncio.timeout(15):
            while here.heard <= first:
                await asyncio.sleep(0.05)
        here.close()

    asyncio.run(run())


@pytest.mark.django_db
def test_a_stream_that_nobody_reads_opens_no_connection(rf: Any, monkeypatch: pytest.MonkeyPatch):
    async def somebody(_request: Any) -> tuple[int, str]:
        return 7, "now"

    monkeypatch.setattr(live, "_who", somebody)

    async def run() -> None:
        before = asyncio.all_tasks()
        answer = await live.stream(rf.get("/live"))
        assert answer.status_code == 200
        assert asyncio.all_tasks() == before
        stream = aiter(answer)
        await anext(stream)
        hearing = asyncio.ensure_future(anext(stream))
        async with asyncio.timeout(10):
            while not live.hub().heard:
                await asyncio.sleep(0.02)
        hearing.cancel()
        live.hub().close()

    asyncio.run(run())


@pytest.mark.django_db
def test_a_person_has_a_bounded_number_of_streams(rf: Any, monkeypatch: pytest.MonkeyPatch):
    async def somebody(_request: Any) -> tuple[int, str]:
        return 7, "now"

    monkeypatch.setattr(live, "_who", somebody)

    async def run() -> None:
        here = live.hub()
        here.streams[7] = live.MOST
        answer = await live.stream(rf.get("/live"))
        assert answer.status_code == 429
        assert answer.headers["Retry-After"]
        here.streams[7] = 0
        answer = await live.stream(rf.get("/live"))
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-store"
        here.close()
        assert (await live.stream(rf.get("/live"))).status_code == 503

    asyncio.run(run())
