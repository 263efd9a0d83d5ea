"""POST /in/KIND/KEY: a monitor's own message, by the table of connectors/inbound.py.

Read to its end, known by its key, understood, stored, and only then answered.
"""

from __future__ import annotations

from typing import Protocol

from watchbill.connectors import bodies
from watchbill.connectors.inbound import WAYS, Way
from watchbill.frontdoor.keyring import Key, Unknown
from watchbill.frontdoor.queue import Refused
from watchbill.frontdoor.requests import AGAIN, Receive, Scope, Send, TooBig, answer, bearer, drop_body, error, header, read_body

UNKNOWN = "This key is unknown or revoked. Make one with `watchbill key create`."
NO_KEY = "No key came with this message. Put it at the end of the address, /in/{kind}/KEY, or send it as `Authorization: Bearer KEY`."
STORED = b'{"status":"success","message":"Message stored"}'


class Door(Protocol):
    """What a way in needs of the front door."""

    async def key(self, key: str) -> Key | None:
        """The key, or None when it opens nothing. Raises Unknown when that could not be found out."""

    async def store(self, key: Key, kind: str, dedup_key: str, body: bytes) -> bool:
        """True once it is on disk. Raises Refused when it never can be."""


async def take(door: Door, scope: Scope, receive: Receive, send: Send) -> None:
    """One message: 202 once it is stored, 400 for what cannot be read, 401 without a key, 413, 503; never 429."""
    kind, *rest = scope["path"].removeprefix("/in/").rstrip("/").split("/")
    way = WAYS.get(kind)
    if way is None:
        await no_way(scope, receive, send)
        return
    try:
        body = await read_body(receive, way.limit)
    except TooBig:
        await answer(send, 413, error("too_big", f"The message is longer than {way.limit} bytes; {way.too_big}."))
        return
    if scope["method"] != "POST":
        await answer(send, 405, error("method_not_allowed", "Send messages by POST."), (b"allow", b"POST"))
        return
    words = "/".join(rest).strip("/") or bearer(scope) or (header(scope, way.key_header.encode()) if way.key_header else "")
    try:
        key = await door.key(words)
    except Unknown:
        await unavailable(send)
        return
    if key is None:
        await answer(send, 401, error("unknown_key", UNKNOWN if words else NO_KEY.format(kind=kind)))
    elif wrong := way.unproven(lambda name: header(scope, name.encode()), body, words):
        await answer(send, 401, error("not_proven", wrong))
    elif problem := _problem(way, body):
        await answer(send, 400, error("invalid", problem))
    else:
        await _store(door, send, key, kind, body)


async def _store(door: Door, send: Send, key: Key, kind: str, body: bytes) -> None:
    try:
        if await door.store(key, kind, "", body):
            await answer(send, 202, STORED)
        else:
            await unavailable(send)
    except Refused as refused:
        await answer(send, 400, error("invalid", str(refused)))


async def no_way(_: Scope, receive: Receive, send: Send) -> None:
    """An address of machines that nobody answers."""
    await drop_body(receive)
    active = ["/v2/enqueue", "/v2/change/enqueue", "/v2/alerts", "/in/heartbeat", *(f"/in/{kind}" for kind in sorted(WAYS))]
    await answer(send, 404, error("not_found", "Nothing is taken in at this address.", active=active))


def _problem(way: Way, body: bytes) -> str:
    try:
        return way.problem(way.decode(body))
    except bodies.Unreadable as unreadable:
        return str(unreadable)


async def unavailable(send: Send) -> None:
    """Not 429: Alertmanager would not come again for minutes."""
    await answer(send, 503, error("not_ready", "The event could not be stored now; send it again."), AGAIN)
