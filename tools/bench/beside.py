"""The front door at 100 events a second, alone, and while 8 browsers load the board and one exports a year. The demo, with its three months.

The browsers are a process of their own: as threads beside the clock they held up its own reading of the answers, by more than the desk did.
For the same reason the clock asks for short slices of the processor, which it shares with all of them here and with none of them elsewhere.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import multiprocessing
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
from tests.live.server import Desk
from tests.live.test_demo import signed_in

from tools.bench.desk200 import Sender, percentile, trigger
from tools.bench.table import Row, at_most
from watchbill.kernel import slices

BROWSERS, LANES, EACH = 8, 10, 150  # 15 s at 100 a second
THINKS = 0.5  # seconds between two loads of one browser, and between two exports


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as folder:
        desk = Desk(Path(folder), new=True)
        desk.start("--demo", seconds=120)
        try:
            key = desk.key("Panic mailbox")
            browsers = [signed_in(desk) for _ in range(BROWSERS)]
            token = desk.json("token", "create", "--user", "grace@example.org", "--scope", "schedules:read")["token"]
            _measured(desk.port, key)  # warm
            alone = _measured(desk.port, key)
            busy, loads = _beside(desk, key, [dict(browser.cookies) for browser in browsers], token)
        finally:
            desk.stop()
    before, beside = percentile(alone, 0.99) * 1000, percentile(busy, 0.99) * 1000
    print(f"  alone {before:.1f} ms, beside {beside:.1f} ms; {loads} loads of the board")
    what = "an event is answered while 8 browsers load the board and one exports a year, p99"
    return [at_most(what, beside, 2 * before, unit="ms", beside=f"{before:.1f} ms alone, ratio {beside / before:.1f}")]


def _beside(desk: Desk, key: str, cookies: list[dict[str, str]], token: str) -> tuple[list[float], int]:
    """How long the answers took while the crowd was there, and how often it loaded the board."""
    own = multiprocessing.get_context("spawn")
    begun, stop, loads = own.Event(), own.Event(), own.Value("i", 0)
    crowd = own.Process(target=_crowd, args=(desk.url, cookies, token, begun, stop, loads))
    crowd.start()
    try:
        if not begun.wait(60):
            raise SystemExit("the browsers did not begin")
        busy = _measured(desk.port, key)
    finally:
        stop.set()
        crowd.join()
    if crowd.exitcode or not loads.value:
        raise SystemExit("a browser or the export failed")
    return busy, loads.value


def _crowd(url: str, cookies: list[dict[str, str]], token: str, begun: Any, stop: Any, loads: Any) -> None:
    """8 browsers and one export, until told to stop. One that fails ends it with 1."""
    with ThreadPoolExecutor(len(cookies) + 1) as threads:
        each = [threads.submit(_browse, url, jar, stop, loads) for jar in cookies]
        each.append(threads.submit(_export, url, token, stop))
        begun.set()
        for one in each:
            one.result()


def _measured(port: int, key: str) -> list[float]:
    """In a thread of its own: what a process starts later inherits nothing of it."""
    with ThreadPoolExecutor(1, initializer=slices.prompt) as clock:
        return clock.submit(lambda: asyncio.run(_answers(port, key))).result()


async def _answers(port: int, key: str) -> list[float]:
    """Seconds from the first byte to the answer, in a steady stream on kept connections."""
    took: list[float] = []
    begun = time.perf_counter()

    async def lane(number: int) -> None:
        sender = Sender(port)
        for n in range(EACH):
            await asyncio.sleep(max(0.0, begun + n * 0.1 + number * 0.01 - time.perf_counter()))
            sent = time.perf_counter()
            status, at = await sender.post("/v2/enqueue", trigger(key, "disk full", "disk full"))
            if status != 202:
                raise SystemExit(f"an event was answered with {status}")
            took.append(at - sent)

    await asyncio.gather(*(lane(number) for number in range(LANES)))
    return took


def _browse(url: str, cookies: dict[str, str], stop: Any, loads: Any) -> None:
    with httpx.Client(base_url=url, cookies=cookies, timeout=60) as client:
        while not stop.is_set():
            answer = client.get("/incidents")
            if answer.status_code != 200:
                raise SystemExit(f"the board answers {answer.status_code}")
            with loads.get_lock():
                loads.value += 1
            stop.wait(THINKS)


def _export(url: str, token: str, stop: Any) -> None:
    first = dt.datetime.now(dt.UTC)
    asked = {"from": first.isoformat(), "to": (first + dt.timedelta(days=365)).isoformat()}
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        while not stop.is_set():
            answer = client.get(f"{url}/api/v1/schedules/Security%20Responder/shifts", params=asked)
            if answer.status_code != 200:
                raise SystemExit(f"the export answers {answer.status_code}")
            stop.wait(THINKS)
