"""A line to the database that the test can cut, freeze and mend."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from enum import Enum


class Line(Enum):
    GOOD = "good"
    DEAD = "dead"  # connections end and none begins
    FROZEN = "frozen"  # nothing comes through, nobody is told
    MUTE = "mute"  # the server hears and acts; its answer is lost with the connection


class Proxy:
    """Forwards to 127.0.0.1:target. Runs in the event loop in which `start` is awaited."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.state = Line.GOOD
        self.open: set[asyncio.StreamWriter] = set()
        self.lost_answers = 0

    async def start(self) -> int:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self.server.sockets[0].getsockname()[1]
        return port

    async def set(self, state: Line) -> None:
        self.state = state
        if state is Line.DEAD:
            for writer in list(self.open):
                writer.transport.abort()

    async def stop(self) -> None:
        await self.set(Line.DEAD)
        self.server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.state is Line.DEAD:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        self.open |= {writer, back}
        with suppress(ConnectionError, asyncio.CancelledError):
            await asyncio.wait(
                [asyncio.create_task(self._pump(reader, back)), asyncio.create_task(self._pump(there, writer, answers=True))],
                return_when=asyncio.FIRST_COMPLETED,
            )
        for each in (writer, back):
            each.transport.abort()
            self.open.discard(each)

    async def _pump(self, source: asyncio.StreamReader, drain: asyncio.StreamWriter, *, answers: bool = False) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65536):
                while self.state is Line.FROZEN:
                    await asyncio.sleep(0.02)
                if answers and self.state is Line.MUTE:
                    self.lost_answers += 1
                    return
                drain.write(data)
                await drain.drain()
