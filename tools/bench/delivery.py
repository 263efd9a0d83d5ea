"""Notifications delivered a second to a local receiver, through the outbox, beside a bare asynchronous HTTP client."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

import httpx
import psycopg
from tests.live.server import Desk

from tools.bench.desk200 import Sink, config
from tools.bench.table import Row, at_least
from watchbill.kernel import postgres

COUNT = 5_000
AT_ONCE = 48
QUEUE = """
INSERT INTO notifications_notification SELECT (jsonb_populate_record(NULL::notifications_notification, to_jsonb(r) || jsonb_build_object(
    'id', nextval('notifications_notification_id_seq'), 'public_id', gen_random_uuid(), 'state', 'queued', 'kind', 'status', 'tries', 0, 'page_id', null, 'firing', null,
    'finished_at', null, 'person_id', c.person_id, 'contact_id', c.id, 'due_at', clock_timestamp() + interval '2 seconds'))).*
FROM (SELECT * FROM notifications_notification WHERE state = 'delivered' LIMIT 1) r, generate_series(0, %s) n
JOIN (SELECT id, person_id, row_number() OVER (ORDER BY id) - 1 AS place FROM notifications_contact) c ON c.place = n %% 200
"""


def rows() -> list[Row]:
    return asyncio.run(_measure())


async def _measure() -> list[Row]:
    sink = Sink()
    await sink.start()
    limit = await _bare(sink)
    with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as folder:
        desk = Desk(Path(folder))
        try:
            await asyncio.to_thread(desk.start)
            await asyncio.to_thread(desk.apply, config(sink.port))
            key = await asyncio.to_thread(desk.key, "V0")
            await asyncio.to_thread(
                desk.post,
                "/v2/enqueue",
                {
                    "routing_key": key,
                    "event_action": "trigger",
                    "dedup_key": "1",
                    "payload": {"summary": "x", "source": "y", "severity": "info"},
                },
            )
            await asyncio.sleep(3)
            sink.messages = 0
            with psycopg.connect(postgres.connection_parameters(desk.data).conninfo, autocommit=True) as connection:
                connection.execute(QUEUE, [COUNT - 1])
            while sink.messages == 0:
                await asyncio.sleep(0.005)
            begun = time.perf_counter()
            end = begun + 120
            while sink.messages < COUNT and time.perf_counter() < end:
                await asyncio.sleep(0.01)
            if sink.messages < COUNT:
                raise SystemExit(f"only {sink.messages} of {COUNT} notifications arrived")
            ours = COUNT / (time.perf_counter() - begun)
        finally:
            await asyncio.to_thread(desk.stop)
    return [at_least("notifications delivered to a local receiver", ours, limit, 0.3, unit="a second")]


async def _bare(sink: Sink) -> float:
    """The same number of posts by httpx, as many at once."""
    gate = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=AT_ONCE)) as client:

        async def one() -> None:
            async with gate:
                await client.post(f"http://127.0.0.1:{sink.port}/p0", json={"incident": {"title": "bare"}})

        begun = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(COUNT)))
        return COUNT / (time.perf_counter() - begun)
