"""From an event's answer to its first notification at the receiver: idle, at 100 events/s, and 1.5 s into a burst of 10,000."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from tests.live.server import Desk

from tools.bench.desk200 import Sender, Sink, config, keys_of, paged_after, percentile, trigger
from tools.bench.table import Row, at_most

SERVICES = 200


def rows() -> list[Row]:
    return asyncio.run(_measure())


async def _measure() -> list[Row]:
    sink = Sink()
    await sink.start()
    with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as folder:
        desk = Desk(Path(folder))
        try:
            await asyncio.to_thread(desk.start)
            await asyncio.to_thread(desk.apply, config(sink.port, SERVICES))
            keys = await asyncio.to_thread(keys_of, desk.data, SERVICES)
            idle = await _idle(desk, sink, keys)
            await asyncio.sleep(61)  # so that the next pages are first pages again, which wait for no bundle
            busy_first, busy_all = await _steady(desk, sink, keys)
            await asyncio.sleep(61)
            burst = await _burst(desk, sink, keys)
        finally:
            await asyncio.to_thread(desk.stop)
    return [
        at_most("event answered to first notification, idle, p50", percentile(idle, 0.5) * 1000, 50, unit="ms"),
        at_most("same, p99", percentile(idle, 0.99) * 1000, 500, unit="ms"),
        at_most("at 100 events/s for 30 s, a person's first page in a minute, p50", percentile(busy_first, 0.5) * 1000, 50, unit="ms"),
        at_most("same, p99", percentile(busy_first, 0.99) * 1000, 500, unit="ms"),
        at_most(
            "at 100 events/s, later pages of a person, which wait up to 3 s to go as one, p99",
            percentile(busy_all, 0.99) * 1000,
            3500,
            unit="ms",
        ),
        at_most("a page that arrives 1.5 s into a burst of 10,000 events", burst * 1000, 2000, unit="ms"),
    ]


async def _idle(desk: Desk, sink: Sink, keys: list[str]) -> list[float]:
    sender, took = Sender(desk.port), []
    for n, key in enumerate(keys[:20]):
        took.append(await paged_after(sender, sink, key, f"idle {n}"))
        await asyncio.sleep(0.3)
    return took


async def _steady(desk: Desk, sink: Sink, keys: list[str]) -> tuple[list[float], list[float]]:
    """100 events a second for 30 s. Returns the latencies of first pages and of all later ones."""
    senders = [Sender(desk.port) for _ in range(10)]
    answered: dict[str, float] = {}
    begun = time.perf_counter()

    async def lane(number: int) -> None:
        for n in range(300):
            await asyncio.sleep(max(0.0, begun + n * 0.1 + number * 0.01 - time.perf_counter()))
            turn = n * 10 + number
            title = f"steady {turn}"
            status, at = await senders[number].post("/v2/enqueue", trigger(keys[turn % len(keys)], title, title))
            if status == 202:
                answered[title] = at

    await asyncio.gather(*(lane(number) for number in range(10)))
    end = time.perf_counter() + 30
    while not answered.keys() <= sink.first.keys() and time.perf_counter() < end:
        await asyncio.sleep(0.05)
    missing = answered.keys() - sink.first.keys()
    if missing:
        raise SystemExit(f"{len(missing)} of {len(answered)} notifications did not arrive")
    took = {title: max(0.0, sink.first[title] - at) for title, at in answered.items()}
    firsts = [f"steady {n}" for n in range(len(keys))]
    return [took.pop(title) for title in firsts if title in took], list(took.values())


async def _burst(desk: Desk, sink: Sink, keys: list[str]) -> float:
    """10,000 events on one key as fast as they go; another key's page arrives 1.5 s later."""
    senders = [Sender(desk.port) for _ in range(16)]

    async def lane(number: int) -> None:
        for n in range(625):
            title = f"burst {number} {n}"
            await senders[number].post("/v2/enqueue", trigger(keys[0], title, title))

    burst = asyncio.gather(*(lane(number) for number in range(16)))
    await asyncio.sleep(1.5)
    took = await paged_after(Sender(desk.port), sink, keys[30], "beside the burst", seconds=60)
    await burst
    return took
