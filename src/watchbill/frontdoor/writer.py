"""How does an event get on disk before it is answered? Many requests share one commit.

While one commit is under way, what arrives waits together and shares the next: under load commits get larger, not more. A connection that
breaks leaves a commit of unknown end; the batch carries a number, so the next connection looks whether it happened instead of storing it
twice. Nothing is answered before its commit is known, or before it is in the journal (`journal.py`), where what cannot be committed waits.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
from django.conf import settings
from psycopg import generators, pq

from watchbill.frontdoor import database, rows
from watchbill.frontdoor.journal import Frame, Journal, age
from watchbill.frontdoor.queue import Queue, Waiting
from watchbill.kernel.journals import FOLDER
from watchbill.kernel.patience import cut

BUDGET = 10.0  # seconds from the arrival of a request to its refusal
DRAIN = 2.0  # seconds that a stop waits for what still stands in the queue
LOOK = 0.25  # seconds between two looks for requests whose time is up
GONE = 5.0  # seconds that we wait for the server to notice that a connection is dead
FRESH = 0.5  # seconds for which a commit proves that another will do
QUIET = 2.0  # seconds without a word from the database after which events go to the journal
LOST = 2  # connections in a row, the same

NAME = "watchbill front door"
HAPPENED = "SELECT EXISTS (SELECT FROM intake_event WHERE id > %s AND batch = %s)"
STILL_THERE = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = ANY(%s) AND pid <> pg_backend_pid() AND application_name = %s)"
PROBE = """
INSERT INTO intake_event (id, key_id, service_id, kind, received_at, dedup_key, body, state, tries, outcome)
VALUES (%s, 0, 0, 'probe', clock_timestamp(), '', '', 'done', 0, '')
"""

logger = logging.getLogger("watchbill.frontdoor")
Connection = psycopg.AsyncConnection[Any]
T = TypeVar("T")


class Writer:
    """Stores what is put, in commits as large as the load makes them."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.queue = Queue()
        self.work = asyncio.Event()
        self.line = _Line(self)
        self.journal = journal or Journal(settings.DATA_DIR / FOLDER, settings.JOURNAL_BYTES)
        self.waits = asyncio.Event()  # something lies in the journal
        self.replay = _Replay(self)
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
        """True when the event is on disk. False when that could not be known within the budget."""
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


class _Connected:
    """One connection that commits one batch after the other."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.connection: Connection | None = None
        self.last_id: int | None = None  # one that was there before the first commit: ours will be larger

    async def close(self) -> None:
        if self.connection is not None:
            with suppress(psycopg.Error, OSError):
                await self.connection.close()
            self.connection = None

    async def _commit(self, connection: Connection, batch: Sequence[rows.Row], number: int, *, old: float | None = None) -> None:
        """`old`: seconds for which they waited in the journal."""
        pgconn = connection.pgconn
        parameters = rows.values(batch, number)
        if old is None:
            pgconn.send_query_prepared(rows.STORE_NAME, parameters, param_formats=[1] * 6, result_format=1)
        else:
            pgconn.send_query_prepared(rows.REPLAY_NAME, [*parameters, rows.float8(old)], param_formats=[1] * 7, result_format=1)
        (result,) = await connection.wait(generators.execute(pgconn))
        if result.status != pq.ExecStatus.TUPLES_OK:
            raise _error(result)
        self.last_id = int.from_bytes(result.get_value(0, 0) or b"", "big")

    async def _connect(self, deadline: float) -> Connection:
        connection = await database.connect(NAME)
        try:
            await _before(deadline, connection, self._prepare(connection))
        except BaseException:
            cut(connection)
            raise
        self.connection = connection
        return connection

    async def _prepare(self, connection: Connection) -> None:
        if self.last_id is None:
            self.last_id = await _one(connection, "SELECT COALESCE(max(id), 0) FROM intake_event")
        for name, statement in ((rows.STORE_NAME, rows.STORE), (rows.REPLAY_NAME, rows.REPLAY)):
            connection.pgconn.send_prepare(name, statement)
            (result,) = await connection.wait(generators.execute(connection.pgconn))
            if result.status != pq.ExecStatus.COMMAND_OK:
                raise _error(result)

    @staticmethod
    async def _happened(connection: Connection, number: int, *, suspects: Collection[int], after: int) -> bool:
        """Did the commit of unknown end happen? Asked once its server process is gone, so that it cannot happen later."""
        loop = asyncio.get_running_loop()
        patience = loop.time() + GONE
        while suspects and loop.time() < patience and await _one(connection, STILL_THERE, list(suspects), NAME):
            await asyncio.sleep(0.05)
        return bool(await _one(connection, HAPPENED, after, number))

    def _drop(self) -> None:
        if self.connection is not None:
            cut(self.connection)
            self.connection.pgconn.finish()
            self.connection = None


class _Line(_Connected):
    """Stores what the queue gives."""

    def __init__(self, writer: Writer) -> None:
        super().__init__(writer)
        self.suspects: set[int] = set()  # server processes that may still be at the commit whose end is unknown

    async def run(self) -> None:
        writer = self.writer
        while True:
            batch = writer.queue.take()
            if batch:
                await self._store(batch)
            elif writer.stopping:
                return
            else:
                writer.work.clear()
                await writer.work.wait()

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
                if self.connection is not None and not self.connection.closed and not _passes(error):
                    await self._apart(batch)
                    return
                self._drop()
                lost += 1
            except asyncio.CancelledError:
                _in_time(batch, float("inf"))
                raise
            except (OSError, TimeoutError) as error:
                logger.warning("a commit of %d events did not end: %s", len(batch), database.words(error))
                self._drop()
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
        connection = self.connection or await self._connect(deadline)
        after = self.last_id or 0
        if self.suspects and await _before(deadline, connection, self._happened(connection, number, suspects=self.suspects, after=after)):
            return
        self.suspects.add(connection.pgconn.backend_pid)
        await _before(deadline, connection, self._commit(connection, batch, number))

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
                batch[0].done.set_result(False)
            return
        for item in batch:
            await self._store([item])


class _Replay(_Connected):
    """Stores what the journal holds, in its order, as soon as the database takes it."""

    def __init__(self, writer: Writer) -> None:
        super().__init__(writer)
        self.suspects: set[int] = set()  # server processes that may still be at a commit of the first frame

    async def run(self) -> None:
        writer, pause = self.writer, 0.05
        again = False  # the first frame was tried before
        while True:
            found = await writer.on_disk(writer.journal.first)
            if found is None:
                writer.waits.clear()
                await writer.waits.wait()
                continue
            frame, doubtful = found
            try:
                await self._store(frame, doubtful=doubtful or again)
            except (psycopg.Error, OSError, TimeoutError) as error:
                logger.info("the journal waits for the database: %s", database.words(error))
                self._drop()
                again = True
                await asyncio.sleep(pause)
                pause = min(pause * 2, 1.0)
                continue
            await writer.on_disk(writer.journal.done)
            again, pause = False, 0.05
            self.suspects.clear()
            if not writer.journal.frames:
                logger.warning("all that waited in the journal is stored")

    async def _store(self, frame: Frame, *, doubtful: bool) -> None:
        deadline = asyncio.get_running_loop().time() + BUDGET
        connection = self.connection or await self._connect(deadline)
        if doubtful and await _before(deadline, connection, self._is_there(connection, frame.number, frame)):
            return
        self.suspects.add(connection.pgconn.backend_pid)
        try:
            await _before(deadline, connection, self._commit(connection, frame.events, frame.number, old=age(frame)))
        except psycopg.Error as error:
            if connection.closed or _passes(error):
                raise
            await self._apart(connection, frame)

    async def _apart(self, connection: Connection, frame: Frame) -> None:
        """The database refuses something in it. Each event alone; what is refused is set aside, since it was answered already."""
        writer = self.writer
        for n, event in enumerate(frame.events):
            number = (frame.number + 1 + n) % 2**63
            deadline = asyncio.get_running_loop().time() + BUDGET
            if await _before(deadline, connection, self._is_there(connection, number, frame)):
                continue
            try:
                await _before(deadline, connection, self._commit(connection, [event], number, old=age(frame)))
            except psycopg.Error as error:
                if connection.closed or _passes(error):
                    raise
                logger.error("an event of the journal was refused and is set aside: %s", database.words(error))
                await writer.on_disk(writer.journal.keep_aside, frame, event)

    async def _is_there(self, connection: Connection, number: int, frame: Frame) -> bool:
        return await self._happened(connection, number, suspects=self.suspects.union(frame.suspects), after=frame.after)


async def _one(connection: Connection, query: str, *values: Any) -> Any:
    """The one value that a query answers."""
    cursor = await connection.execute(query, values)
    row = await cursor.fetchone()
    return row[0] if row else None


async def _before(deadline: float, connection: Connection, work: Any) -> Any:
    """The work's result, or TimeoutError with the connection cut: waiting for a frozen server to agree would take for ever."""
    loop = asyncio.get_running_loop()
    alarm = loop.call_at(deadline, cut, connection)
    try:
        return await work
    finally:
        alarm.cancel()


def _stored(batch: list[Waiting]) -> None:
    for item in batch:
        if not item.done.done():
            item.done.set_result(True)


def _in_time(batch: list[Waiting], now: float) -> list[Waiting]:
    for item in batch:
        if item.deadline <= now and not item.done.done():
            item.done.set_result(False)
    return [item for item in batch if not item.done.done()]


def _passes(error: psycopg.Error) -> bool:
    """Does the same batch have a chance a moment later? Connection, lock, resources, operator, a server that only reads."""
    return error.sqlstate is None or error.sqlstate.startswith(("08", "25", "40", "53", "55", "57", "58", "XX"))


def _error(result: Any) -> psycopg.Error:
    """The refusal that the server sent, as psycopg's own exception."""
    code = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"XX000").decode()
    try:
        kind = psycopg.errors.lookup(code)
    except KeyError:
        kind = psycopg.DatabaseError
    return kind(result.get_error_message(), info=result)
