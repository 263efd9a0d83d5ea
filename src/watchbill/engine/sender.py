"""Sends what was claimed, in a thread with an event loop of its own, so that no provider, however slow, delays a tick or anybody else.

Bulkheads: so many at once for each kind of contact, and to each host. What waits longer than a moment in memory is not sent on trust:
it goes back to the loop, which asks the database whether it is still ours and still due.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from watchbill.connectors.failures import Failure, PermanentFailure, UnknownEnd
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.registry import CONNECTORS, Connector, Entry
from watchbill.engine.clock import Clock, elapsed
from watchbill.notifications.messages import Accepted, Message, Result
from watchbill.notifications.rules import Outcome, Room

try:
    import uvloop
except ImportError:  # not on Windows
    uvloop = None  # type: ignore[assignment,unused-ignore]

log = logging.getLogger(__name__)

STALL = 5.0  # seconds after which a claimed message is asked about again before it is sent
DEPTH = 3  # in hand at most, as a multiple of what is sent at once
SETTLE = 0.02  # results are recorded in sets: so long does the first wait for others; a failure waits for nobody
ENOUGH = 64

_EVERYWHERE = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))  # the operator's own dead-man address

Build = Callable[[str], tuple[Outgoing, Mapping[str, Connector]]]  # given the installation's signing key


@dataclass(slots=True)
class _InHand:
    message: Message
    confirmed: float  # when the database last said that it is ours and due


class Sender:
    """Submit messages, take results. All public methods are called by the loop's thread."""

    def __init__(
        self,
        build: Build,
        signing_key: str,
        clock: Clock,
        wake: Callable[[], None],
        *,
        entries: Mapping[str, Entry] = CONNECTORS,
        stall: float = STALL,
    ) -> None:
        self._build, self._signing_key = build, signing_key
        self._clock, self._wake, self._entries, self._stall = clock, wake, entries, stall
        self._in_hand: dict[int, _InHand] = {}
        self._results: deque[Result] = deque()
        self._stalled: deque[Message] = deque()
        self._stopping = False
        self._wakes_soon = False
        self._started: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._by_method: dict[str, asyncio.Semaphore] = {}
        self._by_host: dict[str, asyncio.Semaphore] = {}
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop = uvloop.new_event_loop() if uvloop else asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._live, name="sender", daemon=True)
        self._error: BaseException | None = None

    def start(self) -> None:
        """Start the thread and wait until it can send. Raises what kept it from starting."""
        self._thread.start()
        self._ready.wait(30)
        if self._error:
            raise self._error

    def alive(self) -> bool:
        return self._thread.is_alive() and self._error is None

    def submit(self, messages: Iterable[Message]) -> None:
        """Send these, in this order."""
        now = elapsed()
        given = [_InHand(message, now) for message in messages]
        self._in_hand.update({one.message.notification_id: one for one in given})
        if given:
            self._loop.call_soon_threadsafe(self._begin, given)

    def in_hand(self) -> set[int]:
        """Claimed, and not yet taken back by `results` or `stalled`."""
        return set(self._in_hand)

    def room(self) -> Room:
        """How many more may be claimed."""
        methods: Counter[str] = Counter()
        hosts: Counter[str] = Counter()
        for one in list(self._in_hand.values()):
            methods[one.message.method] += 1
            hosts[one.message.host] += 1
        free = {name: DEPTH * entry.at_once - methods[name] for name, entry in self._entries.items()}
        each = max(entry.each_host for entry in self._entries.values())
        return Room(free, {host: count for host, count in hosts.items() if host}, DEPTH * each)

    def results(self, limit: int = 500) -> list[Result]:
        """How tries ended since the last call."""
        taken = [self._results.popleft() for _ in range(min(limit, len(self._results)))]
        for result in taken:
            self._in_hand.pop(result.notification_id, None)
        return taken

    def stalled(self) -> list[Message]:
        """Messages that waited too long to be sent on trust."""
        taken = [self._stalled.popleft() for _ in range(len(self._stalled))]
        for message in taken:
            self._in_hand.pop(message.notification_id, None)
        return taken

    def get(self, url: str) -> None:
        """One GET that nobody waits for: a sign of life."""
        self._loop.call_soon_threadsafe(self._spawn, url)

    def drain(self, seconds: float) -> list[Message]:
        """Begin nothing more, wait for what is on its way. Returns the messages that were certainly not sent."""
        unsent = asyncio.run_coroutine_threadsafe(self._begin_nothing_more(), self._loop).result(5)
        end = elapsed() + seconds
        while self._started and elapsed() < end:
            threading.Event().wait(0.01)
        return unsent

    def close(self) -> None:
        self._stopping = True
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)

    # What follows runs in the sending thread.

    def _live(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._outgoing, self._connectors = self._loop.run_until_complete(self._made())
            self._beacon = Outgoing(_EVERYWHERE)
            self._by_method = {name: asyncio.Semaphore(entry.at_once) for name, entry in self._entries.items()}
            self._ready.set()
            self._loop.run_forever()
            self._loop.run_until_complete(self._end())
        except BaseException as error:  # shown by `alive` and by the next tick
            self._error = error
            log.exception("the sending thread ended")
        finally:
            self._ready.set()
            self._loop.close()

    async def _made(self) -> tuple[Outgoing, Mapping[str, Connector]]:
        return self._build(self._signing_key)

    def _begin(self, given: Sequence[_InHand]) -> None:
        for one in given:
            self._keep(self._loop.create_task(self._one(one)))

    def _spawn(self, url: str) -> None:
        self._keep(self._loop.create_task(self._beat(url)))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _begin_nothing_more(self) -> list[Message]:
        self._stopping = True
        ended = {result.notification_id for result in self._results}
        return [one.message for id_, one in list(self._in_hand.items()) if id_ not in self._started and id_ not in ended]

    async def _one(self, one: _InHand) -> None:
        message = one.message
        async with AsyncExitStack() as stack:
            if message.host:
                each = self._entries[message.method].each_host
                await stack.enter_async_context(self._by_host.setdefault(message.host, asyncio.Semaphore(each)))
            await stack.enter_async_context(self._by_method[message.method])
            if self._stopping:
                return
            if elapsed() - one.confirmed > self._stall:
                self._stalled.append(message)
                self._wake()
                return
            self._started.add(message.notification_id)
            try:
                result = await self._try(message)
            finally:
                self._started.discard(message.notification_id)
        self._forget_idle_hosts()
        self._results.append(result)
        self._soon(at_once=result.outcome not in (Outcome.ACCEPTED, Outcome.DELIVERED))

    async def _try(self, message: Message) -> Result:
        started = self._clock.now()
        outcome, detail, took = Outcome.DELIVERED, "", None
        connector = self._connectors.get(message.method)
        try:
            if connector is None:
                raise PermanentFailure(f"Nothing here sends by {message.method} any more.")
            took = await connector.send(message, now=started)
        except PermanentFailure as error:
            outcome, detail = Outcome.PERMANENT, str(error)
        except UnknownEnd as error:
            outcome, detail = Outcome.UNKNOWN, str(error)
        except Failure as error:
            outcome, detail = Outcome.TEMPORARY, str(error)
        except Exception as error:
            log.exception("a connector failed unexpectedly", extra={"notification": message.notification_id, "method": message.method})
            outcome, detail = Outcome.UNKNOWN, f"Unexpected: {type(error).__name__}."
        ended = self._clock.now()
        if isinstance(took, Accepted):
            end = (Outcome.ACCEPTED, started, ended, took.detail, took.sid, ended + took.confirm_within)
            return Result(message.notification_id, message.instance, message.attempt, *end)
        return Result(message.notification_id, message.instance, message.attempt, outcome, started, ended, detail)

    def _soon(self, *, at_once: bool) -> None:
        if at_once or len(self._results) >= ENOUGH or len(self._results) >= len(self._in_hand):
            self._wake()
        elif not self._wakes_soon:
            self._wakes_soon = True
            self._loop.call_later(SETTLE, self._wake_later)

    def _wake_later(self) -> None:
        self._wakes_soon = False
        self._wake()

    def _forget_idle_hosts(self) -> None:
        if len(self._by_host) > 1000:
            busy = {one.message.host for one in list(self._in_hand.values())}
            self._by_host = {host: lock for host, lock in self._by_host.items() if host in busy}

    async def _beat(self, url: str) -> None:
        try:
            await self._beacon.send("GET", url)
        except Failure as error:
            log.warning("the dead-man address did not take the sign of life: %s", error)

    async def _end(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connector in self._connectors.values():
            await connector.close()
        await self._outgoing.close()
        await self._beacon.close()
