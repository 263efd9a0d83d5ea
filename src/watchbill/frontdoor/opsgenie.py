"""/v2/alerts: Opsgenie's Alert API, as far as monitors use it.

Creating and everything asked by alias is answered here, from memory of keys alone. What is asked by an id, and every question, needs the
database: those go to the application behind (frontdoor/opsgenie_reads.py).
"""

from __future__ import annotations

import time
from urllib.parse import parse_qs
from uuid import uuid4

from watchbill.connectors import bodies, opsgenie
from watchbill.frontdoor.keyring import Unknown
from watchbill.frontdoor.messages import Door
from watchbill.frontdoor.queue import Refused
from watchbill.frontdoor.requests import (
    AGAIN,
    Application,
    Receive,
    Scope,
    Send,
    TooBig,
    answer,
    bounded,
    drop_body,
    encode,
    header,
    read_body,
)

LIMIT = 512 * 1024
UNPROCESSABLE = "Request body is not processable. Please check the errors."


class Alerts:
    """Answers the Alert API in Opsgenie's own shape."""

    def __init__(self, door: Door, behind: Application) -> None:
        self.door = door
        self.behind = behind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        asked = opsgenie.which(scope["method"], scope["path"], query.get("identifierType", [""])[0].lower())
        if scope["method"] in ("GET", "HEAD") or (asked is not None and asked.by in ("id", "tiny") and asked.identifier):
            await bounded(self.behind, scope, receive, send)
            return
        request_id = str(uuid4())
        if asked is None or asked.refused:
            await drop_body(receive)
            words = asked.refused if asked else "There is no such request in the Alert API that Watchbill understands."
            await _say(send, 422 if asked else 404, words, started, request_id)
            return
        try:
            body = await read_body(receive, LIMIT)
        except TooBig:
            await _say(send, 413, f"Request body is too large (should be at most {LIMIT} bytes).", started, request_id)
            return
        await self._take(scope, send, asked, body, started, request_id)

    async def _take(self, scope: Scope, send: Send, asked: opsgenie.Asked, body: bytes, started: float, request_id: str) -> None:
        try:
            key = await self.door.key(key_of(header(scope, b"authorization")))
        except Unknown:
            await unavailable(send, started, request_id)
            return
        if key is None:
            await _say(
                send,
                401,
                "Could not authenticate: the key is unknown or revoked. Send it as Authorization: GenieKey KEY.",
                started,
                request_id,
            )
            return
        try:
            stored, said = opsgenie.envelope(asked, body)
            errors = opsgenie.check(asked, said)
        except bodies.Unreadable as unreadable:
            await _say(send, 400, f"Could not parse the request body: {unreadable}", started, request_id)
            return
        if errors:
            await _say(send, 422, UNPROCESSABLE, started, request_id, errors)
            return
        try:
            there = await self.door.store(key, "opsgenie", request_id, stored)
        except Refused as refused:
            await _say(send, 422, str(refused), started, request_id)
            return
        if there:
            taken = {"result": "Request will be processed", "took": took(started), "requestId": request_id}
            await answer(send, 202, encode(taken), (b"x-request-id", request_id.encode()))
        else:
            await unavailable(send, started, request_id)


def key_of(authorization: str) -> str:
    """The key of `Authorization: GenieKey KEY`; `Bearer KEY` is taken too."""
    scheme, _, key = authorization.strip().partition(" ")
    return key.strip() if scheme.lower() in ("geniekey", "bearer") else ""


def took(started: float) -> float:
    """Seconds so far, as Opsgenie says them."""
    return round(time.perf_counter() - started, 3)


async def unavailable(send: Send, started: float, request_id: str) -> None:
    """Not 429: some senders take it as told to stop."""
    await _say(send, 503, "The request could not be stored now; send it again.", started, request_id, headers=(AGAIN,))


async def _say(
    send: Send,
    status: int,
    message: str,
    started: float,
    request_id: str,
    errors: dict[str, str] | None = None,
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> None:
    body = {"message": message, "took": took(started), "requestId": request_id}
    await answer(send, status, encode({**body, "errors": errors} if errors else body), *headers)
