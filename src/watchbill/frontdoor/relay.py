"""What is no event goes to the process of the pages, over a Unix socket that nobody else may open.

Written lean, since who is on call is asked thousands of times a second: one write for a request without a body, one wake-up for an answer
that comes in one piece. Bodies go through in pieces both ways, and no faster than they are taken.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from watchbill.frontdoor import away
from watchbill.frontdoor.away import PATIENCE
from watchbill.frontdoor.links import Away, Link, Links
from watchbill.frontdoor.requests import Receive, Scope, Send
from watchbill.frontdoor.wire import LAST_CHUNK, Framing, chunk, framing, request_head

LOOK = 0.2  # seconds after which we look whether the client still waits
SAFE = ("GET", "HEAD", "OPTIONS")  # asking twice does nothing twice


class Relay:
    """The application behind the front door, which lives in another process."""

    def __init__(self, path: str) -> None:
        self.links = Links(path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        how, first, more = framing(scope["headers"]), b"", False
        if how is not Framing.NONE:
            message = await receive()
            if message["type"] != "http.request":  # it broke off
                return
            first, more = message.get("body", b""), message.get("more_body", False)
        begun = request_head(scope, how) + _piece(how, first, last=not more)
        again = how is Framing.NONE and scope["method"] in SAFE
        for fresh in (False, True):
            try:
                link = (None if fresh else self.links.take()) or await self.links.open()
            except Away:
                await away.say(scope, send, away.NOT_THERE)
                return
            exchange = Exchange(link, scope, receive, send)
            try:
                done = await exchange.run(begun, how, more=more)
            finally:
                self.links.give(link)
            if done or fresh or not again or exchange.late or exchange.gone:
                break
        if not done and not exchange.gone:
            await away.say(scope, send, away.LATE if exchange.late else away.NOT_THERE if again else away.UNKNOWN)


class Exchange:
    """One request and its answer, over one connection."""

    __slots__ = ("gone", "late", "link", "receive", "scope", "send", "tasks", "timer")

    def __init__(self, link: Link, scope: Scope, receive: Receive, send: Send) -> None:
        self.link, self.scope, self.receive, self.send = link, scope, receive, send
        self.gone = False  # the client is
        self.late = False  # the answer was waited for long enough
        self.tasks: list[asyncio.Task[None]] = []
        self.timer: asyncio.TimerHandle | None = None

    async def run(self, begun: bytes, how: Framing, *, more: bool) -> bool:
        """True when the client has its answer; False when there was none."""
        reader = self.link.begin(self.scope["method"])
        self.link.transport.write(begun)
        try:
            if more:
                await self._upload(how)
            else:
                self._wait_for_answer()
            while not reader.status:
                if self.link.lost:
                    return False
                await self.link.change()
            await self._answer()
        finally:
            self._stop_waiting()
            for task in self.tasks:
                task.cancel()
        return True

    async def _answer(self) -> None:
        link, reader = self.link, self.link.reader
        assert reader is not None
        self._stop_waiting()
        await self.send({"type": "http.response.start", "status": reader.status, "headers": reader.headers})
        if not reader.whole and not self.tasks:
            self._watch()
        while True:
            whole = reader.whole
            part = link.take()
            if part or whole:
                await self.send({"type": "http.response.body", "body": part, "more_body": not whole})
            if whole:
                return
            if link.lost:  # it broke off: without an end of ours the server in front breaks off too
                return
            if not (reader.parts or reader.whole):
                await link.change()

    async def _upload(self, how: Framing) -> None:
        """The rest of the body, beside the wait for an answer, which may come before its end. Raises what `receive` does."""
        upload = asyncio.create_task(self._pass_on(how))
        upload.add_done_callback(lambda _: self.link.wake())
        try:
            reader = self.link.reader
            assert reader is not None
            while not (upload.done() or reader.whole or self.link.lost):
                await self.link.change()
            if upload.done():
                upload.result()
                self._wait_for_answer()
            else:
                reader.keeps = False
        finally:
            upload.cancel()

    async def _pass_on(self, how: Framing) -> None:
        more = True
        while more and not self.link.lost:
            message = await self.receive()
            if message["type"] != "http.request":
                self._leave()
                return
            more = message.get("more_body", False)
            self.link.transport.write(_piece(how, message.get("body", b""), last=not more))
            await self.link.free.wait()

    def _wait_for_answer(self) -> None:
        """The request is out. Most answers are there before anybody looks whether the client still waits."""
        loop = asyncio.get_running_loop()

        def look() -> None:
            self._watch()
            self.timer = loop.call_later(PATIENCE, give_up)

        def give_up() -> None:
            self.late = True
            self.link.close()

        self.timer = loop.call_later(LOOK, look)

    def _stop_waiting(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def _watch(self) -> None:
        """A client that goes away ends the work for it."""
        self.tasks.append(asyncio.create_task(self._until_gone()))

    async def _until_gone(self) -> None:
        with suppress(Exception):
            while (await self.receive())["type"] != "http.disconnect":
                pass
        self._leave()

    def _leave(self) -> None:
        self.gone = True
        self.link.close()


def _piece(how: Framing, part: bytes, *, last: bool) -> bytes:
    """A part of a body as it is written."""
    if how is not Framing.CHUNKED:
        return part
    return (chunk(part) if part else b"") + (LAST_CHUNK if last else b"")
