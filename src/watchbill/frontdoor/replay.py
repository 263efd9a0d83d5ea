"""How does what the journal holds get into the database? In its order, as soon as the database takes it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg

from watchbill.frontdoor import database
from watchbill.frontdoor.commits import Connected, Connection, before, is_of_the_event, place
from watchbill.frontdoor.journal import Frame, Journal, age

BUDGET = 5.0  # seconds for one commit

logger = logging.getLogger("watchbill.frontdoor")
OnDisk = Callable[..., Awaitable[Any]]  # what the journal does to its files, off the event loop


class Replay(Connected):
    """Stores what the journal holds, in its order, as soon as the database takes it."""

    def __init__(self, journal: Journal, on_disk: OnDisk) -> None:
        super().__init__()
        self.journal = journal
        self.on_disk = on_disk
        self.waits = asyncio.Event()  # something lies in the journal
        self.suspects: set[int] = set()  # server processes that may still be at a commit of the first frame

    async def run(self) -> None:
        """For ever. Nothing that a disk or a database does ends it: what lies in the journal was answered."""
        pause = 0.05
        again = False  # the first frame was tried before
        while True:
            try:
                await self._next(again=again)
            except (psycopg.Error, OSError, TimeoutError) as error:
                logger.info("the journal waits for the database: %s", database.words(error))
            except Exception as error:  # noqa: BLE001  whatever it is, the next try may have more luck
                logger.error("the journal cannot be stored: %s in %s", type(error).__name__, place(error))
            else:
                again, pause = False, 0.05
                continue
            self.drop()
            again = True
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)

    async def _next(self, *, again: bool) -> None:
        found = await self.on_disk(self.journal.first)
        if found is None:
            self.waits.clear()
            await self.waits.wait()
            return
        frame, doubtful = found
        await self._store(frame, doubtful=doubtful or again)
        await self.on_disk(self.journal.done)
        self.suspects.clear()
        if not self.journal.frames:
            logger.warning("all that waited in the journal is stored")

    async def _store(self, frame: Frame, *, doubtful: bool) -> None:
        deadline = asyncio.get_running_loop().time() + BUDGET
        connection = self.connection or await self.connect(deadline)
        if doubtful and await before(deadline, connection, self._is_there(connection, frame.number, frame)):
            return
        self.suspects.add(connection.pgconn.backend_pid)
        before_it = frame.after if doubtful else None
        try:
            await before(deadline, connection, self.commit(connection, frame.events, frame.number, old=age(frame), again=before_it))
        except psycopg.Error as error:
            if connection.closed or not is_of_the_event(error):
                raise
            await self._apart(connection, frame)

    async def _apart(self, connection: Connection, frame: Frame) -> None:
        """The database refuses something in it. Each event alone; what is refused is set aside, since it was answered already."""
        for n, event in enumerate(frame.events):
            number = (frame.number + 1 + n) % 2**63
            deadline = asyncio.get_running_loop().time() + BUDGET
            if await before(deadline, connection, self._is_there(connection, number, frame)):
                continue
            try:
                await before(deadline, connection, self.commit(connection, [event], number, old=age(frame), again=frame.after))
            except psycopg.Error as error:
                if connection.closed or not is_of_the_event(error):
                    raise
                logger.error("an event of the journal was refused and is set aside: %s", database.words(error))
                await self.on_disk(self.journal.keep_aside, frame, event)

    async def _is_there(self, connection: Connection, number: int, frame: Frame) -> bool:
        return await self.happened(connection, number, suspects=self.suspects.union(frame.suspects), after=frame.after)
