"""Who asks is what the front door says on the Unix socket; over a network the same header is a stranger's word."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from watchbill.frontdoor.behind import Behind
from watchbill.frontdoor.wire import CLIENT

HOST = (b"host", b"desk")


def seen(client: Any, *headers: tuple[bytes, bytes]) -> tuple[Any, list[tuple[bytes, bytes]]]:
    """The client and the headers, as the pages see them."""
    got: list[Any] = []

    async def pages(scope: Any, _receive: Any, _send: Any) -> None:
        got.append((scope["client"], scope["headers"]))

    async def nothing(*_: Any) -> Any:
        raise AssertionError

    asyncio.run(Behind(pages)({"type": "http", "client": client, "headers": [HOST, *headers]}, nothing, nothing))
    found: tuple[Any, list[tuple[bytes, bytes]]] = got[0]
    return found


@pytest.mark.parametrize(
    ("said", "client"), [(b"192.0.2.7 4711", ("192.0.2.7", 4711)), (b"2001:db8::1 5", ("2001:db8::1", 5)), (b"x", None)]
)
def test_on_the_unix_socket_the_front_door_is_believed(said: bytes, client: Any):
    assert seen(("", "0"), (CLIENT, said)) == (client, [HOST])


def test_over_a_network_nobody_is():
    forged = (CLIENT, b"198.51.100.1 1")
    assert seen(("203.0.113.9", 50000), forged) == (("203.0.113.9", 50000), [HOST, forged])


def test_without_a_word_nobody_is_known():
    assert seen(("", "0")) == (("", "0"), [HOST])


def test_what_lives_beside_the_pages_begins_and_ends_with_their_server():
    happened: list[str] = []

    class Beside:
        async def __aenter__(self) -> None:
            happened.append("begun")

        async def __aexit__(self, *_: object) -> None:
            happened.append("ended")

    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        happened.append(message["type"])

    async def pages(*_: Any) -> None:
        raise AssertionError

    asyncio.run(Behind(pages, alongside=[Beside])({"type": "lifespan"}, receive, send))
    assert happened == ["begun", "lifespan.startup.complete", "ended", "lifespan.shutdown.complete"]
