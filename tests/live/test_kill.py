"""kill -9 at random moments while events pour in: nothing that was answered is lost, no step is skipped or doubled unmarked."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.live import ledger, report
from tests.live.server import Desk, Sink, event, two_steps, wait_for
from watchbill.kernel import postgres


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    yield made
    made.close()


class Pour(threading.Thread):
    """Sends events with keys of their own, and writes down which were answered 2xx."""

    def __init__(self, desk: Desk, key: str, name: str, pause: float) -> None:
        super().__init__(daemon=True)
        self.desk, self.key, self.prefix, self.pause = desk, key, name, pause
        self.answered: list[str] = []
        self.sent = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            dedup = f"{self.prefix}-{self.sent}"
            self.sent += 1
            status, _ = self.desk.post("/v2/enqueue", event(self.key, dedup=dedup, summary=f"event {dedup}"), seconds=5)
            if status == 202:
                self.answered.append(dedup)
            time.sleep(self.pause if status else 0.05)

    def stop(self) -> None:
        self.over.set()
        self.join(10)


def rounds(tmp_path: Path, sink: Sink, count: int, *, seed: int) -> ledger.Findings:
    """Start, pour, kill at a random moment, start again; then wait until all is quiet and count."""
    rng = random.Random(seed)
    desk = Desk(tmp_path)
    desk.start()
    desk.apply(two_steps(sink, waits=("1s", "1s")))
    key = desk.key()
    answered: list[str] = []
    slowest = 0.0
    try:
        for n in range(count):
            pours = [Pour(desk, key, f"r{n}-{lane}", pause=0.05) for lane in range(2)]
            for pour in pours:
                pour.start()
            time.sleep(rng.uniform(0.05, 1.2))
            desk.kill()
            slowest = max(slowest, desk.start())
            for pour in pours:
                pour.stop()
                answered += pour.answered
        with psycopg.connect(postgres.connection_parameters(desk.data).conninfo, autocommit=True) as connection:
            wait_for(lambda: settled(connection), seconds=60, why="pages still walk or notifications still wait")
            handles = dict(connection.execute("SELECT id, handle FROM people_person").fetchall())
            found = ledger.examine(connection, answered, list(sink.got), handles)
    finally:
        desk.stop()
    found.counts["kills"] = count
    found.counts["slowest start in ms"] = round(slowest * 1000)
    return found


def settled(connection: psycopg.Connection) -> bool:
    """Every page has asked its last resort, no event and no notification waits."""
    walking = connection.execute("SELECT count(*) FROM paging_page WHERE status <> 'exhausted'").fetchone()[0]
    waiting = connection.execute("SELECT count(*) FROM intake_event WHERE state = 'pending'").fetchone()[0]
    unsent = connection.execute(
        "SELECT count(*) FROM notifications_notification WHERE state IN ('queued', 'leased') AND kind = 'page'"
    ).fetchone()[0]
    return walking + waiting + unsent == 0


@pytest.mark.live
@pytest.mark.timed
@pytest.mark.req("P11", "G11", "P2")
def test_ten_kills_lose_nothing(tmp_path, sink):
    found = rounds(tmp_path, sink, 10, seed=1)
    assert not found.wrong, found.wrong[:10]
    assert found.counts["events answered 2xx"] > 50
    assert found.counts["steps fired"] >= 3 * found.counts["alerts stored"]


@pytest.mark.live
@pytest.mark.long
def test_two_hundred_kills_lose_nothing(tmp_path, sink):
    found = rounds(tmp_path, sink, 200, seed=2)
    rows = [*found.counts.items(), ("lost, skipped, or doubled unmarked", len(found.wrong))]
    report.write(
        "kill -9 while events pour in",
        "The server's process group is killed at a random moment and started again; then everything is counted.",
        rows,
    )
    assert not found.wrong, found.wrong[:10]
