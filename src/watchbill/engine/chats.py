"""Keeps the messages in chats as it is true: one thread for each chat, away from the rounds, so that a slow chat delays no page and no other chat.

Each looks for what is due, reads what is true now, writes it there, and records how that ended. What an engine that died had in hand is due
again at once, and looked for before it is posted a second time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from watchbill.connectors import chat as chats
from watchbill.connectors.chat import Client, Listener
from watchbill.connectors.chat.posting import deliver, prepare
from watchbill.connectors.failures import Failure
from watchbill.connectors.outgoing import Outgoing
from watchbill.engine.remotes import Threads
from watchbill.incidents.actions import Line, tell_in
from watchbill.kernel.clock import database_now
from watchbill.notifications.chats import actions, selectors
from watchbill.notifications.chats.messages import Claim, Posted
from watchbill.notifications.chats.selectors import Settings

log = logging.getLogger(__name__)

AT_ONCE = 8  # messages that are being written to one chat
LONGEST_SLEEP = 1.0
CHECKS = "does it answer"
CHECK_EVERY = 60.0  # seconds between two questions whether the chat answers
CHECK_AGAIN = 15.0  # when it did not
BREATH = 0.1  # between two looks: changes that follow at once go out together
DRAIN = 5.0

Result = TypeVar("Result")


class Chats(Threads[Settings]):
    """All chats of this engine. `look` is called now and then by the loop."""

    def __init__(self) -> None:
        super().__init__(ChatThread, patience=DRAIN + 2)

    def look(self, instance_id: int) -> None:
        self.keep([] if settings.DEMO_INBOX else [chat for chat in selectors.chats() if chat.works], instance_id)  # a demo writes nowhere


class ChatThread:
    """One chat: an event loop that writes, and one thread beside it that speaks with the database."""

    def __init__(self, chat: Settings, instance_id: int) -> None:
        self.chat, self.instance_id = chat, instance_id
        self._stopping = False
        self._wake: asyncio.Event | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._live, name=f"chat {chat.name}", daemon=True)
        self._database = ThreadPoolExecutor(1, thread_name_prefix=f"chat {chat.name}")
        self._hands: set[asyncio.Task[None]] = set()
        self._listener: Listener | None = None
        self._check_at, self._heard_at = 0.0, -CHECK_EVERY

    def start(self) -> None:
        self._thread.start()

    def alive(self) -> bool:
        return self._thread.is_alive()

    def wake(self) -> None:
        with contextlib.suppress(RuntimeError):  # its loop has ended
            self._loop.call_soon_threadsafe(self._set)

    def stop(self) -> None:
        self._stopping = True
        self.wake()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _set(self) -> None:
        if self._wake is not None:
            self._wake.set()

    def _live(self) -> None:
        try:
            self._listener = chats.listener(self.chat)
            if self._listener is not None:
                self._listener.start()
            self._loop.run_until_complete(self._run())
        except Exception:
            log.exception("the thread of a chat ended", extra={"chat": self.chat.name})
        finally:
            if self._listener is not None:
                self._listener.close()
            self._database.submit(_hang_up)
            self._database.shutdown()
            self._loop.close()

    async def _run(self) -> None:
        self._wake = asyncio.Event()
        outgoing = Outgoing(settings.ALLOW_PRIVATE_TARGETS)
        client = chats.client(self.chat, outgoing)
        try:
            while not self._stopping:
                await self._look(client)
                await self._check(client)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), LONGEST_SLEEP)
                self._wake.clear()
                await asyncio.sleep(BREATH)
            if self._hands:
                await asyncio.wait(self._hands, timeout=DRAIN)
            for hand in self._hands:
                hand.cancel()
            await self._ask(lambda: actions.give_back(self.instance_id, self.chat.id))
        finally:
            await outgoing.close()

    async def _look(self, client: Client) -> None:
        free = AT_ONCE - len(self._hands)
        if free <= 0:
            return  # whoever ends wakes us
        claims = await self._ask(lambda: actions.claim(self.instance_id, [self.chat.id], now=database_now(), limit=free))
        for claim in claims or ():
            hand = self._loop.create_task(self._one(client, claim))
            self._hands.add(hand)
            hand.add_done_callback(self._ended)

    async def _check(self, client: Client) -> None:
        """Now and then, and beside the messages: does the chat answer, do we hear it? `doctor` reads that."""
        at = self._loop.time()
        if at >= self._heard_at + CHECK_EVERY and self._listener is not None and self._listener.is_connected():
            self._heard_at = at
            await self._ask(lambda: actions.listened(self.chat.id, now=database_now()))
        if at < self._check_at or CHECKS in {hand.get_name() for hand in self._hands}:
            return
        hand = self._loop.create_task(self._checked(client), name=CHECKS)
        self._hands.add(hand)
        hand.add_done_callback(self._ended)

    async def _checked(self, client: Client) -> None:
        said = error = ""
        try:
            said = await client.check()
        except Failure as failure:
            error = str(failure) or type(failure).__name__
        self._check_at = self._loop.time() + (CHECK_AGAIN if error else CHECK_EVERY)
        await self._ask(lambda: actions.looked(self.chat.id, said=said, error=error, now=database_now()))

    def _ended(self, hand: asyncio.Task[None]) -> None:
        self._hands.discard(hand)
        self._set()
        if not hand.cancelled() and (error := hand.exception()) is not None:
            log.error("a message to a chat ended unexpectedly: %s", type(error).__name__, extra={"chat": self.chat.name})

    async def _one(self, client: Client, claim: Claim) -> None:
        task = await self._ask(lambda: prepare(self.chat, claim))
        if task is None:
            return  # the database is away: the lease runs out
        posted = await deliver(client, self.chat, claim, task)
        while await self._ask(lambda: self._record(posted)) is None and not self._stopping:
            await asyncio.sleep(1)

    def _record(self, posted: Posted) -> bool:
        now = database_now()
        with transaction.atomic(durable=True):
            said = actions.record_posts_in([posted], self.instance_id, now=now)
            tell_in(
                [Line(one.incident_id, one.kind, one.text, None, "engine", {"link": one.link} if one.link else {}) for one in said], now=now
            )
        return True

    async def _ask(self, does: Callable[[], Result]) -> Result | None:
        """What the database says; None while it is away."""

        def go() -> Result | None:
            try:
                with _closing_what_broke():
                    return does()
            except (DatabaseError, psycopg.Error) as error:
                log.warning("a chat waits for the database: %s", type(error).__name__, extra={"chat": self.chat.name})
                return None

        return await self._loop.run_in_executor(self._database, go)


def _hang_up() -> None:
    """Close the connection of the thread that runs this."""
    connection.close()


@contextlib.contextmanager
def _closing_what_broke() -> Iterator[None]:
    try:
        yield
    except (DatabaseError, psycopg.Error):
        connection.close()
        raise
