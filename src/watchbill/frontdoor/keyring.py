"""Whose key is this? Answered from memory for less than a second, and forgotten at once when keys change.

Unknown keys are remembered too, so that guessing does not reach the database more often than the right ones do. While the database is
away the good keys are known from a list of their hashes, kept in memory and beside the journal; of any other key nothing is known then.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from watchbill.frontdoor import database
from watchbill.intake.rules import KEY_CHARACTERS, digest_of
from watchbill.kernel import bus
from watchbill.kernel.journals import FOLDER
from watchbill.kernel.patience import cut

LIFETIME = 0.8  # seconds: a revoked key stops within one, even when the signal was lost
MOST = 10_000  # remembered
AT_ONCE = 500  # digests in one look
PATIENCE = 10.0  # seconds until the answer is that we do not know
SILENCE = 20.0  # seconds without a signal after which the listening connection is tried
QUIET = 1.0  # seconds without an answer of the database after which the list answers

LOOK = """
SELECT k.digest, k.id, k.service_id FROM intake_integrationkey k JOIN incidents_service s ON s.id = k.service_id
WHERE k.digest = ANY(%s) AND k.heartbeat_id IS NULL AND k.revoked_at IS NULL AND (k.ends_at IS NULL OR k.ends_at > clock_timestamp()) AND s.is_active
"""

GOOD = """
SELECT encode(k.digest, 'hex'), k.id, k.service_id FROM intake_integrationkey k JOIN incidents_service s ON s.id = k.service_id
WHERE k.heartbeat_id IS NULL AND k.revoked_at IS NULL AND (k.ends_at IS NULL OR k.ends_at > clock_timestamp()) AND s.is_active
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

    def __init__(self, folder: Path | None = None) -> None:
        self.good = GoodKeys((folder or settings.DATA_DIR / FOLDER) / "keys")
        self.known: dict[str, tuple[Key | None, float]] = {}  # until a time of the event loop's clock
        self.wanted: dict[bytes, asyncio.Future[Key | None]] = {}
        self.work = asyncio.Event()
        self.changes = 0  # signals so far: an answer from before the last one is not kept
        self.tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self.good.read()
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
        if len(key) != KEY_CHARACTERS:  # none of ours: neither asked about nor remembered
            return None
        loop = asyncio.get_running_loop()
        entry = self.known.get(key)
        if entry is not None and entry[1] > loop.time():
            return entry[0]
        digest, changes = digest_of(key), self.changes
        answer = self.wanted.get(digest)
        if answer is None:
            answer = self.wanted[digest] = loop.create_future()
            self.work.set()
        found = await self._answered(answer, digest)
        if changes == self.changes:
            if len(self.known) >= MOST:
                self.known.clear()
            self.known[key] = found, loop.time() + LIFETIME
        return found

    async def _answered(self, answer: asyncio.Future[Key | None], digest: bytes) -> Key | None:
        try:
            async with asyncio.timeout(QUIET):
                return await asyncio.shield(answer)
        except TimeoutError:
            if (key := self.good.find(digest)) is not None:
                return key
        try:
            async with asyncio.timeout(PATIENCE - QUIET):
                return await asyncio.shield(answer)
        except TimeoutError as error:
            raise Unknown from error

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
        alarm = asyncio.get_running_loop().call_later(PATIENCE, cut, connection)
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
                cursor = await connection.execute(GOOD)
                self.good.replace(await cursor.fetchall())
                async for _ in connection.notifies(timeout=SILENCE, stop_after=1):
                    self.forget()


class GoodKeys:
    """The hashes of all good keys, for the time in which the database cannot be asked. A key that is not among them may still be good."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keys: dict[bytes, Key] = {}

    def find(self, digest: bytes) -> Key | None:
        return self.keys.get(digest)

    def read(self) -> None:
        """What was known when this node last ran."""
        try:
            rows = json.loads(self.path.read_text())
            self.keys = {bytes.fromhex(digest): Key(int(id_), int(service_id)) for digest, id_, service_id in rows}
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError) as error:
            logger.warning("the list of good keys cannot be read: %s", type(error).__name__)

    def replace(self, rows: list[tuple[str, int, int]]) -> None:
        """These are the good ones now."""
        keys = {bytes.fromhex(digest): Key(id_, service_id) for digest, id_, service_id in rows}
        if keys == self.keys and self.path.exists():
            return
        self.keys = keys
        fresh = self.path.with_suffix(f".{os.getpid()}")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(rows, file)
            fresh.replace(self.path)
        except OSError as error:
            logger.warning("the list of good keys cannot be kept: %s", error.strerror)


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
