"""How is a sign of life taken? Its time is written before it is answered; many signs share one commit.

Nothing is decided here. Besides, the front door writes that it listens: what nobody could hear makes nobody late.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

import psycopg

from watchbill.frontdoor import database
from watchbill.frontdoor.requests import Receive, Scope, Send, answer, bearer, drop_body, error
from watchbill.intake.rules import digest_of
from watchbill.kernel.patience import cut

PATH = "/in/heartbeat"
METHODS = ("GET", "HEAD", "POST")
AT_ONCE = 1000
BUDGET = 10.0  # seconds from the arrival of a sign to its refusal
EVERY = 2.0  # seconds between two words that we listen
AGAIN = (b"retry-after", b"5")

# In the order of ids, so that two front doors never wait for each other in a circle.
SIGN = """
WITH said AS (
    SELECT h.id, k.digest FROM intake_integrationkey k JOIN intake_heartbeat h ON h.id = k.heartbeat_id
    WHERE k.digest = ANY(%s) AND k.revoked_at IS NULL AND (k.ends_at IS NULL OR k.ends_at > clock_timestamp()) AND h.is_active
    ORDER BY h.id FOR NO KEY UPDATE OF h
), written AS (
    UPDATE intake_heartbeat h SET last_at = GREATEST(h.last_at, clock_timestamp()) FROM (SELECT DISTINCT id FROM said) s WHERE h.id = s.id
    RETURNING h.id, h.late_at
), woken AS (SELECT pg_notify('watchbill_work', '') FROM written WHERE late_at IS NOT NULL LIMIT 1)
SELECT digest, (SELECT count(*) FROM woken) FROM said
"""
# One row. A gap of more than 6 seconds is one in which a sign may have come to nobody.
LISTEN = """
INSERT INTO intake_listening AS l (id, last_at, since) SELECT 1, clock_timestamp(), clock_timestamp()
WHERE EXISTS (SELECT FROM intake_heartbeat WHERE is_active)
ON CONFLICT (id) DO UPDATE SET last_at = EXCLUDED.last_at,
    gap_from = CASE WHEN l.last_at < EXCLUDED.last_at - interval '6 seconds' THEN l.last_at ELSE l.gap_from END,
    since = CASE WHEN l.last_at < EXCLUDED.last_at - interval '6 seconds' THEN EXCLUDED.last_at ELSE l.since END
"""

logger = logging.getLogger("watchbill.frontdoor")


class Hearing:
    """Takes signs as long as the server lives."""

    def __init__(self) -> None:
        self.waiting: dict[bytes, asyncio.Future[bool]] = {}
        self.work = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self.tasks = [asyncio.create_task(self._for_ever())]

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for future in self.waiting.values():
            future.cancel()

    async def take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """GET, HEAD or POST /in/heartbeat/KEY, or /in/heartbeat with the key as a bearer token. The body, if there is one, says nothing."""
        await drop_body(receive)
        if scope["method"] not in METHODS:
            await answer(
                send, 405, error("method_not_allowed", "Give a sign of life by GET, HEAD or POST."), (b"allow", b"GET, HEAD, POST")
            )
            return
        key = scope["path"].removeprefix(PATH).strip("/") or bearer(scope)
        try:
            known = bool(key) and await self._heard(digest_of(key))
        except TimeoutError:
            await answer(send, 503, error("not_ready", "The sign of life could not be stored now; send it again."), AGAIN)
            return
        if known:
            await answer(send, 202, b'{"status":"success","message":"Sign of life stored"}')
        else:
            await answer(send, 401, error("unknown_key", "This key is unknown or revoked. Make one with `watchbill heartbeat key`."))

    async def _heard(self, digest: bytes) -> bool:
        """On disk? False: the key opens nothing. Raises TimeoutError when that could not be known in time."""
        future = self.waiting.get(digest)
        if future is None or future.done():
            future = self.waiting[digest] = asyncio.get_running_loop().create_future()
            self.work.set()
        try:
            async with asyncio.timeout(BUDGET):
                return await asyncio.shield(future)
        finally:  # what was refused is not written later, with another time
            if not future.done() and self.waiting.get(digest) is future:
                del self.waiting[digest]

    async def _for_ever(self) -> None:
        """Again after every loss of the connection. To write a sign twice does no harm, so nothing need be known of a commit that broke off."""
        pause = 0.05
        while True:
            try:
                async with await database.connect("watchbill heartbeats") as connection:
                    await connection.execute("SET synchronous_commit = off")
                    pause = 0.05
                    await self._serve(connection)
            except (psycopg.Error, OSError, TimeoutError) as failure:
                logger.warning("heartbeat connection lost: %s", database.words(failure))
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)

    async def _serve(self, connection: psycopg.AsyncConnection[Any]) -> None:
        loop = asyncio.get_running_loop()
        listened = float("-inf")
        while True:
            if loop.time() - listened >= EVERY:
                listened = loop.time()
                await _in_time(connection, connection.execute(LISTEN))
            self.work.clear()
            batch = dict(list(self.waiting.items())[:AT_ONCE])
            if batch:
                await self._store(connection, batch)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, listened + EVERY - loop.time())):
                    await self.work.wait()

    async def _store(self, connection: psycopg.AsyncConnection[Any], batch: dict[bytes, asyncio.Future[bool]]) -> None:
        known = await _in_time(connection, _signs(connection, list(batch)))
        for digest, future in batch.items():
            if self.waiting.get(digest) is future:
                del self.waiting[digest]
            if not future.done():
                future.set_result(digest in known)


async def _signs(connection: psycopg.AsyncConnection[Any], digests: list[bytes]) -> set[bytes]:
    """Write them durably; which keys were known."""
    async with connection.transaction():
        await connection.execute("SET LOCAL synchronous_commit = on")
        cursor = await connection.execute(SIGN, [digests])
        return {bytes(digest) for digest, _ in await cursor.fetchall()}


async def _in_time(connection: psycopg.AsyncConnection[Any], work: Any) -> Any:
    """A server that is frozen must not keep everybody waiting: the connection is cut, and the next one tries again."""
    alarm = asyncio.get_running_loop().call_later(BUDGET / 2, cut, connection)
    try:
        return await work
    finally:
        alarm.cancel()
