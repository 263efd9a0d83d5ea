"""A flood by one key of each new kind, and a page by a key of every other kind meanwhile: nobody waits for the flood."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.server import Desk, Sink, event, two_steps, wait_for

pytestmark = [pytest.mark.live, pytest.mark.long]
MANY, THREADS = 10_000, 4
WITHIN = 2.0  # seconds: the target of `make bench` for a page into a burst
Request = tuple[str, dict[str, Any], dict[str, str]]  # path, body, headers


def generic(key: str, name: str) -> Request:
    return f"/in/generic/{key}", {"title": name, "id": name}, {}


def grafana(key: str, name: str) -> Request:
    alert = {"status": "firing", "labels": {"alertname": name}, "annotations": {"summary": name}, "fingerprint": name}
    return f"/in/grafana/{key}", {"receiver": "w", "status": "firing", "alerts": [alert]}, {}


def opsgenie(key: str, name: str) -> Request:
    return "/v2/alerts", {"message": name, "alias": name}, {"Authorization": f"GenieKey {key}"}


def events(key: str, name: str) -> Request:
    return "/v2/enqueue", event(key, name, name), {}


KINDS: dict[str, Callable[[str, str], Request]] = {"generic": generic, "grafana": grafana, "opsgenie": opsgenie, "events": events}


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


def configured(sink: Sink) -> str:
    """For each kind a service whose page asks one person of its own; S is the one that is flooded, with its storm guard."""
    text = two_steps(sink, waits=("10m", "10m"), storm="group_by: [class]")
    people = "".join(
        f'  - {{handle: p-{kind}, name: P, email: {kind}@example.org, contact: [{{kind: webhook, address: "http://127.0.0.1:{sink.port}/{kind}"}}]}}\n'
        for kind in KINDS
    )
    policies = "".join(
        f"  - {{name: P-{kind}, team: Ops, last_resort: cleo, steps: [{{notify: [{{person: p-{kind}}}], wait: 10m}}]}}\n" for kind in KINDS
    )
    services = "".join(f"  - {{name: S-{kind}, team: Ops, policy: P-{kind}}}\n" for kind in KINDS)
    text = text.replace("teams:\n", f"{people}teams:\n", 1)
    return text.replace("services:\n", f"{policies}services:\n{services}", 1)


def flood(desk: Desk, kind: str, key: str, done: list[int]) -> list[threading.Thread]:
    """Ten thousand alerts of their own, as fast as they are taken."""

    def send(first: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=30)
        for n in range(first, MANY, THREADS):
            path, body, headers = KINDS[kind](key, f"flood{n}")
            line.request("POST", path, json.dumps(body).encode(), {"content-type": "application/json", **headers})
            answer = line.getresponse()
            answer.read()
            assert answer.status == 202, answer.status
            done.append(n)
        line.close()

    threads = [threading.Thread(target=send, args=[n], daemon=True) for n in range(THREADS)]
    for each in threads:
        each.start()
    return threads


@pytest.mark.req("P22")
@pytest.mark.parametrize("flooding", ["generic", "grafana", "opsgenie"])
def test_ten_thousand_events_of_one_key_delay_no_page_of_another(desk: Desk, sink: Sink, flooding: str):
    desk.apply(configured(sink))
    keys = {kind: desk.key(f"S-{kind}", kind) for kind in KINDS}
    flooded = desk.key("S", flooding)
    took: dict[str, float] = {}
    done: list[int] = []
    began = time.monotonic()
    threads = flood(desk, flooding, flooded, done)
    time.sleep(1.5)
    for kind, make in KINDS.items():
        assert len(done) < MANY, f"the flood was over after {time.monotonic() - began:.1f} s: {took}"
        path, body, headers = make(keys[kind], f"alone {kind}")
        asked = time.monotonic()
        assert desk.post(path, body, **headers)[0] == 202
        wait_for(lambda kind=kind: sink.pages(kind), seconds=20, why=f"the page of {kind} in a flood by {flooding}")
        took[kind] = time.monotonic() - asked
    for each in threads:
        each.join(120)
    assert len(done) == MANY
    spent = time.monotonic() - began
    assert spent < 60, f"{MANY} events took {spent:.0f} s"
    assert max(took.values()) < WITHIN, took
    wait_for(lambda: b"watchbill_events_pending 0.0" in desk.get("/metrics")[1], seconds=60, why="all of them are taken in")
    mine = [row for row in desk.json("incidents") if row["service"] == "S"]
    assert 1 <= len(mine) <= 21, len(mine)  # the storm became few
