"""Two servers on one external PostgreSQL: one is frozen for longer than its lease, and woken."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tools import on_external_database

from tests.live import ledger, report
from tests.live.server import Desk, Sink, two_steps, wait_for
from tests.live.test_kill import Pour, settled
from watchbill.kernel import postgres

LEASE = 60  # seconds


@pytest.fixture
def external() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="watchbill-external-"))
    server, url = on_external_database.start(folder, postgres.find_binaries("16") or postgres.find_binaries())
    with psycopg.connect(url.replace("/external", "/postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE external")
    yield url
    server.terminate()
    server.wait()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    yield made
    made.close()


def engines_of(desk: Desk) -> int:
    return desk.children()["engine"]


def frozen_rounds(tmp_path: Path, sink: Sink, url: str, count: int, *, frozen_for: float) -> ledger.Findings:
    """Freeze the engines of the two nodes in turn while events come in through both; wake them; count."""
    nodes = [Desk(tmp_path, database_url=url, name=f"node{n}", WATCHBILL_SECRET_KEY="the same on both") for n in (1, 2)]
    answered: list[str] = []
    try:
        for node in nodes:
            node.start()
        nodes[0].apply(two_steps(sink, waits=("1s", "1s")))
        key = nodes[0].key()
        for n in range(count):
            pours = [Pour(node, key, f"f{n}-{lane}", pause=0.1) for lane, node in enumerate(nodes)]
            for pour in pours:
                pour.start()
            time.sleep(0.7)
            pid = engines_of(nodes[n % 2])
            os.kill(pid, signal.SIGSTOP)
            time.sleep(frozen_for / 2)
            for pour in pours:
                pour.stop()
                answered += pour.answered
            time.sleep(frozen_for / 2)
            os.kill(pid, signal.SIGCONT)
        with psycopg.connect(url, autocommit=True) as connection:
            wait_for(lambda: settled(connection), seconds=120, why="pages still walk or notifications still wait")
            handles = dict(connection.execute("SELECT id, handle FROM people_person").fetchall())
            found = ledger.examine(connection, answered, list(sink.got), handles)
    finally:
        for node in nodes:
            if node.process and node.process.poll() is None:
                subprocess.run(["kill", "-CONT", str(engines_of(node))], check=False)
            node.stop()
    found.counts["freezes"] = count
    return found


@pytest.mark.live
@pytest.mark.timed
@pytest.mark.req("P11", "G11")
def test_a_frozen_engine_loses_nothing_to_the_other(tmp_path, sink, external):
    found = frozen_rounds(tmp_path, sink, external, 1, frozen_for=8)
    assert not found.wrong, found.wrong[:10]
    assert found.counts["events answered 2xx"] > 10


@pytest.mark.live
@pytest.mark.long
def test_engines_frozen_for_longer_than_their_lease_lose_nothing(tmp_path, sink, external):
    found = frozen_rounds(tmp_path, sink, external, 4, frozen_for=LEASE + 15)
    rows = [*found.counts.items(), ("lost, skipped, or doubled unmarked", len(found.wrong))]
    report.write(
        "two nodes, one frozen",
        f"Two servers on one external database; each engine in turn is stopped (SIGSTOP) for {LEASE + 15} s, longer than its lease, and woken.",
        rows,
    )
    assert not found.wrong, found.wrong[:10]
