"""A front door that runs in a thread of its own, and what a client sees of it."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from watchbill.frontdoor.app import FrontDoor

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """What a client sees."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


async def behind(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
    """The application behind: reads what it was sent, as Django does, and says that it was asked."""
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-behind", scope["path"].encode())]})
    await send({"type": "http.response.body", "body": b"behind"})


async def ask(
    app: FrontDoor,
    path: str,
    parts: Sequence[bytes] = (b"",),
    *,
    method: str = "POST",
    headers: Sequence[tuple[bytes, bytes]] = (),
    query: bytes = b"",
) -> Answer:
    """One request, its body in these parts. `read` of the answer's headers says how many parts the application took."""
    taken = 0

    async def receive() -> dict[str, Any]:
        nonlocal taken
        if taken == len(parts):
            return {"type": "http.disconnect"}
        taken += 1
        return {"type": "http.request", "body": parts[taken - 1], "more_body": taken < len(parts)}

    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "path": path, "method": method, "headers": list(headers), "query_string": query}
    await app(scope, receive, send)  # type: ignore[arg-type]
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], {**answered, "read": str(taken)}, b"".join(message.get("body", b"") for message in sent[1:]))


class House:
    """The front door in its own event loop, started and stopped as a server does."""

    def __init__(self) -> None:
        self.app = FrontDoor(behind)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.life: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def __enter__(self) -> House:
        gc.freeze()  # what is older than this test is not looked at when it ends
        if not self.thread.is_alive():
            self.thread.start()
        self.living = asyncio.run_coroutine_threadsafe(self.app({"type": "lifespan"}, self.life.get, self.said.put), self.loop)  # type: ignore[arg-type]
        self.run(self.life.put({"type": "lifespan.startup"}))
        assert self.run(self.said.get())["type"] == "lifespan.startup.complete"
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self.life.put({"type": "lifespan.shutdown"}))
        assert self.run(self.said.get())["type"] == "lifespan.shutdown.complete"
        self.living.result(20)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(20)
        self.loop.close()
        gc.collect()  # a connection that was being opened is closed by nobody else, and keeps the database of the tests from being dropped

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def post(self, path: str, body: Any, *, method: str = "POST", headers: Sequence[tuple[bytes, bytes]] = ()) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.run(ask(self.app, path, [raw], method=method, headers=headers))
