"""A server on a Unix socket that does what a test says, and a client that asks the relay before it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from watchbill.frontdoor.relay import Relay

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@asynccontextmanager
async def served(handler: Handler) -> AsyncIterator[Relay]:
    """A relay with this handler of connections behind it."""
    with tempfile.TemporaryDirectory(prefix="wb") as folder:
        path = str(Path(folder) / "s")

        async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await handler(reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_unix_server(taken, path)
        relay = Relay(path)
        try:
            yield relay
        finally:
            relay.links.clear()
            server.close()


async def head(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


@dataclass
class Client:
    """Asks once, in parts; remembers what it was answered, in the parts in which it came. Leaves when told."""

    method: str = "GET"
    path: str = "/"
    parts: Sequence[bytes] = ()
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    pause: float = 0.0  # seconds between two parts
    takes: float = 0.0  # seconds to take a part of the answer
    status: int = 0
    answered: dict[bytes, bytes] = field(default_factory=dict)
    got: list[bytes] = field(default_factory=list)
    whole: bool = False
    left: asyncio.Event = field(default_factory=asyncio.Event)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def body(self) -> bytes:
        return b"".join(self.got)

    async def ask(self, relay: Any) -> Client:
        sent = 0

        async def receive() -> dict[str, Any]:
            nonlocal sent
            if sent >= max(1, len(self.parts)):
                await self.left.wait()
            await asyncio.sleep(self.pause)
            if self.left.is_set():
                return {"type": "http.disconnect"}
            part = self.parts[sent] if self.parts else b""
            sent += 1
            return {"type": "http.request", "body": part, "more_body": sent < len(self.parts)}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                self.status, self.answered = message["status"], dict(message["headers"])
                return
            await asyncio.sleep(self.takes)
            self.got += [message["body"]] if message.get("body") else []
            self.whole = not message.get("more_body", False)
            self.heard.set()

        scope = {"type": "http", "method": self.method, "path": self.path, "raw_path": self.path.encode(), "query_string": b""}
        await relay({**scope, "headers": self.headers, "client": ("192.0.2.7", 4711)}, receive, send)
        return self
