"""The front door's process: Granian within this interpreter, so that no second one stands beside it and only waits."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

from watchbill.kernel import slices
from watchbill.main import children

children.die_with_parent()
slices.prompt()
children.many_files()

import uvloop  # noqa: E402  the death signal must be set first
from granian.constants import HTTPModes, Interfaces  # noqa: E402
from granian.log import LogLevels  # noqa: E402
from granian.server.embed import Server  # noqa: E402

from watchbill.main.asgi_frontdoor import application  # noqa: E402
from watchbill.main.environment import bind_of  # noqa: E402

BACKLOG = 4096
BACKPRESSURE = 16384  # granian counts open streams too; the default of 1024 would stop every request at the 1025th board
STOPPING = 5.0  # seconds for answers under way


async def run(host: str, port: int) -> int:
    """Until SIGTERM or SIGINT. Returns the exit code: 0 when it was told to stop."""
    server: Any = Server(
        application,
        host,
        port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=BACKLOG,
        backpressure=BACKPRESSURE,
        log_level=LogLevels.error,
    )
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    serving, stop = asyncio.create_task(server.serve()), asyncio.create_task(told.wait())
    await asyncio.wait({serving, stop}, return_when=asyncio.FIRST_COMPLETED)
    if not told.is_set():
        await serving  # it died: of what, is raised here
        return 1
    server.stop()
    await asyncio.wait({serving}, timeout=STOPPING)
    if not serving.done():  # somebody waits for a page, or creeps
        await application.stop()  # what was taken in is stored first
        os._exit(0)
    return 0


def main() -> int:
    """Start, and end with the exit code."""
    return uvloop.run(run(*bind_of(os.environ["WATCHBILL_BIND"])))


if __name__ == "__main__":
    sys.exit(main())
