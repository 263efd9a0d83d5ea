"""What machines that watch the desk are told when a part of it is frozen: an answer in time, never a silence."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.live.server import Desk, wait_for

pytestmark = pytest.mark.live


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    made.start()
    yield made
    made.stop()


def _signal_database(desk: Desk, sign: signal.Signals, *, postmaster_too: bool = True) -> None:
    postmaster = int((desk.data / "pg" / "postmaster.pid").read_text().splitlines()[0])
    kids = subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True, check=False).stdout.split()
    for pid in (*([postmaster] if postmaster_too else []), *map(int, kids)):
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


def _ask(desk: Desk, method: str, path: str, token: str) -> tuple[float, int, str, bytes]:
    """Seconds, status, Retry-After and body of one request."""
    begun = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=30)
    try:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        connection.request(method, path, b"{}" if method == "POST" else None, {**headers, "Content-Type": "application/json"})
        answer = connection.getresponse()
        return time.monotonic() - begun, answer.status, answer.headers.get("Retry-After", ""), answer.read()
    finally:
        connection.close()


@pytest.mark.timed
@pytest.mark.parametrize("frozen", ["all", "backends"])
def test_every_request_ends_within_seconds_while_the_database_is_frozen(desk: Desk, frozen: str):
    desk.cli("user", "create", "root@example.org", "--name", "Root", "--admin")
    token = desk.json("token", "create", "--user", "root@example.org", "--scope", "incidents:write,schedules:read,audit:read")["token"]
    asked = [("GET", f"/api/v1/{path}", token) for path in ("incidents", "oncall", "audit", "oncall?schedule=First")]
    asked += [("POST", "/api/v1/incidents/1/acknowledge", token), ("GET", "/accounts/login/", ""), ("GET", "/", "")]
    with ThreadPoolExecutor(40) as pool:
        list(pool.map(lambda each: _ask(desk, *each), asked * 4))  # connections of the pool stand open
        _signal_database(desk, signal.SIGSTOP, postmaster_too=frozen == "all")
        try:
            begun = time.monotonic()
            rounds = [list(pool.map(lambda each: (each, *_ask(desk, *each)), asked * 4)) for _ in range(2)]
            assert time.monotonic() - begun < 20
        finally:
            _signal_database(desk, signal.SIGCONT)
    for (method, path, _), seconds, status, again, body in (one for each in rounds for one in each):
        if frozen == "backends" and status not in (500, 503):
            continue  # a new connection serves it
        if path in ("/", "/accounts/login/") and status in (200, 302):
            continue  # without a session nothing is asked
        assert (status, again) == (503, "5"), (method, path, status, body[:300])
        assert seconds < 7, (method, path, seconds)
        if path.startswith("/api/"):
            assert json.loads(body)["error"] == "not_ready"
            assert set(json.loads(body)) == {"error", "message", "details"}
    wait_for(lambda: _ask(desk, "GET", "/api/v1/incidents", token)[1] == 200, seconds=10)


def test_only_reading_methods_are_taken(desk: Desk):
    for path in ("/healthz", "/readyz", "/metrics", "/acceptz"):
        assert desk.post(path, b"")[0] == 405, path
