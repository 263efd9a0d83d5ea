"""Whose key is this? Answered from memory for less than a second, and forgotten at once when keys change.

Unknown keys are remembered too, so that guessing does not reach the database more often than the right ones do.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg

from watchbill.frontdoor import database
from watchbill.intake.rules import digest_of
from watchbill.kernel import bus

LIFETIME = 0.8  # seconds: a revoked key stops within one, even when the signal was lost
MOST = 10_000  # remembered
AT_ONCE = 500  # digests in one look
PATIENCE = 10.0  # seconds until the answer is that we do not know
SILENCE = 20.0  # seconds without a signal after which the listening connection is tried

LOOK = """
SELECT k.digest, k.id, k.service_id FROM intake_integrationkey k JOIN incidents_service s ON s.id = k.service_id
WHERE k.digest = ANY(%s) AND k.heartbeat_id IS NULL AND k.revoked_at IS NULL AND (k.ends_at IS NULL OR k.ends_at > clock_timestamp()) AND s.is_active
"""

logger = logging.getLogger("watchbill.frontdoor")


class Unknown(Exception):
    """Whether the key is good cannot be found out now."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that opens the door of a service."""

    id: int
    service_id: int


class KeyRing:
    """The keys of this installation, as far as they were asked for."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[Key | None, float]] = {}  # until a time of the event loop's clock
        self.wanted: dict[bytes, asyncio.Future[Key | None]] = {}
        self.work = asyncio.Event()
        self.changes = 0  # signals so far: an answer from before the last one is not kept
        self.tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self.tasks = [asyncio.create_task(_for_ever(self._look, "key")), asyncio.create_task(_for_ever(self._listen, "key signal"))]

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for answer in self.wanted.values():
            if not answer.done():
                answer.set_exception(Unknown())
                answer.exception()  # nobody may be left to ask for it

    async def find(self, key: str) -> Key | None:
        """The key, or None when it opens nothing. Raises Unknown when that could not be found out."""
        loop = asyncio.get_running_loop()
        entry = self.known.get(key)
        if entry is not None and entry[1] > loop.time():
            return entry[0]
        digest, changes = digest_of(key), self.changes
        answer = self.wanted.get(digest)
        if answer is None:
            answer = self.wanted[digest] = loop.create_future()
            self.work.set()
        try:
            async with asyncio.timeout(PATIENCE):
                found = await asyncio.shield(answer)
        except TimeoutError as error:
            raise Unknown from error
        if changes == self.changes:
            if len(self.known) >= MOST:
                self.known.clear()
            self.known[key] = found, loop.time() + LIFETIME
        return found

    def forget(self) -> None:
        """Keys were made or revoked."""
        self.changes += 1
        self.known.clear()

    async def _look(self) -> None:
        """Answer what is wanted, many in one query; what comes meanwhile waits for the next."""
        async with await database.connect("watchbill keys") as connection:
            while True:
                self.work.clear()
                asked = dict(list(self.wanted.items())[:AT_ONCE])
                if not asked:
                    await self.work.wait()
                    continue
                found = await self._ask(connection, list(asked))
                for digest, answer in asked.items():
                    del self.wanted[digest]
                    if not answer.done():
                        answer.set_result(found.get(digest))

    @staticmethod
    async def _ask(connection: psycopg.AsyncConnection[Any], digests: list[bytes]) -> dict[bytes, Key]:
        alarm = asyncio.get_running_loop().call_later(PATIENCE, database.cut, connection)
        try:
            cursor = await connection.execute(LOOK, [digests])
            return {bytes(digest): Key(id_, service_id) for digest, id_, service_id in await cursor.fetchall()}
        finally:
            alarm.cancel()

    async def _listen(self) -> None:
        async with await database.connect("watchbill key signals") as connection:
            await connection.execute(f"LISTEN {bus.KEYS}")
            self.forget()  # whatever was signalled before we listened
            while True:
                async for _ in connection.notifies(timeout=SILENCE, stop_after=1):
                    self.forget()
                await connection.execute("SELECT 1")


async def _for_ever(work: Callable[[], Awaitable[None]], name: str) -> None:
    """Again after every loss of the connection, a little later each time."""
    pause = 0.05
    while True:
        started = asyncio.get_running_loop().time()
        try:
            await work()
        except (psycopg.Error, OSError) as error:
            logger.warning("%s connection lost: %s", name, database.words(error))
        if asyncio.get_running_loop().time() - started > 5:
            pause = 0.05
        with suppress(TimeoutError):
            await asyncio.sleep(pause)
        pause = min(pause * 2, 1.0)
