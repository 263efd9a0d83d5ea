"""What machines that watch the desk are told when a part of it is frozen: an answer in time, never a silence."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.server import Desk, wait_for

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live")]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    made.start()
    yield made
    made.stop()


def _signal_database(desk: Desk, sign: signal.Signals) -> None:
    postmaster = int((desk.data / "pg" / "postmaster.pid").read_text().splitlines()[0])
    kids = subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True, check=False).stdout.split()
    for pid in (postmaster, *map(int, kids)):
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            continue


@pytest.mark.timed
def test_a_frozen_database_is_said_within_seconds(desk: Desk):
    assert desk.get("/readyz")[0] == 200
    _signal_database(desk, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        status, body = desk.get("/readyz")
        assert (status, json.loads(body)["reason"]) == (503, "The database does not answer.")
        assert desk.get("/metrics") == (503, b"The database does not answer.\n")
        status, body = desk.get("/acceptz")
        assert (status, json.loads(body)["stored_in"]) == (200, "journal")
        assert desk.get("/healthz")[0] == 200
        assert time.monotonic() - begun < 13
    finally:
        _signal_database(desk, signal.SIGCONT)
    wait_for(lambda: desk.get("/readyz")[0] == 200, seconds=20)
    assert desk.get("/metrics")[0] == 200


def test_only_reading_methods_are_taken(desk: Desk):
    for path in ("/healthz", "/readyz", "/metrics", "/acceptz"):
        assert desk.post(path, b"")[0] == 405, path
