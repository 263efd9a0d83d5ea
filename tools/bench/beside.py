"""The front door at 100 events a second, alone, and while 8 browsers load the board and one exports a year. The demo, with its three months."""

from __future__ import annotations

import asyncio
import datetime as dt
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import httpx
from tests.live.server import Desk
from tests.live.test_demo import signed_in

from tools.bench.desk200 import Sender, percentile, trigger
from tools.bench.table import Row, at_most

BROWSERS, LANES, EACH = 8, 10, 150  # 15 s at 100 a second
THINKS = 0.5  # seconds between two loads of one browser, and between two exports


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as folder:
        desk = Desk(Path(folder), new=True)
        desk.start("--demo", seconds=120)
        try:
            key = desk.key("Panic mailbox")
            browsers = [signed_in(desk) for _ in range(BROWSERS + 1)]
            token = desk.json("token", "create", "--user", "grace@example.org", "--scope", "schedules:read")["token"]
            asyncio.run(_answers(desk.port, key))  # warm
            alone = asyncio.run(_answers(desk.port, key))
            stop, loads = threading.Event(), [0]
            threads = [threading.Thread(target=_browse, args=(client, stop, loads)) for client in browsers[:BROWSERS]]
            threads.append(threading.Thread(target=_export, args=(desk.url, token, stop)))
            for thread in threads:
                thread.start()
            busy = asyncio.run(_answers(desk.port, key))
            stop.set()
            for thread in threads:
                thread.join()
        finally:
            desk.stop()
    before, beside = percentile(alone, 0.99) * 1000, percentile(busy, 0.99) * 1000
    print(f"  alone {before:.1f} ms, beside {beside:.1f} ms; {loads[0]} loads of the board")
    what = "an event is answered while 8 browsers load the board and one exports a year, p99"
    return [at_most(what, beside, 2 * before, unit="ms", beside=f"{before:.1f} ms alone, ratio {beside / before:.1f}")]


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


def _browse(client: httpx.Client, stop: threading.Event, loads: list[Any]) -> None:
    while not stop.is_set():
        answer = client.get("/incidents")
        if answer.status_code != 200:
            raise SystemExit(f"the board answers {answer.status_code}")
        loads[0] += 1
        stop.wait(THINKS)


def _export(url: str, token: str, stop: threading.Event) -> None:
    first = dt.datetime.now(dt.UTC)
    asked = {"schedule": "Security Responder", "from": first.isoformat(), "to": (first + dt.timedelta(days=365)).isoformat()}
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        while not stop.is_set():
            answer = client.get(f"{url}/api/v1/shifts", params=asked)
            if answer.status_code != 200:
                raise SystemExit(f"the export answers {answer.status_code}")
            stop.wait(THINKS)
