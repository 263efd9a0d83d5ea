"""How does an event get on disk before it is answered? Many requests share one commit.

While one commit is under way, what arrives waits together and shares the next: under load commits get larger, not more. A connection that
breaks leaves a commit of unknown end, which is looked for before it is made again (`commits.py`). Nothing is answered before its commit is
known, or before it is in the journal (`journal.py`), where what cannot be committed waits.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg
from django.conf import settings

from watchbill.frontdoor import database
from watchbill.frontdoor.commits import Connected, before, is_of_the_event, place
from watchbill.frontdoor.journal import Journal
from watchbill.frontdoor.queue import Queue, Refused, Waiting
from watchbill.frontdoor.replay import Replay
from watchbill.kernel.journals import FOLDER

BUDGET = 10.0  # seconds from the arrival of a request to its refusal
DRAIN = 2.0  # seconds that a stop waits for what still stands in the queue
LOOK = 0.25  # seconds between two looks for requests whose time is up
FRESH = 0.5  # seconds for which a commit proves that another will do
QUIET = 2.0  # seconds without a word from the database after which events go to the journal
LOST = 2  # connections in a row, the same

PROBE = """
INSERT INTO intake_event (id, key_id, service_id, kind, received_at, dedup_key, body, state, tries, outcome)
VALUES (%s, 0, 0, 'probe', clock_timestamp(), '', '', 'done', 0, '')
"""

logger = logging.getLogger("watchbill.frontdoor")
T = TypeVar("T")


class Writer:
    """Stores what is put, in commits as large as the load makes them."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.queue = Queue()
        self.work = asyncio.Event()
        self.line = _Line(self)
        self.journal = journal or Journal(settings.DATA_DIR / FOLDER, settings.JOURNAL_BYTES)
        self.replay = Replay(self.journal, self.on_disk)
        self.waits = self.replay.waits
        self.storing: asyncio.Task[None] | None = None
        self.tasks: list[asyncio.Task[None]] = []
        self.stopping = False
        self.committed_at = float("-inf")  # of the event loop's clock
        self._probe: asyncio.Task[bool] | None = None
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="journal")

    def start(self) -> None:
        self.journal.open()
        if self.journal.frames:
            self.waits.set()
        self.storing = asyncio.create_task(self.line.run())
        self.tasks = [self.storing, asyncio.create_task(self.replay.run()), asyncio.create_task(self._watch_the_time())]

    async def on_disk(self, work: Callable[..., T], *values: Any, **named: Any) -> T:
        """What the journal does to its files, in one thread, so that nobody waits for a disk."""
        return await asyncio.get_running_loop().run_in_executor(self._disk, lambda: work(*values, **named))

    async def store(self, key_id: int, service_id: int, kind: str, dedup_key: str, body: bytes) -> bool:
        """True when the event is on disk. False when that could not be known within the budget. Raises Refused when it never can be."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + BUDGET
        lane = self.queue.lanes.get(key_id)
        if lane is not None and lane.is_full():
            try:
                async with asyncio.timeout_at(deadline):
                    await self.queue.room(key_id)
            except TimeoutError:
                return False
        done: asyncio.Future[bool] = loop.create_future()
        self.queue.put(Waiting(key_id, service_id, kind, dedup_key, body, deadline, done))
        self.work.set()
        return await done

    async def accepts(self) -> str:
        """Where an event would be stored right now: "database" (proved by a commit of just now, or by storing one and taking it back),
        "journal", or "" when it could not be."""
        if asyncio.get_running_loop().time() - self.committed_at < FRESH and not self.journal.frames:
            return "database"
        if self._probe is None or self._probe.done():
            self._probe = asyncio.create_task(self._try())
        there = await asyncio.shield(self._probe)
        if there and not self.journal.frames:
            return "database"
        return "journal" if self.journal.takes() else ""

    async def stop(self) -> None:
        """Store what waits, then close."""
        self.stopping = True
        self.work.set()
        if self.storing is not None:
            await asyncio.wait([self.storing], timeout=DRAIN)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.queue.give_up(float("inf"))
        for line in (self.line, self.replay):
            await line.close()
        self._disk.shutdown()
        self.journal.close()

    async def _watch_the_time(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            self.queue.give_up(asyncio.get_running_loop().time())

    async def _try(self) -> bool:
        """Not on a line that stores: its state says nothing about the next connection."""
        try:
            async with asyncio.timeout(database.PATIENCE), await database.connect("watchbill probe") as connection:
                await connection.set_autocommit(False)
                await connection.execute(PROBE, [-1 - secrets.randbits(62)])
                await connection.rollback()
        except (psycopg.Error, OSError, TimeoutError) as error:
            logger.warning("no event can be stored now: %s", database.words(error))
            return False
        return True


class _Line(Connected):
    """Stores what the queue gives."""

    def __init__(self, writer: Writer) -> None:
        super().__init__()
        self.writer = writer
        self.suspects: set[int] = set()  # server processes that may still be at the commit whose end is unknown

    async def run(self) -> None:
        writer = self.writer
        while True:
            batch = writer.queue.take()
            if batch:
                await self._whatever_comes(batch)
            elif writer.stopping:
                return
            else:
                writer.work.clear()
                await writer.work.wait()

    async def _whatever_comes(self, batch: list[Waiting]) -> None:
        """Store it. What fails in a way that nobody foresaw is answered as not stored, and the next batch has its turn."""
        try:
            await self._store(batch)
        except Exception as error:  # noqa: BLE001  without this line nothing would ever be stored again
            logger.error("a commit of %d events failed: %s in %s", len(batch), type(error).__name__, place(error))
            self.drop()
            self.suspects.clear()
            _in_time(batch, float("inf"))

    async def _store(self, batch: list[Waiting]) -> None:
        """Until it is on disk, in the database or in the journal, or everybody's time is up."""
        number = secrets.randbits(63)
        loop = asyncio.get_running_loop()
        pause, lost, began = 0.02, 0, loop.time()
        batch = await self._behind_the_journal(batch, number)
        while batch:
            deadline = max(item.deadline for item in batch)
            soon = min(deadline, loop.time() + QUIET) if self.writer.journal.takes() else deadline
            try:
                await self._try_once(batch, number, soon)
                break
            except psycopg.Error as error:
                logger.warning("a commit of %d events failed: %s", len(batch), database.words(error))
                if self.connection is not None and not self.connection.closed and is_of_the_event(error):
                    await self._apart(batch)
                    return
                self.drop()
                lost += 1
            except asyncio.CancelledError:
                _in_time(batch, float("inf"))
                raise
            except (OSError, TimeoutError) as error:
                logger.warning("a commit of %d events did not end: %s", len(batch), database.words(error))
                self.drop()
                lost += 1
            if (lost >= LOST or loop.time() - began >= QUIET) and await self._keep(batch, number):
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.5)
            batch = _in_time(batch, loop.time())
        self.suspects.clear()
        if batch:
            _stored(batch)
            self.writer.committed_at = loop.time()

    async def _try_once(self, batch: list[Waiting], number: int, deadline: float) -> None:
        connection = self.connection or await self.connect(deadline)
        after, again = self.last_id or 0, bool(self.suspects)
        if again and await before(deadline, connection, self.happened(connection, number, suspects=self.suspects, after=after)):
            return
        self.suspects.add(connection.pgconn.backend_pid)
        await before(deadline, connection, self.commit(connection, batch, number, again=after if again else None))

    async def _behind_the_journal(self, batch: list[Waiting], number: int) -> list[Waiting]:
        """As long as what came before waits in the journal, this waits behind it. Answers what is left to store."""
        loop = asyncio.get_running_loop()
        while batch and self.writer.journal.frames:
            if await self._keep(batch, number):
                return []
            await asyncio.sleep(0.05)
            batch = _in_time(batch, loop.time())
        return batch

    async def _keep(self, batch: list[Waiting], number: int) -> bool:
        """Put it into the journal. Its frame remembers which server processes may still commit it."""
        writer = self.writer
        after, suspects = self.last_id or 0, sorted(self.suspects)
        if not await writer.on_disk(writer.journal.append, batch, number=number, after=after, suspects=suspects):
            return False
        self.suspects.clear()
        _stored(batch)
        writer.waits.set()
        return True

    async def _apart(self, batch: list[Waiting]) -> None:
        """The database refuses something in it: everybody else must not suffer for it."""
        self.suspects.clear()  # it answered
        if len(batch) == 1:
            if not batch[0].done.done():
                batch[0].done.set_exception(Refused())
            return
        for item in batch:
            await self._store([item])


def _stored(batch: list[Waiting]) -> None:
    for item in batch:
        if not item.done.done():
            item.done.set_result(True)


def _in_time(batch: list[Waiting], now: float) -> list[Waiting]:
    for item in batch:
        if item.deadline <= now and not item.done.done():
            item.done.set_result(False)
    return [item for item in batch if not item.done.done()]
