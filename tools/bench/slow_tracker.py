"""Is a page later when the team's tracker answers after half a minute, or not at all? Beside the same desk without a tracker, in one run."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from tests.connectors.gitlab.fake import GitLab, gitlab
from tests.connectors.tracker.fake import SLOW
from tests.live.server import Desk, free_port

from tools.bench.desk200 import Sender, Sink, config, keys_of, paged_after, percentile
from tools.bench.table import Row, no_later

EACH = 40  # pages of one measurement, each of a service and a person of its own
LATE = 30.0  # seconds until the tracker answers
WRITES = "writes: [create_issue, comment, assign, label, close]"


def rows() -> list[Row]:
    with gitlab() as tracker:
        tracker.delay, tracker.next = LATE, [("*", SLOW)] * 10_000
        tracker.numbers["sec/desk"] = 0
        without, slow, dead = asyncio.run(_measure(tracker))
    beside = [("answers after 30 s", slow), ("is dead", dead)]
    made = []
    for word, took in beside:
        for share, name in ((0.5, "p50"), (0.95, "p95")):
            what = f"event answered to first notification, with a tracker that {word}, {name}"
            made.append(no_later(what, percentile(took, share) * 1000, percentile(without, share) * 1000, 1.5, unit="ms"))
    return made


async def _measure(tracker: GitLab) -> tuple[list[float], list[float], list[float]]:
    sink = Sink()
    await sink.start()
    with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as folder:
        desk = Desk(Path(folder), TRACKER_TOKEN=tracker.token)
        plain = config(sink.port, 3 * EACH)
        try:
            await asyncio.to_thread(desk.start)
            await asyncio.to_thread(desk.apply, plain)
            keys = await asyncio.to_thread(keys_of, desk.data, 3 * EACH)
            without = await _pages(desk, sink, keys[:EACH])
            await asyncio.to_thread(desk.apply, _tracked(plain, tracker.port))
            slow = await _pages(desk, sink, keys[EACH : 2 * EACH])
            if not tracker.requests:
                raise SystemExit("the tracker was asked nothing: this measured a desk without one")
            await asyncio.to_thread(desk.apply, _tracked(plain, free_port()))
            dead = await _pages(desk, sink, keys[2 * EACH :])
        finally:
            await asyncio.to_thread(desk.stop)
    return without, slow, dead


def _tracked(plain: str, port: int) -> str:
    """The same desk with a tracking issue for each incident."""
    tracker = f'trackers:\n  - {{name: main, kind: gitlab, url: "http://127.0.0.1:{port}", token_env: TRACKER_TOKEN, {WRITES}}}\n'
    return plain.replace("desk: paged, members", "desk: paged, issue: {tracker: main, project: sec/desk}, members", 1) + tracker


async def _pages(desk: Desk, sink: Sink, keys: list[str]) -> list[float]:
    sender, took = Sender(desk.port), []
    for n, key in enumerate(keys):
        took.append(await paged_after(sender, sink, key, f"page {n} of {key}"))
        await asyncio.sleep(0.25)
    return took[EACH // 8 :]  # the first ones come while the new configuration is read
