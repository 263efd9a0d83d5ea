"""`serve` starts and stops all its processes together, whichever of them dies, and recovers what a kill -9 left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.live.server import Desk, Sink, event, two_steps, wait_for

pytestmark = pytest.mark.live


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.stop()


def processes_of(desk: Desk) -> list[int]:
    """Everything that has the data folder in its environment or its command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            text = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except (OSError, IndexError):
            continue
        if os.fsencode(desk.data) in text and state not in "ZX":
            found.append(int(entry.name))
    return found


def test_an_empty_folder_starts_says_ready_and_stops_clean(tmp_path):
    desk = Desk(tmp_path, new=True)
    desk.start()
    assert desk.said[0] == f"ready {desk.url}"
    line = wait_for(lambda: next((said for said in desk.said if "/setup/" in said), None), seconds=10)  # nobody can sign in yet
    path = line.split(desk.url)[1].strip()
    assert desk.get(path)[0] == 200
    assert desk.get(path[:-3] + "abc")[0] == 404
    assert len(processes_of(desk)) >= 5  # parent, database, front door, pages, engine
    assert desk.get("/healthz")[0] == 200
    assert desk.get("/acceptz")[0] == 200
    status, body = desk.get("/readyz")
    assert (status, b'"ready": true' in body) == (200, True)
    assert b"watchbill_events_pending 0.0" in desk.get("/metrics")[1]
    assert desk.stop() == 0
    wait_for(lambda: not processes_of(desk), seconds=5, why="processes are left after SIGTERM")


@pytest.mark.parametrize("role", ["all", "frontdoor"])
def test_no_log_line_of_the_web_process_shows_what_an_address_opens(desk, role):
    desk.start("--role", role)
    for path in (
        "/a/SECRETaaaa",
        "/setup/SECRETbbbb",
        "/calendar/SECRETcccc.ics",
        "/accounts/password/reset/key/1-SECRETdddd/",
        "/nothing",
    ):
        assert desk.get(path)[0] in (200, 404)
    desk.post("/in/alertmanager/SECRETeeee", b"{")
    desk.stop()
    text = desk.log.read_text()
    assert "SECRET" not in text
    if role == "all":  # there the pages answer, and say what they did not find
        rows = [json.loads(line) for line in text.splitlines() if "/nothing" in line]
        assert [(row["part"], row["level"]) for row in rows] == [("web", "warning")]


@pytest.mark.parametrize("victim", ["frontdoor", "web", "engine"])
def test_when_a_part_dies_everything_stops_with_a_sentence(desk, victim):
    desk.start()
    os.kill(desk.children()[victim], signal.SIGKILL)
    assert desk.process.wait(20) == 1
    assert f"The {victim} process ended" in desk.log.read_text()
    wait_for(lambda: not processes_of(desk), seconds=5, why="processes are left")


def test_when_the_database_dies_everything_stops_and_recovers(desk):
    desk.start()
    pid = int((desk.data / "pg" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    assert desk.process.wait(25) == 1
    assert "database" in desk.log.read_text()
    desk.start()
    assert desk.get("/readyz")[0] == 200


def test_a_kill_9_of_the_parent_leaves_nothing_and_the_next_start_works(desk):
    desk.start()
    desk.kill()
    desk.start()
    assert desk.get("/readyz")[0] == 200
    desk.kill()
    wait_for(lambda: not processes_of(desk), seconds=10, why="processes outlive their parent")


def test_a_dead_web_worker_is_replaced_while_the_rest_goes_on(desk):
    desk.start()
    main = desk.children()["web"]
    worker = int(subprocess.run(["pgrep", "-P", str(main)], capture_output=True, text=True, check=True).stdout.split()[0])
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: desk.get("/readyz", seconds=2)[0] == 200, seconds=15)
    assert desk.process.poll() is None


def test_a_second_serve_and_a_taken_port_are_refused_with_one_sentence_and_commands_go_on(desk, tmp_path):
    sink = Sink()
    try:
        desk.apply(two_steps(sink))  # the server does not run yet
        assert [row["schedule"] for row in desk.json("who")] == ["First", "Manager"]
        desk.start()
        again, other = Desk(tmp_path, name="data"), Desk(tmp_path, name="other")
        with ThreadPoolExecutor() as both:  # each waits for what a kill -9 may have left
            folder = both.submit(again.cli, "serve", "--bind", f"127.0.0.1:{again.port}", check=False)
            port = both.submit(other.cli, "serve", "--bind", f"127.0.0.1:{desk.port}", check=False)
        for done, why in ((folder.result(), "in use by another Watchbill"), (port.result(), "cannot be used")):
            assert (done.returncode, why in done.stderr, "Traceback" in done.stderr) == (1, True, False)
        assert desk.get("/readyz")[0] == 200
        assert [row["schedule"] for row in desk.json("who")] == ["First", "Manager"]
    finally:
        sink.close()


def test_a_backup_taken_under_load_restores_whole(desk, tmp_path):
    sink = Sink()
    try:
        desk.start()
        desk.apply(two_steps(sink, waits=("60s", "60s")))
        key = desk.key()
        for n in range(30):
            assert desk.post("/v2/enqueue", event(key, dedup=f"b{n}"))[0] == 202
        wait_for(lambda: len(desk.json("incidents")) == 30)
        file = tmp_path / "backup.zip"
        desk.cli("backup", str(file))
        assert file.stat().st_mode & 0o077 == 0
        again = Desk(tmp_path, name="restored", new=True)
        assert again.cli("restore", str(file)).returncode == 0
        assert {row["number"] for row in again.json("incidents")} == {row["number"] for row in desk.json("incidents")}
        assert again.cli("export").stdout == desk.cli("export").stdout
        refused = again.cli("restore", str(file), check=False)
        assert (refused.returncode, "has people in it already" in refused.stderr) == (1, True)
        damaged = tmp_path / "damaged.zip"
        damaged.write_bytes(file.read_bytes()[:-5000])
        assert Desk(tmp_path, name="third").cli("restore", str(damaged), check=False).returncode == 1
    finally:
        sink.close()


@pytest.mark.timed
@pytest.mark.req("P2", "G11", "G37")
def test_the_manager_is_paged_at_the_wait_and_not_before_also_over_a_kill(desk):
    sink = Sink()
    try:
        desk.start()
        desk.apply(two_steps(sink, waits=("4s", "4s")))
        key = desk.key()
        desk.post("/v2/enqueue", event(key))
        first = wait_for(lambda: sink.pages("ann"), why="the on-call hears nothing")[0]
        second = wait_for(lambda: sink.pages("max"), why="the manager hears nothing")[0]
        assert -0.2 <= second[0] - first[0] - 4 <= 5
        desk.post("/v2/enqueue", event(key, dedup="k2"))
        again = wait_for(lambda: sink.pages("ann")[1:], why="the on-call hears nothing of the second")[0]
        desk.kill()
        time.sleep(1)
        desk.start()
        then = wait_for(lambda: sink.pages("max")[1:], why="the manager hears nothing after the kill")[0]
        assert -0.2 <= then[0] - again[0] - 4 <= 6
    finally:
        sink.close()
