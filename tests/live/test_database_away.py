"""An external database is killed while events pour in, stays away, and comes back: nothing that was answered is lost, nobody was refused."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest
from tools import on_external_database

from tests.live import ledger, report
from tests.live.server import Desk, Sink, two_steps, wait_for
from tests.live.test_kill import Pour, settled
from watchbill.kernel import postgres


class External:
    """A PostgreSQL of our own that can be killed and started again on its port."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="watchbill-away-"))
        binaries = postgres.find_binaries("16") or postgres.find_binaries()
        assert binaries
        self.binaries = binaries
        self.server, self.url = on_external_database.start(self.folder, binaries)
        with psycopg.connect(self.url.replace("/external", "/postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE external")

    def kill(self) -> None:
        """kill -9 of the postmaster; its children notice."""
        self.server.kill()
        self.server.wait()

    def start(self) -> None:
        port = int(self.url.rsplit(":", 1)[1].split("/")[0])
        self.server, _ = on_external_database.start(self.folder, self.binaries, port)

    def close(self) -> None:
        self.server.terminate()
        self.server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def external() -> Iterator[External]:
    made = External()
    yield made
    made.close()


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    yield made
    made.close()


def rounds(tmp_path: Path, sink: Sink, external: External, count: int, *, away: float) -> ledger.Findings:
    """Pour; kill the database; pour on for `away` seconds; start it; wait until all is quiet. Count at the end."""
    desk = Desk(tmp_path, database_url=external.url, name="away", WATCHBILL_SECRET_KEY="only for this test")
    answered: list[str] = []
    refused = while_away = 0
    try:
        desk.start()
        desk.apply(two_steps(sink, waits=("1s", "1s")))
        key = desk.key()
        good = desk.data / "journal" / "keys"
        wait_for(lambda: good.exists() and len(good.read_text()) > 2, why="the front door does not know its keys")
        for n in range(count):
            pours = [Pour(desk, key, f"a{n}-{lane}", pause=0.1) for lane in range(2)]
            for pour in pours:
                pour.start()
            time.sleep(0.5)
            external.kill()
            before = sum(len(pour.answered) for pour in pours)
            time.sleep(away)
            for pour in pours:
                pour.stop()
                answered += pour.answered
                refused += pour.sent - len(pour.answered)
            while_away += sum(len(pour.answered) for pour in pours) - before
            external.start()
            with psycopg.connect(external.url, autocommit=True) as connection:
                quiet = partial(settled, connection)
                wait_for(quiet, seconds=300, why=f"pages still walk or notifications still wait after round {n + 1}")
        with psycopg.connect(external.url, autocommit=True) as connection:
            handles = dict(connection.execute("SELECT id, handle FROM people_person").fetchall())
            found = ledger.examine(connection, answered, list(sink.got), handles)
            twice = connection.execute("SELECT count(*) - count(DISTINCT dedup_key) FROM intake_event").fetchone()
    finally:
        desk.stop()
    if twice and twice[0]:
        found.wrong.append(f"{twice[0]} events are stored twice")
    found.counts.update({"times the database was killed": count, "answered 2xx while it was away": while_away, "not answered 2xx": refused})
    return found


@pytest.mark.live
@pytest.mark.timed
@pytest.mark.req("P11", "P2")
def test_a_database_that_is_killed_under_load_loses_no_event(tmp_path: Path, sink: Sink, external: External) -> None:
    found = rounds(tmp_path, sink, external, 2, away=4)
    assert not found.wrong, found.wrong[:10]
    assert found.counts["answered 2xx while it was away"] > 40
    assert found.counts["not answered 2xx"] <= 2  # requests that were under way at the kill


@pytest.mark.live
@pytest.mark.long
def test_a_database_that_is_away_for_a_minute_fifty_times_loses_no_event(tmp_path: Path, sink: Sink, external: External) -> None:
    found = rounds(tmp_path, sink, external, 50, away=60)
    rows = [*found.counts.items(), ("lost, skipped, or doubled unmarked", len(found.wrong))]
    report.write(
        "the database killed for a minute",
        "kill -9 of an external PostgreSQL while events pour in; a minute later it is started again; then everything is counted. "
        "What came due while it was away is late by that time.",
        rows,
    )
    assert not found.wrong, found.wrong[:10]
