"""An engine for tests: real outbox, real sending thread, channels that do as they are told."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Sequence
from typing import Any

from tests.factories import T0
from watchbill.connectors.failures import Failure
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.registry import Entry
from watchbill.engine import parts
from watchbill.engine.loop import Engine
from watchbill.notifications.messages import Message, Report

ENTRIES = {"email": Entry("", at_once=2), "webhook": Entry("", at_once=8, each_host=12)}


class Channel:
    """Sends nothing, remembers what it was given."""

    def __init__(self, does: Callable[[Message], Failure | float | None] | None = None) -> None:
        self.sent: list[Message] = []
        self.times: list[float] = []
        self.does = does or (lambda _: None)

    async def send(self, message: Message, *, now: dt.datetime) -> None:
        self.sent.append(message)
        self.times.append(time.monotonic())
        answer = self.does(message)
        if isinstance(answer, float):
            await asyncio.sleep(answer)
        elif answer is not None:
            raise answer

    async def close(self) -> None:
        pass


class World:
    """What the engine asks of the layers beside it, remembered."""

    def __init__(self) -> None:
        self.heard: list[Report] = []
        self.late: Sequence[Any] = ()
        self.stale: set[int] = set()
        self.rounds = 0
        self.fails: dict[str, Exception] = {}

    def _do(self, name: str) -> int:
        if name in self.fails:
            raise self.fails[name]
        return 0

    def take_in(self, *, now: dt.datetime, limit: int) -> int:
        self.rounds += 1
        return self._do("intake")

    def fire_due(self, *, now: dt.datetime, limit: int) -> int:
        return self._do("paging")

    def hear(self, report: Report, *, now: dt.datetime) -> None:
        if report != Report():
            self.heard.append(report)

    def unproven(self, *, now: dt.datetime) -> Sequence[Any]:
        return self.late

    def next_page(self, *, after: dt.datetime) -> dt.datetime | None:
        return None

    def gone_stale(self, pages: Sequence[tuple[int, dt.datetime]], *, now: dt.datetime) -> set[int]:
        return self.stale & {page for page, _ in pages}

    def parts(self) -> parts.Parts:
        return parts.Parts(self.take_in, self.fire_due, self.hear, self.unproven, self.next_page, self.gone_stale, lambda *, now: 0)


class Desk:
    """An engine that is stepped by hand."""

    def __init__(self, world: World | None = None, does: parts.Parts | None = None, **channels: Channel) -> None:
        self.world = world or World()
        self.channels = {"webhook": Channel(), "email": Channel(), **channels}
        self.engine = Engine(does or self.world.parts(), self._build, entries=ENTRIES)
        self.engine.join()
        self.now = T0

    def _build(self, signing_key: str) -> tuple[Outgoing, dict[str, Channel]]:
        return Outgoing(()), self.channels

    @property
    def sent(self) -> list[Message]:
        log = [pair for channel in self.channels.values() for pair in zip(channel.times, channel.sent, strict=True)]
        return [message for _, message in sorted(log, key=lambda pair: pair[0])]

    def tick(self, now: dt.datetime | None = None, *, settle: bool = True) -> None:
        """A round at that time; with `settle` also what its sending leads to."""
        self.now = now or self.now
        self.engine._now().set(self.now)
        self.engine.tick(self.now)
        if settle:
            self.settle()
            self.engine.tick(self.now)

    def settle(self, seconds: float = 5.0) -> None:
        """Wait until nothing is being sent."""
        sender = self.engine._sender
        assert sender is not None
        end = time.monotonic() + seconds
        while time.monotonic() < end and len(sender.in_hand()) > len(sender._results) + len(sender._stalled):
            time.sleep(0.002)

    def close(self) -> None:
        self.engine.end()
