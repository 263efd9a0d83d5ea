"""A desk of 200 people and 200 services, a receiver of webhooks, and a sender that keeps its connections."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any


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

    async def post(self, path: str, body: dict[str, Any]) -> tuple[int, float]:
        """Status, and when the answer had come."""
        if self.reader is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        data = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
        self.writer.write(head.encode() + data)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
        await self.reader.readexactly(length)
        return int(answer.split(b" ", 2)[1]), time.perf_counter()


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
