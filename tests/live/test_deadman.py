"""The whole server and the address that calls somebody when the beat stops; and the regular test of a provider, from outside."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from standardwebhooks import Webhook

from tests.connectors.parts import Sink as Beacon
from tests.connectors.parts import sink as beacon
from tests.live.server import Desk, Sink, event, two_steps, wait_for
from watchbill.kernel import postgres

pytestmark = [pytest.mark.live, pytest.mark.timed]
BEAT = 10.0  # seconds
SECRET = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0"


@pytest.fixture
def there() -> Iterator[Beacon]:
    with beacon() as made:
        yield made


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    yield made
    made.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    started: list[Desk] = []

    def run(**env: str) -> Desk:
        started.append(Desk(tmp_path, **env))
        started[-1].start()
        return started[-1]

    yield run
    for each in started:
        each.stop()


def beats(there: Beacon, *, more: int = 1, within: float = 2.5 * BEAT) -> None:
    known = len(there.got)
    wait_for(lambda: len(there.got) >= known + more, seconds=within, why="the beat goes on")


def silent(there: Beacon, *, for_: float = 2.2 * BEAT) -> None:
    """What was on its way may still arrive."""
    time.sleep(1)
    known = len(there.got)
    time.sleep(for_)
    assert len(there.got) == known, "beaten although the proof does not hold"


def database(desk: Desk) -> psycopg.Connection[Any]:
    embedded = postgres.connection_parameters(desk.data)
    return psycopg.connect(dbname="watchbill", user=embedded.user, host=str(embedded.host), passfile=str(embedded.passfile))


@pytest.mark.long
def test_the_beat_stops_while_a_page_is_stuck_and_while_the_engine_stands(start, sink: Sink, there: Beacon):
    desk = start(WATCHBILL_DEADMAN_URL=there.url("/alive"))
    desk.apply(two_steps(sink, waits=("4s", "10m")))
    beats(there)
    assert desk.post("/v2/enqueue", event(desk.key()))[0] == 202
    wait_for(lambda: sink.pages("ann"), why="the first step")
    with database(desk) as held:
        held.execute("SELECT 1 FROM paging_page FOR UPDATE")  # whoever works on pages passes over it
        time.sleep(4 + 5 + BEAT)  # its step, the grace, the last beat before
        silent(there)
        assert not sink.pages("max")
        held.rollback()
    wait_for(lambda: sink.pages("max"), why="the second step")
    beats(there, within=4 * BEAT)
    engine = desk.children()["engine"]
    os.kill(engine, signal.SIGSTOP)
    try:
        silent(there)
    finally:
        os.kill(engine, signal.SIGCONT)
    beats(there, within=4 * BEAT)


def test_a_telephone_is_tested_on_its_timer_and_one_that_refuses_turns_red(start, sink: Sink):
    desk = start(WATCHBILL_PROVIDER_TESTS="3s", GATEWAY_SECRET=SECRET)
    text = two_steps(sink).replace(
        f'contact: [{{kind: webhook, address: "http://127.0.0.1:{sink.port}/cleo"}}]', 'contact: [{kind: sms, address: "+15005550011"}]'
    )
    with beacon(text=b'{"id": "m1"}') as gateway:
        phone = f'  - {{name: gw, kind: http, url: "{gateway.url("/sms")}", secret_env: GATEWAY_SECRET, sends: [sms]}}'
        desk.apply(f"{text}phones:\n{phone}\n")
        wait_for(lambda: gateway.got, seconds=20, why="a test")
        said = Webhook(SECRET).verify(gateway.got[0].body, gateway.got[0].headers)
        assert said["to"] == "+15005550011"
        assert "Test of sms/gw" in said["text"]
        known = len(gateway.got)
        time.sleep(7)
        assert 1 <= len(gateway.got) - known <= 3  # every three seconds, not more often
        gateway.answer = 400
        red = wait_for(lambda: [each for each in desk.json("providers") if each["health"] == "failed"], seconds=20, why="it is red")
        assert red[0]["provider"] == "sms/gw"
        assert b'watchbill_provider_works{provider="sms/gw"} 0.0' in desk.get("/metrics")[1]
        assert "provider sms/gw" in desk.cli("doctor", check=False).stdout
