"""The front door's process: Granian within this interpreter, so that no second one stands beside it and only waits."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from watchbill.main import children

children.die_with_parent()
children.prompt()
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


async def run(host: str, port: int) -> None:
    """Until SIGTERM or SIGINT; raises what the server died of."""
    server = Server(
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
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, server.stop)
    await server.serve()


def main() -> int:
    """Exit code 0 when it was told to stop."""
    uvloop.run(run(*bind_of(os.environ["WATCHBILL_BIND"])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
