"""How does one connection commit one batch of events after the other, so that a commit of unknown end is stored once?

A connection that breaks leaves such a commit. The batch carries a number, by which the next connection looks whether it happened. A server
process that stands still may commit later than anybody waits: what is stored again says of which commit, and whoever takes events in lets
one of them alone have its effect (`intake/actions/doubles.py`).
"""

from __future__ import annotations

import asyncio
import secrets
import traceback
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any

import psycopg
from psycopg import generators, pq

from watchbill.frontdoor import database, rows
from watchbill.kernel import slices
from watchbill.kernel.patience import cut

NAME = "watchbill front door"
GONE = 2.0  # seconds that we wait for the server to notice that a connection is dead: a page waits behind it, and what comes late has no effect
OF_THE_EVENT = ("22", "23", "54")  # classes of refusals that say something about what was to be stored, and nothing about the server
STILL_THERE = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = ANY(%s) AND pid <> pg_backend_pid() AND application_name = %s)"
HAPPENED = """
SELECT EXISTS (SELECT FROM intake_event WHERE id > %s
    AND (batch = %s OR batch IN (SELECT batch FROM intake_storedagain WHERE first = %s)))
"""

Connection = psycopg.AsyncConnection[Any]


class Connected:
    """One connection that commits one batch after the other."""

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.last_id: int | None = None  # one that was there before the first commit: ours will be larger

    async def close(self) -> None:
        if self.connection is not None:
            with suppress(psycopg.Error, OSError):
                await self.connection.close()
            self.connection = None

    async def commit(
        self, connection: Connection, batch: Sequence[rows.Row], number: int, *, old: float | None = None, again: int | None = None
    ) -> None:
        """`old`: seconds for which they waited in the journal. `again`: an id that was there before the commit of this number was tried
        first; None: nobody tried it before."""
        pgconn = connection.pgconn
        parameters: list[bytes | None]
        if old is None and again is None:
            name, parameters = rows.STORE_NAME, [*rows.values(batch, number)]
        else:
            own, first = (number, None) if again is None else (secrets.randbits(63), number)
            name, parameters = rows.AGAIN_NAME, [*rows.values(batch, own), *rows.more(old, first, again or 0)]
        pgconn.send_query_prepared(name, parameters, param_formats=[1] * len(parameters), result_format=1)
        (result,) = await connection.wait(generators.execute(pgconn))
        if result.status != pq.ExecStatus.TUPLES_OK:
            raise _error(result)
        self.last_id = int.from_bytes(result.get_value(0, 0) or b"", "big")

    async def connect(self, deadline: float) -> Connection:
        connection = await database.connect(NAME)
        slices.prompt_database(connection.info.host, connection.info.backend_pid)  # else an event that was let in waits there
        try:
            await before(deadline, connection, self._prepare(connection))
        except BaseException:
            cut(connection)
            raise
        self.connection = connection
        return connection

    async def _prepare(self, connection: Connection) -> None:
        if self.last_id is None:
            self.last_id = await one(connection, "SELECT COALESCE(max(id), 0) FROM intake_event")
        for name, statement in ((rows.STORE_NAME, rows.STORE), (rows.AGAIN_NAME, rows.AGAIN)):
            connection.pgconn.send_prepare(name, statement)
            (result,) = await connection.wait(generators.execute(connection.pgconn))
            if result.status != pq.ExecStatus.COMMAND_OK:
                raise _error(result)

    @staticmethod
    async def happened(connection: Connection, number: int, *, suspects: Collection[int], after: int) -> bool:
        """Did the commit of unknown end happen? Asked once its server process is gone, so that it cannot happen later."""
        loop = asyncio.get_running_loop()
        patience = loop.time() + GONE
        while suspects and loop.time() < patience and await one(connection, STILL_THERE, list(suspects), NAME):
            await asyncio.sleep(0.05)
        return bool(await one(connection, HAPPENED, after, number, number))

    def drop(self) -> None:
        if self.connection is not None:
            cut(self.connection)
            self.connection.pgconn.finish()
            self.connection = None


async def one(connection: Connection, query: str, *values: Any) -> Any:
    """The one value that a query answers."""
    cursor = await connection.execute(query, values)
    row = await cursor.fetchone()
    return row[0] if row else None


async def before(deadline: float, connection: Connection, work: Any) -> Any:
    """The work's result, or TimeoutError with the connection cut: waiting for a frozen server to agree would take for ever."""
    loop = asyncio.get_running_loop()
    alarm = loop.call_at(deadline, cut, connection)
    try:
        return await work
    finally:
        alarm.cancel()


def is_of_the_event(error: psycopg.Error) -> bool:
    """Would the same events be refused again, whatever becomes of the server? Anything else may pass: a lock, a disk, a table that is being
    restored, a right that is missing."""
    return error.sqlstate is not None and error.sqlstate.startswith(OF_THE_EVENT)


def place(error: Exception) -> str:
    """Where it happened, for the log: its words may quote an event."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename}, line {frame.lineno}"


def _error(result: Any) -> psycopg.Error:
    """The refusal that the server sent, as psycopg's own exception."""
    code = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"XX000").decode()
    try:
        kind = psycopg.errors.lookup(code)
    except KeyError:
        kind = psycopg.DatabaseError
    return kind(result.get_error_message(), info=result)
