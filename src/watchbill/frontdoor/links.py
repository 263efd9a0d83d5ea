"""The connections to the process of the pages: kept open, used again, closed when they were idle for long."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import cast

from watchbill.frontdoor.wire import Broken, Reader

HIGH = 256 * 1024  # bytes of an answer that wait for the browser; then no more are read
IDLE = 20.0  # seconds; the other side closes after 30, and a request must not meet that
MOST_IDLE = 64
CONNECTING = 2.0  # seconds; the other side is a socket of this machine


class Away(Exception):
    """Nobody listens there."""


class Link(asyncio.Protocol):
    """One connection: a request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.reader: Reader | None = None
        self.lost = False
        self.free = asyncio.Event()  # what we write is taken
        self.free.set()
        self.held = False  # we read no more
        self.since = 0.0  # idle since
        self.waiter: asyncio.Future[None] | None = None

    def begin(self, method: str) -> Reader:
        """A request of this method goes out."""
        self.reader = Reader(method)
        return self.reader

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one without being called so

    def data_received(self, data: bytes) -> None:
        if self.reader is None:  # nobody asked
            self.transport.abort()
            return
        try:
            self.reader.feed(data)
        except Broken:
            self.lost = True
            self.transport.abort()
        if self.reader.size > HIGH and not self.held and not self.lost:
            self.held = True
            self.transport.pause_reading()
        self.wake()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's signature
        if self.reader is not None:
            try:
                self.reader.end()
            except Broken:
                self.lost = True
            self.reader.keeps = False
        else:
            self.lost = True
        self.free.set()
        self.wake()

    def pause_writing(self) -> None:
        self.free.clear()

    def resume_writing(self) -> None:
        self.free.set()

    def take(self) -> bytes:
        """What there is of the answer's body; more may come then."""
        assert self.reader is not None
        part = self.reader.take()
        if self.held:
            self.held = False
            if not self.transport.is_closing():
                self.transport.resume_reading()
        return part

    def close(self) -> None:
        """Nothing more is wanted of the other side, at once."""
        self.lost = True
        self.transport.abort()
        self.wake()

    def wake(self) -> None:
        """Whoever waits looks again."""
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    async def change(self) -> None:
        """Until something came, was taken or ended. For one waiter, who looks first."""
        self.waiter = asyncio.get_running_loop().create_future()
        try:
            await self.waiter
        finally:
            self.waiter = None


class Links:
    """The idle ones, the last used first."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.idle: deque[Link] = deque()

    def take(self) -> Link | None:
        """One that is still good."""
        oldest = asyncio.get_running_loop().time() - IDLE
        while self.idle:
            link = self.idle.pop()
            if link.lost or link.transport.is_closing():
                continue
            if link.since > oldest:
                return link
            self.idle.append(link)  # those before it are idle for longer
            self.clear()
        return None

    async def open(self) -> Link:
        """A new one. Raises Away."""
        try:
            async with asyncio.timeout(CONNECTING):
                _, link = await asyncio.get_running_loop().create_unix_connection(Link, self.path)
        except (OSError, TimeoutError) as error:
            raise Away from error
        return link

    def give(self, link: Link) -> None:
        """Whoever used it is done: kept when it is good for another request."""
        reader, link.reader = link.reader, None
        if reader is None or not (reader.whole and reader.keeps) or link.lost or len(self.idle) >= MOST_IDLE:
            link.close()
            return
        link.since = asyncio.get_running_loop().time()
        self.idle.append(link)

    def clear(self) -> None:
        """Close the idle ones."""
        while self.idle:
            self.idle.pop().close()
