"""Which requests do monitors send, and how are they answered? A thin ASGI application in front of everything else.

An event is checked, put on disk, and only then answered with 2xx; what it means is decided later. Everything that is not named here goes to
the application behind.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import traceback
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any
from uuid import uuid4

from watchbill.connectors import bodies, pagerduty_events
from watchbill.connectors.callbacks import CALLBACKS
from watchbill.frontdoor import heartbeats, messages, opsgenie
from watchbill.frontdoor.keyring import Key, KeyRing, Unknown
from watchbill.frontdoor.queue import Refused
from watchbill.frontdoor.requests import (
    AGAIN,
    BROKE_OFF,
    CREPT,
    Application,
    Gone,
    Receive,
    Scope,
    Send,
    TooBig,
    TooSlow,
    answer,
    bounded,
    drop_body,
    encode,
    error,
    read_body,
)
from watchbill.frontdoor.writer import Writer

REMEMBERED, REMEMBERED_BYTES = 512, 4096  # events whose bytes came before are not read again
EVENT_BYTES = 512 * 1024  # PagerDuty's limit
MASK = b'"%b"' % (b"*" * 32)
NOT_NOW = "The event could not be stored now; send it again."
EVENTS = ("/v2/enqueue", "/v2/change/", "/generic/")
TOO_MANY = re.compile(r"^/+(v2|in|generic)/+")  # slashes: of an address with one at its end, before a path with one at its begin
DRAIN = 8.0  # seconds that a stop waits for requests under way
TOO_BIG = {"error": "too_big", "details": {"most": EVENT_BYTES}}  # our own shape besides PagerDuty's

logger = logging.getLogger("watchbill.frontdoor")
Way = Callable[[Scope, Receive, Send], Any]


class Closing(Exception):
    """The server stops: another one, or this one in a moment, takes what comes."""


class FrontDoor:
    """Answers events itself and passes the rest on."""

    def __init__(self, behind: Application) -> None:
        self.behind = behind
        self.writer: Writer | None = None
        self.keys: KeyRing | None = None
        self.hearing = heartbeats.Hearing()
        self.busy = 0  # requests under way
        self.closed = False
        self.alerts = opsgenie.Alerts(self, behind)
        self.ways: dict[str, Way] = {
            "/v2/enqueue": self.enqueue,
            "/v2/change/enqueue": self.enqueue_change,
            "/generic/2010-04-15/create_event.json": self.enqueue_first,
            "/acceptz": self.acceptz,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            await self.behind(scope, receive, send)
            return
        path = scope["path"]
        if "//" in path and self._way(plain := TOO_MANY.sub(r"/\1/", path)) is not None:
            scope, path = {**scope, "path": plain}, plain
        way = self._way(path)
        if way is None:
            await bounded(self.behind, scope, receive, send)
            return
        await self._by(way, path.startswith(EVENTS), scope, receive, send)

    async def _by(self, way: Way, events: bool, scope: Scope, receive: Receive, send: Send) -> None:
        """Whatever happens, somebody may still listen: without an answer the server would make one of its own. `events`: in PagerDuty's shape."""
        self.busy += 1
        try:
            await way(scope, receive, send)
        except Gone:
            await (_invalid(send, (BROKE_OFF,)) if events else answer(send, 400, error("broke_off", BROKE_OFF)))
        except TooSlow:
            await _unavailable(send, CREPT, events=events)
        except Closing:
            await _unavailable(send, events=events)
        except Exception as failure:  # noqa: BLE001  whatever we failed on: the event may be sent again
            frame = traceback.extract_tb(failure.__traceback__)[-1]  # its words may quote the event
            logger.error("the front door failed: %s in %s, line %s", type(failure).__name__, frame.filename, frame.lineno)
            await _unavailable(send, events=events)
        finally:
            self.busy -= 1

    def _way(self, path: str) -> Way | None:
        """Who answers at this address; None: the application behind. A slash at the end costs nobody an alert."""
        way = self.ways.get(path.rstrip("/"))
        if way is not None:
            return way
        if path == heartbeats.PATH or path.startswith(f"{heartbeats.PATH}/"):
            return self.heartbeat
        if path == "/in" or path.startswith("/in/"):
            kind, _, rest = path.removeprefix("/in").strip("/").partition("/")
            return None if kind in CALLBACKS and rest else self.inbound
        if path == "/v2/alerts" or path.startswith("/v2/alerts/"):
            return self.alerts
        return messages.no_way if path.startswith("/v2/") else None

    async def enqueue(self, scope: Scope, receive: Receive, send: Send) -> None:
        """POST /v2/enqueue: PagerDuty's Events API v2."""
        body = await _posted(scope, receive, send)
        if body is None:
            return
        try:
            checked, masked = _remembered(body) if len(body) <= REMEMBERED_BYTES else _understood(body)
        except bodies.Unreadable as unreadable:
            await _invalid(send, (str(unreadable),))
            return
        if checked.errors:
            await _invalid(send, checked.errors)
            return
        dedup_key = checked.dedup_key or uuid4().hex
        if await self._stored(send, checked.routing_key, "events", dedup_key, masked):
            await answer(send, 202, b'{"status":"success","message":"Event processed","dedup_key":%b}' % encode(dedup_key))

    async def enqueue_change(self, scope: Scope, receive: Receive, send: Send) -> None:
        """POST /v2/change/enqueue: kept, never notifies."""
        event = await _event(scope, receive, send)
        if event is None:
            return
        body, decoded = event
        checked = pagerduty_events.check_change(decoded)
        if checked.errors:
            await _invalid(send, checked.errors)
        elif await self._stored(send, checked.routing_key, "change", "", _masked(body, decoded, checked.routing_key)):
            await answer(send, 202, b'{"status":"success","message":"Change event processed"}')

    async def enqueue_first(self, scope: Scope, receive: Receive, send: Send) -> None:
        """POST /generic/2010-04-15/create_event.json: PagerDuty's Events API v1."""
        event = await _event(scope, receive, send)
        if event is None:
            return
        body, decoded = event
        checked = pagerduty_events.check_first(decoded)
        if checked.errors:
            await _invalid(send, checked.errors)
            return
        key = checked.dedup_key or uuid4().hex
        masked = _masked(body, decoded, checked.routing_key, "service_key")
        if await self._stored(send, checked.routing_key, "events-v1", key, masked):
            await answer(send, 200, b'{"status":"success","message":"Event processed","incident_key":%b}' % encode(key))

    async def inbound(self, scope: Scope, receive: Receive, send: Send) -> None:
        """POST /in/KIND/KEY, or /in/KIND with the key as a bearer token."""
        await messages.take(self, scope, receive, send)

    async def heartbeat(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A sign of life."""
        self._running()
        await self.hearing.take(scope, receive, send)

    async def acceptz(self, scope: Scope, receive: Receive, send: Send) -> None:
        """GET /acceptz: can an event be stored durably now?"""
        await drop_body(receive)
        if scope["method"] not in ("GET", "HEAD"):
            await answer(send, 405, error("method_not_allowed", "Ask by GET."), (b"allow", b"GET, HEAD"))
            return
        writer = self._running()
        if where := await writer.accepts():
            waiting = {"events": writer.journal.events, "bytes": writer.journal.bytes}
            await answer(send, 200, encode({"status": "ok", "stored_in": where, "journal": waiting}))
        else:
            reason = "No event can be stored now: the database is away or refuses writes, and the journal takes no more."
            await answer(send, 503, error("not_ready", reason), AGAIN)

    async def _stored(self, send: Send, routing_key: str, kind: str, dedup_key: str, body: bytes) -> bool:
        """Put it on disk; when that is not possible, answer why."""
        try:
            key = await self.key(routing_key)
        except Unknown:
            await _unavailable(send, events=True)
            return False
        if key is None:
            await _invalid(send, ("Invalid routing key",))
            return False
        try:
            if await self.store(key, kind, dedup_key, body):
                return True
        except Refused as refused:
            await _invalid(send, (str(refused),))
            return False
        await _unavailable(send, events=True)
        return False

    async def key(self, key: str) -> Key | None:
        """The key, or None when it opens nothing. Raises Unknown when that could not be found out."""
        self._running()
        return await self.keys.find(key) if key and self.keys else None

    async def store(self, key: Key, kind: str, dedup_key: str, body: bytes) -> bool:
        """True once it is on disk. Raises Refused when it never can be."""
        return await self._running().store(key.id, key.service_id, kind, dedup_key, body)

    def _running(self) -> Writer:
        """The writer, started with the server, or with the first request where a server does not speak of its life."""
        if self.writer is None:
            if self.closed:
                raise Closing
            self.writer, self.keys = Writer(), KeyRing()
            self.writer.start()
            self.keys.start()
            self.hearing.start()
        return self.writer

    async def stop(self) -> None:
        """Answer what was begun, store what was taken in, then close."""
        patience = asyncio.get_running_loop().time() + DRAIN
        while self.busy and asyncio.get_running_loop().time() < patience:
            await asyncio.sleep(0.01)
        self.closed = True
        if self.writer is not None and self.keys is not None:
            await self.hearing.stop()
            await self.keys.stop()
            await self.writer.stop()
        self.writer = self.keys = None

    async def _live(self, receive: Receive, send: Send) -> None:
        """The server's start and stop. A database that is away at the start is no reason not to start: it is looked for all the time."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._running()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


async def _event(scope: Scope, receive: Receive, send: Send) -> tuple[bytes, Any] | None:
    """The body of an event and what it says; None when it was refused already."""
    body = await _posted(scope, receive, send)
    try:
        return None if body is None else (body, bodies.decode(body))
    except bodies.Unreadable as unreadable:
        await _invalid(send, (str(unreadable),))
        return None


async def _posted(scope: Scope, receive: Receive, send: Send) -> bytes | None:
    """The body of an event; None when it was refused already."""
    try:
        body = await read_body(receive, EVENT_BYTES)
    except TooBig:
        await _invalid(send, (f"Event is too big (should be at most {EVENT_BYTES} bytes)",), 413, **TOO_BIG)
        return None
    if scope["method"] != "POST":
        await answer(send, 405, error("method_not_allowed", "Send events by POST."), (b"allow", b"POST"))
        return None
    return body


def _understood(body: bytes) -> tuple[pagerduty_events.Checked, bytes]:
    """What is wrong with an event, whose it is, and its body without the key. Depends on its bytes alone. Raises Unreadable."""
    decoded = bodies.decode(body)
    checked = pagerduty_events.check_event(decoded)
    return checked, b"" if checked.errors else _masked(body, decoded, checked.routing_key)


_remembered = lru_cache(maxsize=REMEMBERED)(_understood)  # a flood says the same again and again


def _masked(body: bytes, decoded: dict[str, Any], routing_key: str, name: str = "routing_key") -> bytes:
    """The body as it came, but for the key, which is kept as its hash alone. As a whole string only: within one, an escape could be cut."""
    masked = body.replace(b'"%b"' % routing_key.encode(), MASK)
    if masked == body:  # written with escapes
        return json.dumps({**decoded, name: "*" * 32}).encode()
    return masked


async def _invalid(send: Send, errors: Sequence[str], status: int = 400, **more: Any) -> None:
    await answer(send, status, encode({"status": "invalid event", "message": "Event object is invalid", "errors": list(errors), **more}))


async def _unavailable(send: Send, sentence: str = NOT_NOW, *, events: bool) -> None:
    """Not 429: Alertmanager would not come again for minutes."""
    body = encode({"status": "unavailable", "message": sentence, "errors": [sentence]}) if events else error("not_ready", sentence)
    await answer(send, 503, body, AGAIN)
