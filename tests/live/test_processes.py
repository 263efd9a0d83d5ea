"""The front door is a process of its own: whatever the pages do, events are answered; whoever asks is known behind it."""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import json
import os
import platform
import re
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.live.server import Desk, Sink, event, two_steps, wait_for
from watchbill.frontdoor import commits
from watchbill.kernel import postgres, slices

pytestmark = pytest.mark.live


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.stop()


@contextlib.contextmanager
def frozen(desk: Desk) -> Iterator[None]:
    """The process of the pages stands still."""
    parent = desk.children()["web"]
    kids = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True, check=True).stdout.split()
    pids = [parent, *map(int, kids)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.timed
def test_events_are_answered_while_the_pages_stand_still(desk: Desk):
    sink = Sink()
    try:
        desk.start()
        desk.apply(two_steps(sink, waits=("60s", "60s")))
        key = desk.key()
        with ThreadPoolExecutor() as beside, frozen(desk):
            page = beside.submit(desk.get, "/accounts/login/", seconds=20)
            begun = time.monotonic()
            for n in range(50):
                assert desk.post("/v2/enqueue", event(key, dedup=f"k{n}"))[0] == 202
            assert desk.get("/acceptz")[0] == 200
            assert time.monotonic() - begun < 3
            wait_for(lambda: sink.pages("ann"), why="nobody is paged while the pages stand still")
            assert not page.done()
        assert page.result()[0] == 200  # whoever waited has their page now
    finally:
        sink.close()


def first_administrator(desk: Desk) -> None:
    line = wait_for(lambda: next((said for said in desk.said if "/setup/" in said), None), seconds=10)
    with httpx.Client(base_url=desk.url) as client:
        path = line.split(desk.url)[1].strip()
        given = {"name": "Root", "email": "root@example.org", "password": "correct horse battery staple"}
        assert (
            client.post(path, data={**given, "csrfmiddlewaretoken": _token(client, path)}, headers={"referer": desk.url}).status_code == 302
        )


def _token(client: httpx.Client, path: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(path).text)
    assert found
    return found[1]


def signed_in(desk: Desk, address: str, **headers: str) -> httpx.Client:
    """Somebody who sits at this address."""
    client = httpx.Client(base_url=desk.url, transport=httpx.HTTPTransport(local_address=address), headers=headers)
    sent = {
        "login": "root@example.org",
        "password": "correct horse battery staple",
        "csrfmiddlewaretoken": _token(client, "/accounts/login/"),
    }
    assert client.post("/accounts/login/", data=sent, headers={"referer": desk.url}).status_code == 302
    return client


def test_the_pages_know_from_where_somebody_signs_in_and_nobody_can_say_otherwise(desk: Desk):
    desk.start()
    first_administrator(desk)
    forged = {"X-Watchbill-Client": "198.51.100.1 1", "X_Watchbill_Client": "198.51.100.2 2", "X-Forwarded-For": "198.51.100.3"}
    signed_in(desk, "127.0.0.2", **forged).close()
    signed_in(desk, "127.0.0.3", Connection="x-watchbill-client, keep-alive").close()
    with psycopg.connect(postgres.connection_parameters(desk.data).conninfo) as connection:
        rows = connection.execute("SELECT detail->>'address' FROM audit_record WHERE action = 'person.sign_in' ORDER BY id").fetchall()
    assert [row[0] for row in rows] == ["127.0.0.2", "127.0.0.3"]


def test_an_open_page_hears_at_once_and_its_place_is_free_when_the_browser_leaves(desk: Desk):
    desk.start()
    first_administrator(desk)
    cookies = dict(signed_in(desk, "127.0.0.1").cookies)

    def opened() -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=10)
        connection.request("GET", "/live", headers={"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())})
        return connection, connection.getresponse()

    begun = time.monotonic()
    pages = [opened() for _ in range(12)]
    for _, answer in pages:
        assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream")
        assert answer.readline() == b"retry: 2000\n"
    assert time.monotonic() - begun < 2.5  # the next word comes after 3 s
    thirteenth, refused = opened()
    assert refused.status == 429
    thirteenth.close()
    for connection, answer in pages:
        answer.close()
        connection.close()

    def free() -> bool:
        connection, answer = opened()
        answer.close()
        connection.close()
        return answer.status == 200

    wait_for(free, seconds=5, why="the places of pages that were left are still taken")


def test_the_socket_of_the_pages_is_open_to_their_owner_alone_also_in_a_folder_with_a_long_path(tmp_path: Path):
    long = Desk(tmp_path / ("x" * 60) / ("y" * 60), new=True)
    long.data.mkdir(parents=True)
    long.start()
    try:
        folder = postgres.socket_folder(long.data)
        socket = folder / f"web-{long.port}.sock"
        assert len(os.fsencode(socket)) < 107
        assert (folder.stat().st_mode & 0o777, socket.stat().st_mode & 0o777) == (0o700, 0o600)
        assert long.get("/readyz")[0] == 200
    finally:
        long.stop()
    assert not socket.exists()


def test_a_node_for_events_alone_says_so_at_other_addresses(desk: Desk):
    desk.start("--role", "frontdoor")
    assert list(desk.children()) == ["frontdoor"]
    assert desk.get("/acceptz")[0] == 200
    status, body = desk.get("/")
    assert (status, json.loads(body)["message"]) == (404, "This process takes events only.")


def test_a_node_for_people_has_no_engine(desk: Desk):
    desk.start("--role", "web")
    assert sorted(desk.children()) == ["frontdoor", "web"]
    assert (desk.get("/healthz")[0], desk.get("/acceptz")[0]) == (200, 200)


KNOWN = tuple(map(int, re.findall(r"\d+", platform.release())[:2])) >= (6, 12)
SCHED_GETATTR = {"x86_64": 315, "aarch64": 275}


def _slice(thread: int) -> int:
    """Nanoseconds that this thread asks for at a time; 0: whatever the kernel gives, or a kernel that does not tell."""
    said = ctypes.create_string_buffer(48)
    if ctypes.CDLL(None).syscall(SCHED_GETATTR[platform.machine()], thread, said, 48, 0):
        return 0
    return int(struct.unpack("IIQiIQQQ", said.raw)[5])


def test_every_thread_of_the_front_door_asks_for_short_slices_where_the_kernel_gives_them(desk: Desk):
    asked = [sys.executable, "-c", "from watchbill.kernel import slices; print(slices.prompt())"]
    taken = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    desk.start("--role", "web")
    asked_for = {name: {_slice(int(thread)) for thread in os.listdir(f"/proc/{pid}/task")} for name, pid in desk.children().items()}
    assert taken == "True"
    if KNOWN:
        assert asked_for["frontdoor"] == {slices.SHORT}
    assert slices.SHORT not in asked_for["web"]


def test_the_process_that_stores_events_is_let_in_as_soon_as_the_front_door(desk: Desk):
    desk.start("--role", "web")
    sink = Sink()
    try:
        desk.apply(two_steps(sink))
        assert desk.post("/v2/enqueue", event(desk.key()))[0] == 202
    finally:
        sink.close()
    with psycopg.connect(postgres.connection_parameters(desk.data).conninfo, autocommit=True) as connection:
        wanted = "SELECT pid, application_name FROM pg_stat_activity WHERE datname = current_database()"
        found = wait_for(lambda: [row for row in connection.execute(wanted).fetchall() if row[1] == commits.NAME])
        others = [pid for pid, name in connection.execute(wanted).fetchall() if name != commits.NAME]
    if KNOWN:
        assert {_slice(pid) for pid, _ in found} == {slices.SHORT}
    assert slices.SHORT not in {_slice(pid) for pid in others}


def test_only_a_database_of_this_machine_is_meant():
    assert slices.prompt_database("127.0.0.1", os.getpid()) is False
    assert slices.prompt_database("/run/postgresql", os.getpid()) is False, "no process of a database"
    assert slices.prompt_database("/run/postgresql", 2**22 - 1) is False, "no process at all"


def test_where_the_kernel_knows_no_slices_nothing_is_asked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert slices.prompt() is False
