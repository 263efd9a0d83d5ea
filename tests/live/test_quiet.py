"""A started server: a service in maintenance wakes nobody and pages at its end; a job that stays silent wakes somebody, and so does one that never came."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.server import Desk, Sink, event, two_steps, wait_for

pytestmark = [pytest.mark.live, pytest.mark.timed]
PAGE = Path(__file__).parents[2] / "docs" / "connectors" / "heartbeat.md"


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    yield made
    made.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    made.start()
    yield made
    made.stop()


def incident(desk: Desk, words: str) -> dict[str, Any]:
    """The incident whose title has these words, once it is there."""
    found = wait_for(lambda: [row for row in desk.json("incidents", "--all") if words in row["title"]], seconds=20, why=words)
    return dict(desk.json("show", str(found[0]["number"])))


def titles(sink: Sink, who: str) -> list[str]:
    return [row[2]["incident"]["title"] for row in sink.pages(who)]


@pytest.mark.req("P19")
def test_maintenance_holds_back_what_runs_and_what_comes_and_pages_from_step_1_at_its_end(desk: Desk, sink: Sink):
    desk.apply(two_steps(sink, waits=("10s", "60s")))
    key = desk.key()
    assert desk.post("/v2/enqueue", event(key, "before", "ran before"))[0] == 202
    wait_for(lambda: sink.pages("ann"), why="the page before")
    asked = time.time()
    made = desk.json("maintenance", "add", "--service", "S", "--for", "15s", "--reason", "new disks")
    assert (made["state"], made["holds"]) == ("running", 1)
    begun = time.monotonic()
    for dedup in ("stays", "goes"):
        assert desk.post("/v2/enqueue", event(key, dedup, f"{dedup} inside"))[0] == 202
    goes = incident(desk, "goes inside")
    assert goes["page"]["status"] == "paused"
    assert desk.post("/v2/enqueue", event(key, "goes", action="resolve"))[0] == 202
    while time.monotonic() < begun + 11:  # step 2 of the first page would have been asked meanwhile
        assert len(sink.pages("ann")) == 1
        assert sink.pages("max") == []
        time.sleep(0.1)
    wait_for(lambda: sorted(titles(sink, "ann")) == ["ran before", "ran before", "stays inside"], seconds=15, why=str(sink.got))
    assert "goes inside" not in str(sink.got)
    assert incident(desk, "goes inside")["status"] == "resolved"
    wait_for(lambda: "ran before" in titles(sink, "max"), seconds=15, why="step 2 after the maintenance")
    assert sink.pages("max")[0][0] > asked + 15 + 10  # the whole wait of step 1, counted from the end of the maintenance
    assert [row["state"] for row in desk.json("maintenance", "list", "--all")] == ["over"]


@pytest.mark.req("P20")
def test_a_job_that_stops_and_one_that_never_came_wake_somebody_and_a_sign_resolves_the_alert(desk: Desk, sink: Sink):
    beats = "  - {name: backup, service: S, every: 4s}\n  - {name: never, service: S, every: 4s, severity: critical}\n"
    desk.apply(f"{two_steps(sink, waits=('60s', '60s'))}heartbeats:\n{beats}")
    key = desk.json("heartbeat", "key", "backup")["key"]
    line = re.findall(r"```\n(.*?)```", PAGE.read_text(), re.DOTALL)[0].splitlines()[-1].partition("&& ")[2]
    beat = line.replace("https://YOUR-DESK", desk.url).replace("KEY", key).split()
    end = time.monotonic() + 7
    while time.monotonic() < end:
        subprocess.run(beat, check=True, capture_output=True)
        time.sleep(1)
    assert titles(sink, "ann") == ["No sign of life from never: expected every 4s, none has ever come"]
    assert {row["name"]: row["state"] for row in desk.json("heartbeat", "list")} == {"backup": "beats", "never": "silent"}
    counted = desk.get("/metrics")[1].decode()
    for line in (
        "heartbeats_unseen 1.0",
        "heartbeats_late 1.0",
        "maintenances_running 0.0",
        "alerts_held 0.0",
        'route_uses{end="dropped"} 0.0',
    ):
        assert f"watchbill_{line}" in counted
    silent = incident(desk, "No sign of life from backup")
    assert silent["alerts"][0]["state"] == "firing"
    wait_for(lambda: any("from backup: expected every 4s, the last one came" in title for title in titles(sink, "ann")), why=str(sink.got))
    subprocess.run(beat, check=True, capture_output=True)
    wait_for(lambda: incident(desk, "from backup")["alerts"][0]["state"] == "resolved", why="the alert is resolved by the sign")


@pytest.mark.req("P20")
def test_nobody_is_late_because_the_desk_was_away(desk: Desk, sink: Sink):
    desk.apply(f"{two_steps(sink, waits=('60s', '60s'))}heartbeats:\n  - {{name: backup, service: S, every: 8s}}\n")
    key = desk.json("heartbeat", "key", "backup")["key"]
    assert desk.post(f"/in/heartbeat/{key}", b"")[0] == 202
    assert desk.stop() == 0
    time.sleep(9)
    desk.start()
    back = time.monotonic()
    while time.monotonic() < back + 4:
        assert desk.json("incidents", "--all") == []
    assert desk.post(f"/in/heartbeat/{key}", b"")[0] == 202
    assert desk.json("heartbeat", "list")[0]["state"] == "beats"
