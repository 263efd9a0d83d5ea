"""Read a request to its end, and answer it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_READ = 16 * 1024 * 1024  # a body is read to this length and dropped, so that its sender sees the answer and not a reset
AGAIN = (b"retry-after", b"5")
SLOWEST = 30.0  # seconds for a body to arrive; behind the door, for its next part

BROKE_OFF = "The request broke off before its end, and nothing of it was stored; send it again, whole."
CREPT = f"The request did not arrive within {SLOWEST:.0f} seconds, and nothing of it was stored; send it again, faster."

encode = msgspec.json.Encoder().encode


class TooBig(Exception):
    """The body is longer than this way in takes."""


class Gone(Exception):
    """The body broke off: the client went away, or what it sends is no HTTP any more."""


class TooSlow(Exception):
    """The body did not arrive in time."""


async def read_body(receive: Receive, limit: int) -> bytes:
    """The body. Raises TooBig after the rest was read and dropped, Gone where it broke off, TooSlow where it did not come in time."""
    message = await receive()
    if message["type"] != "http.request":
        raise Gone
    if not message.get("more_body", False):
        body: bytes = message.get("body", b"")
        if len(body) > limit:
            raise TooBig
        return body
    try:
        async with asyncio.timeout(SLOWEST):
            return await _read_rest(receive, message.get("body", b""), limit)
    except TimeoutError as error:
        raise TooSlow from error


async def _read_rest(receive: Receive, first: bytes, limit: int) -> bytes:
    parts, length = [first], len(first)
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        part = message.get("body", b"")
        length += len(part)
        if length <= limit:
            parts.append(part)
        else:
            parts.clear()
        if length > MOST_READ or not message.get("more_body", False):
            break
    if length > limit:
        raise TooBig
    return b"".join(parts)


async def drop_body(receive: Receive) -> None:
    """Read and forget what the client sends, so that it sees the answer."""
    try:
        await read_body(receive, 0)
    except TooBig:
        return


async def bounded(behind: Application, scope: Scope, receive: Receive, send: Send) -> None:
    """Pass a request on, but for one whose body is longer than anything we take, which the application behind would put on disk first, or
    never goes on."""
    spoken = False

    async def watched(message: Message) -> None:
        nonlocal spoken
        spoken = True
        await send(message)

    refusal: tuple[Any, ...] = (400, error("broke_off", BROKE_OFF))  # where it heard that the body broke off, and said nothing
    try:
        if _said_length(scope) > MOST_READ:
            await drop_body(receive)
            raise TooBig
        await behind(scope, _counted(receive), watched)
    except Gone:
        return
    except TooSlow:
        refusal = (503, error("too_slow", CREPT), AGAIN)
    except TooBig:
        refusal = (413, error("too_big", f"The request is longer than {MOST_READ} bytes, which nothing here takes."))
    if not spoken:
        await answer(send, *refusal)


def _counted(receive: Receive) -> Receive:
    """The same messages, as long as the body is not too long and goes on."""
    length, whole = 0, False

    async def counted() -> Message:
        nonlocal length, whole
        if whole:  # what is heard from now on is that the client goes away
            return await receive()
        try:
            async with asyncio.timeout(SLOWEST):
                message = await receive()
        except TimeoutError as late:
            raise TooSlow from late
        whole = not message.get("more_body", False)
        length += len(message.get("body", b""))
        if length > MOST_READ:
            raise TooBig
        return message

    return counted


def _said_length(scope: Scope) -> int:
    said = header(scope, b"content-length")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else 0


HEADERS = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), (b"referrer-policy", b"no-referrer")]


async def answer(send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    """One JSON answer."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*HEADERS, length, *headers]})
    await send({"type": "http.response.body", "body": body})


def error(code: str, message: str, **details: Any) -> bytes:
    """The shape that every error of ours has."""
    return encode({"error": code, "message": message, "details": details})


def header(scope: Scope, name: bytes) -> str:
    """A request header's value; empty without one."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name), "")


def bearer(scope: Scope) -> str:
    """The token of `Authorization: Bearer TOKEN`; empty without one. The scheme's name is written as anybody likes."""
    scheme, _, token = header(scope, b"authorization").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
