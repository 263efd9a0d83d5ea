"""Once through the real server: granian, real sockets, the client's own library."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pagerduty
import pytest

from tests.factories import T0
from tests.intake.desk import Desk, body
from watchbill.frontdoor import database
from watchbill.incidents.models import Incident
from watchbill.intake.actions import take_in
from watchbill.intake.models import Event

pytestmark = pytest.mark.live


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """The front door as a process of its own."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.process = process
        self.asked = False

    def terminate(self) -> None:
        """Once: a second signal would meet a process that is just ending."""
        if not self.asked:
            self.asked = True
            self.process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        self.terminate()
        return self.process.wait(20)


@pytest.fixture
def server(desk: Desk) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--workers", "1", "--loop", "uvloop", "--http", "1", "--no-ws"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--backpressure", "16384", "--workers-kill-timeout", "5"]
    command += ["watchbill.main.asgi_frontdoor:application"]
    process = subprocess.Popen(command, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    running = Server(port, process)
    try:
        deadline = time.monotonic() + 20
        while not _ready(running.url):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.05)
        yield running
    finally:
        assert running.stop() == 0


def plain_client(key: str, url: str) -> pagerduty.EventsApiV2Client:
    """The client, but for its insistence on https, which this test's server does not speak."""

    class Plain(pagerduty.EventsApiV2Client):
        url = None

    client = Plain(key)
    client.url = url
    return client


def test_the_official_client_triggers_acknowledges_and_resolves(server: Server, desk: Desk):
    client = plain_client(desk.key, server.url)
    made = client.trigger(
        "disk full", "host1", severity="critical", custom_details={"disk": "/dev/sda"}, links=[{"href": "https://example.org"}]
    )
    assert client.acknowledge(made) == made
    assert client.resolve(made) == made
    client.submit("deployed", "ci", timestamp="2026-11-22T00:00:00+00:00Z", links=[{"href": "https://example.org", "text": "build"}])
    assert Event.objects.filter(kind="events").count() == 3
    assert Event.objects.filter(kind="change").count() == 1
    take_in(now=T0)
    assert Incident.objects.get().title == "disk full"


def test_a_body_of_ten_megabytes_sees_its_answer_and_not_a_reset(server: Server, desk: Desk):
    big = json.dumps({**body(), "routing_key": desk.key, "client": "x" * 10_000_000})
    with httpx.Client(base_url=server.url, timeout=30) as client:
        answer = client.post("/v2/enqueue", content=big)
        assert (answer.status_code, answer.json()["status"]) == (413, "invalid event")
        again = client.post("/v2/enqueue", json={**body(), "routing_key": desk.key})
        assert again.status_code == 202
    assert Event.objects.count() == 1


@pytest.mark.timed
def test_a_stop_under_load_loses_nothing_that_was_answered(server: Server, desk: Desk):
    async def load() -> list[str]:
        taken: list[str] = []

        async def one(client: httpx.AsyncClient, me: int) -> None:
            for n in range(10_000):
                try:
                    answer = await client.post("/v2/enqueue", json={**body(f"{me}-{n}"), "routing_key": desk.key})
                except httpx.TransportError:
                    return
                if answer.status_code == 202:
                    taken.append(answer.json()["dedup_key"])

        async with httpx.AsyncClient(base_url=server.url, timeout=10) as client:
            senders = [asyncio.create_task(one(client, me)) for me in range(8)]
            await asyncio.sleep(1)
            server.terminate()
            await asyncio.gather(*senders)
        return taken

    taken = asyncio.run(load())
    assert len(taken) > 50
    assert set(taken) <= set(Event.objects.values_list("dedup_key", flat=True))


def _ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/acceptz", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def _environment() -> dict[str, str]:
    """The server looks at the database of the tests."""
    known: dict[str, Any] = database.parameters()
    values = {**os.environ, "DJANGO_SETTINGS_MODULE": "watchbill.main.settings"}
    host, port = known.get("host", ""), known.get("port", "")
    if host.startswith("/"):
        values["DATABASE_URL"] = (
            f"postgresql:///{known['dbname']}?host={host}&user={known.get('user', '')}&passfile={known.get('passfile', '')}"
        )
    else:
        values["DATABASE_URL"] = f"postgresql://{known.get('user', '')}:{known.get('password', '')}@{host}:{port}/{known['dbname']}"
    return values
