"""How does an open page learn that something changed? One LISTEN connection a process, fanned out to all its streams.

A stream carries no contents: "something changed", and the server's clock as a beat. Each page then reads itself again as its own viewer,
so nothing can leak here. A stream holds no database connection: the session is read before it begins and its connection is given back.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import signal
import weakref
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from types import FrameType

import psycopg
from asgiref.sync import sync_to_async
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from watchbill.kernel import bus
from watchbill.kernel.clock import database_now
from watchbill.web import times

BEAT = 3.0  # seconds; a page that hears nothing for 10 s says so
MOST = 12  # streams of one person in one process: tabs and devices
LISTEN_AGAIN = 1.0  # seconds before the next try when the database went away
TOGETHER = 0.1  # seconds in which many signals are one
LONGEST = 6 * 3600.0  # seconds; a browser opens a new one by itself
log = logging.getLogger("watchbill.live")


class Hub:
    """The listener of this process and everybody who waits for it. Lives in one event loop."""

    def __init__(self) -> None:
        self.waiting: set[asyncio.Event] = set()
        self.streams: Counter[int] = Counter()
        self.closing = False
        self._clock: dt.datetime | None = None  # the database's, at ...
        self.heard = 0.0  # ... this loop time: the last sign from it
        self._listener: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Listen, unless that is being done. A listener that died is replaced."""
        if self._listener is None or self._listener.done():
            self._listener = asyncio.get_running_loop().create_task(self._listen())

    @contextlib.contextmanager
    def place(self, person_id: int) -> Iterator[asyncio.Event]:
        """A place in the fan-out. The event is set whenever something changed."""
        changed = asyncio.Event()
        self.waiting.add(changed)
        self.streams[person_id] += 1
        try:
            yield changed
        finally:
            self.waiting.discard(changed)
            self.streams[person_id] -= 1
            if self.streams[person_id] <= 0:
                del self.streams[person_id]
            if not self.waiting:
                self._stop()

    def clock(self, at: float) -> str:
        """The database's clock at that loop time; empty while it has not answered."""
        return times.iso(self._clock + dt.timedelta(seconds=at - self.heard)) if self._clock else ""

    def wake(self) -> None:
        """Tell every stream of this process."""
        for changed in self.waiting:
            changed.set()

    def close(self) -> None:
        """The process stops: end every stream at once."""
        self.closing = True
        self.wake()
        self._stop()

    def _stop(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
            self._listener = None

    async def _listen(self) -> None:
        while not self.closing:
            try:
                await self._listen_once()
            except (psycopg.Error, OSError) as error:
                log.warning("live: the database does not answer, trying again", extra={"error": type(error).__name__})
                await asyncio.sleep(LISTEN_AGAIN)

    async def _listen_once(self) -> None:
        """One connection of its own, outside Django's: it only listens and asks for the time."""
        parameters = connection.get_connection_params()
        parameters.pop("cursor_factory", None)
        parameters.pop("context", None)
        async with await psycopg.AsyncConnection.connect(**parameters, autocommit=True) as listening:
            await listening.execute(f"LISTEN {bus.LIVE}")
            while not self.closing:
                row = await (await listening.execute("SELECT clock_timestamp()")).fetchone()
                self._clock = row[0] if row else self._clock
                self.heard = asyncio.get_running_loop().time()
                async for _ in listening.notifies(timeout=BEAT, stop_after=1):
                    self.wake()
                await asyncio.sleep(TOGETHER)


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running loop: one a process where the server runs one loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


def stop() -> None:
    """End the streams of this process."""
    for each in _hubs.values():
        each.close()


@contextlib.asynccontextmanager
async def alongside() -> AsyncIterator[None]:
    """For the server's start and stop. A server that is asked to stop waits for open streams before it says so, hence the signal."""
    _end_on(signal.SIGTERM)
    _end_on(signal.SIGINT)
    try:
        yield
    finally:
        stop()


def _end_on(number: signal.Signals) -> None:
    """End the streams when this signal comes; then whoever wanted it before gets it."""
    loop, before = asyncio.get_running_loop(), signal.getsignal(number)

    def end(got: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop)
        if callable(before):
            before(got, frame)

    with contextlib.suppress(ValueError):  # not the main thread: there the lifespan's end has to do
        signal.signal(number, end)


@sync_to_async
def _who(request: HttpRequest) -> tuple[int | None, str]:
    """Whose session is this, and what time is it? Gives the database connection back."""
    try:
        if not request.user.is_authenticated:
            return None, ""
        return request.user.pk, times.iso(database_now())
    finally:
        if not connection.in_atomic_block:  # a test's own transaction stays open
            connections.close_all()


@require_safe
async def stream(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The signals for one open page. 401 without a session, 429 for the thirteenth page of one person."""
    person_id, now = await _who(request)
    if person_id is None:
        return HttpResponse(status=401)
    here = hub()
    if here.closing or here.streams[person_id] >= MOST:
        return HttpResponse(status=503 if here.closing else 429, headers={"Retry-After": "10"})
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Content-Encoding": "identity"}
    return StreamingHttpResponse(signals(here, person_id, now), content_type="text/event-stream", headers=headers)


async def signals(here: Hub, person_id: int, now: str) -> AsyncIterator[bytes]:
    """A beat every few seconds, and a word whenever something changed. No beat while the database is silent: the page must know."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + LONGEST
    with here.place(person_id) as changed:
        yield b"retry: 2000\n" + _event("beat", now)
        while not here.closing and loop.time() < ends:
            here.start()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), BEAT)
            if here.closing:
                return
            kind = "changed" if changed.is_set() else "beat"
            changed.clear()
            if loop.time() - here.heard < 2 * BEAT:
                yield _event(kind, here.clock(loop.time()))
            else:
                yield b": waiting for the database\n\n"


def _event(kind: str, data: str) -> bytes:
    return f"event: {kind}\ndata: {data}\n\n".encode()
