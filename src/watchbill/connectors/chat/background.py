"""Sends what a chat waits for no longer: an answer that only one person reads, a form that opens. In one thread, away from the request.

What is lost here with the process was shown to one person and proves nothing: acts are committed before anything is answered.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Awaitable, Callable

from django.conf import settings

from watchbill.connectors.failures import Failure
from watchbill.connectors.outgoing import Outgoing

log = logging.getLogger(__name__)

Work = Callable[[Outgoing], Awaitable[object]]

_lock = threading.Lock()
_running: list[Background] = []


class Background:
    """A thread with an event loop and a guarded client."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.outgoing = Outgoing(settings.ALLOW_PRIVATE_TARGETS)
        self.thread = threading.Thread(target=self._live, name="chat answers", daemon=True)
        self.thread.start()

    def _live(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    async def one(self, what: str, work: Work) -> bool:
        try:
            await work(self.outgoing)
        except Failure as error:
            log.warning("an answer to a chat was not delivered: %s: %s", what, error)
            return False
        return True


def send(what: str, work: Work) -> concurrent.futures.Future[bool]:
    """Do this soon. `what` names it in the log when it fails; the answer says whether it was delivered."""
    with _lock:
        if not _running or not _running[0].thread.is_alive():  # a forked process has no thread of its parent
            _running[:] = [Background()]
        running = _running[0]
    return asyncio.run_coroutine_threadsafe(running.one(what, work), running.loop)
