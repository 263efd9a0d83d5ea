"""How does an event get on disk before it is answered? Many requests share one commit.

While one commit is under way, what arrives waits together and shares the next: under load commits get larger, not more. A connection that
breaks leaves a commit of unknown end; the batch carries a number, so the next connection looks whether it happened instead of storing it
twice. Nothing is answered before its commit is known.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from contextlib import suppress
from typing import Any

import psycopg
from psycopg import generators, pq

from watchbill.frontdoor import database, rows
from watchbill.frontdoor.queue import Queue, Waiting

BUDGET = 10.0  # seconds from the arrival of a request to its refusal
DRAIN = 2.0  # seconds that a stop waits for what still stands in the queue
LOOK = 0.25  # seconds between two looks for requests whose time is up
GONE = 5.0  # seconds that we wait for the server to notice that a connection is dead
FRESH = 0.5  # seconds for which a commit proves that another will do

NAME = "watchbill front door"
HAPPENED = "SELECT EXISTS (SELECT FROM intake_event WHERE id > %s AND batch = %s)"
STILL_THERE = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = ANY(%s) AND pid <> pg_backend_pid() AND application_name = %s)"
PROBE = """
INSERT INTO intake_event (id, key_id, service_id, kind, received_at, dedup_key, body, state, tries, outcome)
VALUES (%s, 0, 0, 'probe', clock_timestamp(), '', '', 'done', 0, '')
"""

logger = logging.getLogger("watchbill.frontdoor")
Connection = psycopg.AsyncConnection[Any]


class Writer:
    """Stores what is put, in commits as large as the load makes them."""

    def __init__(self, connections: int = 1) -> None:
        self.queue = Queue()
        self.work = asyncio.Event()
        self.lines = [_Line(self) for _ in range(connections)]
        self.tasks: list[asyncio.Task[None]] = []
        self.stopping = False
        self.committed_at = float("-inf")  # of the event loop's clock
        self._probe: asyncio.Task[bool] | None = None

    def start(self) -> None:
        self.tasks = [asyncio.create_task(line.run()) for line in self.lines]
        self.tasks.append(asyncio.create_task(self._watch_the_time()))

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

    async def accepts(self) -> bool:
        """Can an event be stored right now? Proved by a commit of just now, or by storing one and taking it back."""
        if asyncio.get_running_loop().time() - self.committed_at < FRESH:
            return True
        if self._probe is None or self._probe.done():
            self._probe = asyncio.create_task(self._try())
        return await asyncio.shield(self._probe)

    async def stop(self) -> None:
        """Store what waits, then close."""
        self.stopping = True
        self.work.set()
        lines = self.tasks[:-1]
        if lines:
            await asyncio.wait(lines, timeout=DRAIN)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.queue.give_up(float("inf"))
        for line in self.lines:
            await line.close()

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


class _Line:
    """One connection that commits one batch after the other."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.connection: Connection | None = None
        self.suspects: set[int] = set()  # server processes that may still be at the commit whose end is unknown
        self.last_id: int | None = None  # one that was there before the first commit: ours will be larger

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

    async def close(self) -> None:
        if self.connection is not None:
            with suppress(psycopg.Error, OSError):
                await self.connection.close()
            self.connection = None

    async def _store(self, batch: list[Waiting]) -> None:
        """Until it is on disk, or everybody's time is up."""
        number = secrets.randbits(63)
        pause = 0.02
        loop = asyncio.get_running_loop()
        while batch:
            deadline = max(item.deadline for item in batch)
            try:
                connection = self.connection or await self._connect(deadline)
                if self.suspects and await _before(deadline, connection, self._happened(connection, number)):
                    break
                self.suspects.add(connection.pgconn.backend_pid)
                await _before(deadline, connection, self._commit(connection, batch, number))
                break
            except psycopg.Error as error:
                logger.warning("a commit of %d events failed: %s", len(batch), database.words(error))
                if self.connection is not None and not self.connection.closed and not _passes(error):
                    await self._apart(batch)
                    return
                self._drop()
            except asyncio.CancelledError:
                _in_time(batch, float("inf"))
                raise
            except (OSError, TimeoutError) as error:
                logger.warning("a commit of %d events did not end: %s", len(batch), database.words(error))
                self._drop()
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.5)
            batch = _in_time(batch, loop.time())
        self.suspects.clear()
        for item in batch:
            if not item.done.done():
                item.done.set_result(True)
        if batch:
            self.writer.committed_at = loop.time()

    async def _apart(self, batch: list[Waiting]) -> None:
        """The database refuses something in it: everybody else must not suffer for it."""
        self.suspects.clear()  # it answered
        if len(batch) == 1:
            if not batch[0].done.done():
                batch[0].done.set_result(False)
            return
        for item in batch:
            await self._store([item])

    async def _commit(self, connection: Connection, batch: list[Waiting], number: int) -> None:
        pgconn = connection.pgconn
        pgconn.send_query_prepared(rows.STORE_NAME, rows.values(batch, number), param_formats=[1] * 6, result_format=1)
        (result,) = await connection.wait(generators.execute(pgconn))
        if result.status != pq.ExecStatus.TUPLES_OK:
            raise _error(result)
        self.last_id = int.from_bytes(result.get_value(0, 0) or b"", "big")

    async def _connect(self, deadline: float) -> Connection:
        connection = await database.connect(NAME)
        try:
            await _before(deadline, connection, self._prepare(connection))
        except BaseException:
            database.cut(connection)
            raise
        self.connection = connection
        return connection

    async def _prepare(self, connection: Connection) -> None:
        if self.last_id is None:
            self.last_id = await _one(connection, "SELECT COALESCE(max(id), 0) FROM intake_event")
        connection.pgconn.send_prepare(rows.STORE_NAME, rows.STORE)
        (result,) = await connection.wait(generators.execute(connection.pgconn))
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise _error(result)

    async def _happened(self, connection: Connection, number: int) -> bool:
        """Did the commit of unknown end happen? Asked once its server process is gone, so that it cannot happen later."""
        loop = asyncio.get_running_loop()
        patience = loop.time() + GONE
        while loop.time() < patience and await _one(connection, STILL_THERE, list(self.suspects), NAME):
            await asyncio.sleep(0.05)
        return bool(await _one(connection, HAPPENED, self.last_id, number))

    def _drop(self) -> None:
        if self.connection is not None:
            database.cut(self.connection)
            self.connection.pgconn.finish()
            self.connection = None


async def _one(connection: Connection, query: str, *values: Any) -> Any:
    """The one value that a query answers."""
    cursor = await connection.execute(query, values)
    row = await cursor.fetchone()
    return row[0] if row else None


async def _before(deadline: float, connection: Connection, work: Any) -> Any:
    """The work's result, or TimeoutError with the connection cut: waiting for a frozen server to agree would take for ever."""
    loop = asyncio.get_running_loop()
    alarm = loop.call_at(deadline, database.cut, connection)
    try:
        return await work
    finally:
        alarm.cancel()


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
