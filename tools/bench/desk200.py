"""A desk of 200 people and 200 services, a receiver of webhooks, and a sender that keeps its connections."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import psycopg

from watchbill.kernel import postgres

KEYS = """
INSERT INTO intake_integrationkey (service_id, kind, name, digest, hint, created_at)
SELECT s.id, 'events', '', sha256(r.key::bytea), '', now()
FROM unnest(%s::text[]) WITH ORDINALITY r(key, n) JOIN incidents_service s ON s.name = 'V' || (r.n - 1)
"""


def config(port: int, count: int = 200, *, wait: str = "30m") -> str:
    """Each service pages its own person by a webhook on this machine."""
    people, schedules, policies, services = [], [], [], []
    for n in range(count):
        people.append(
            f'  - {{handle: p{n}, name: Person {n}, email: p{n}@example.org, timezone: UTC, contact: [{{kind: webhook, address: "http://127.0.0.1:{port}/p{n}"}}]}}'
        )
        layer = f'{{name: all, shifts: {{days: [mon], start: "00:00", length: 1w}}, rotation: {{order: [p{n}], turn: 1w, starting: 2026-01-05}}}}'
        schedules.append(f"  - {{name: S{n}, team: Ops, timezone: UTC, layers: [{layer}]}}")
        policies.append(f"  - {{name: P{n}, team: Ops, steps: [{{notify: [{{schedule: S{n}}}], wait: {wait}}}]}}")
        services.append(f"  - {{name: V{n}, team: Ops, policy: P{n}, storm: off}}")
    team = f"  - {{name: Ops, desk: paged, members: [{', '.join(f'p{n}' for n in range(count))}]}}"
    parts = ["organization: Bench", "last_resort: p0", "people:", *people, "teams:", team, "schedules:", *schedules]
    return "\n".join([*parts, "policies:", *policies, "services:", *services]) + "\n"


def keys_of(data: Path, count: int = 200) -> list[str]:
    """One for each service, written at once: the command line would take minutes for so many."""
    keys = [f"K{n:031}" for n in range(count)]
    with psycopg.connect(postgres.connection_parameters(data).conninfo) as connection:
        connection.execute(KEYS, [keys])
    return keys


class Sink:
    """Remembers when each incident's title arrived first. Speaks just enough HTTP to keep connections alive."""

    def __init__(self) -> None:
        self.first: dict[str, float] = {}
        self.messages = 0
        self.port = 0

    async def start(self) -> None:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512)
        self.port = self.server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
                body = await reader.readexactly(length)
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                self._keep(body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _keep(self, body: bytes) -> None:
        at = time.perf_counter()
        self.messages += 1
        message = json.loads(body)
        for incident in message.get("incidents") or [message.get("incident")]:
            if incident:
                self.first.setdefault(incident["title"], at)


class Sender:
    """One connection that is kept."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.reader: asyncio.StreamReader | None = None

    async def post(self, path: str, body: dict[str, Any], **headers: str) -> tuple[int, float]:
        """Status, and when the answer had come."""
        if self.reader is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        data = json.dumps(body).encode()
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{more}content-length: {len(data)}\r\n\r\n"
        self.writer.write(head.encode() + data)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
        await self.reader.readexactly(length)
        return int(answer.split(b" ", 2)[1]), time.perf_counter()


async def paged_after(sender: Sender, sink: Sink, key: str, title: str, seconds: float = 30) -> float:
    """From an event's answer to its first notification at the receiver."""
    status, answered = await sender.post("/v2/enqueue", trigger(key, title, title))
    assert status == 202, status
    end = time.perf_counter() + seconds
    while title not in sink.first:
        await asyncio.sleep(0.001)
        if time.perf_counter() > end:
            raise SystemExit(f"{title} did not arrive within {seconds} s")
    return max(0.0, sink.first[title] - answered)


def trigger(key: str, title: str, dedup: str) -> dict[str, Any]:
    return {
        "routing_key": key,
        "event_action": "trigger",
        "dedup_key": dedup,
        "payload": {"summary": title, "source": "bench", "severity": "critical"},
    }


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
