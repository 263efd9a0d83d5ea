"""The invented pipeline of the demo gives its sign of life, so that its heartbeat is seen at work and pages nobody."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import psycopg

from watchbill.frontdoor import database

NAME = "detections pipeline"
EVERY = 60.0  # seconds
BEAT = """
UPDATE intake_heartbeat SET last_at = clock_timestamp()
WHERE name = %s AND is_active AND EXISTS (SELECT FROM people_organization WHERE demo)
"""


@contextlib.asynccontextmanager
async def pulse() -> AsyncIterator[None]:
    """As long as the server of the demo runs."""
    task = asyncio.create_task(_beat())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _beat() -> None:
    while True:
        with contextlib.suppress(psycopg.Error, OSError):  # the next one comes in a minute
            async with await database.connect("watchbill demo") as connection:
                await connection.execute(BEAT, [NAME])
        await asyncio.sleep(EVERY)
