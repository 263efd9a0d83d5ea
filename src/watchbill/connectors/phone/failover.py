"""Which provider sends this? The first that takes it, in the file's order.

1. One that refuses for certain is followed by the next within the same try.
2. One whose end is unknown ends the try: what it got may arrive, and a second message would be a duplicate that nobody marked.
3. One that was in trouble a moment ago comes last, so that a dead provider costs its time limit once, not for each message.
4. A first page is held back by no limit; anything else that goes over one is refused by that provider.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db import connection

from watchbill.connectors.failures import Failure, PermanentFailure, TemporaryFailure, UnknownEnd
from watchbill.connectors.phone.providers import Provider, stored, working
from watchbill.notifications.messages import Accepted, Message
from watchbill.notifications.selectors import sent_by_phone

FRESH = 3.0  # seconds for which what is configured is believed
TROUBLE = 60.0  # seconds for which a provider that failed comes last
HOUR = dt.timedelta(hours=1)

T = TypeVar("T")
Send = Callable[[Provider], Awaitable[str]]  # the provider's name of the message or call


@dataclass(frozen=True, slots=True)
class Store:
    """What fail-over asks the database, in a thread of its own."""

    providers: Callable[[], list[Provider]] = stored
    counted: Callable[..., tuple[int, int]] = sent_by_phone


class Failover:
    """The providers of one way, in the order of fail-over. Lives in one event loop."""

    def __init__(self, way: str, store: Store | None = None) -> None:
        self._way, self._store = way, store or Store()
        self._known: tuple[float, list[Provider]] | None = None
        self._trouble: dict[str, float] = {}

    async def send(self, message: Message, send: Send, *, confirm_within: dt.timedelta, now: dt.datetime) -> Accepted:
        """Let the first provider that can take it take it. Raises what the last one did, with what each of them said."""
        said: list[str] = []
        certain = True
        for provider in await self._in_order():
            try:
                await self._within_limits(provider, message, now=now)
                sid = await send(provider)
            except UnknownEnd as error:
                self._trouble[provider.name] = time.monotonic()
                raise UnknownEnd(_joined([*said, f"{provider.name}: {error}"])) from error
            except Failure as error:
                certain = certain and isinstance(error, PermanentFailure)
                if not isinstance(error, PermanentFailure):
                    self._trouble[provider.name] = time.monotonic()
                said.append(f"{provider.name}: {error}")
                continue
            self._trouble.pop(provider.name, None)
            return Accepted(sid, _joined([f"{provider.name} took it as {sid}.", *said]), confirm_within)
        if not said:
            raise PermanentFailure("No provider that can send this is configured and has its variables set.")
        raise (PermanentFailure if certain else TemporaryFailure)(_joined(said))

    async def _in_order(self) -> list[Provider]:
        if self._known is None or time.monotonic() - self._known[0] > FRESH:
            self._known = (time.monotonic(), await _apart(self._store.providers))
        since = time.monotonic() - TROUBLE
        return sorted(working(self._way, self._known[1]), key=lambda each: self._trouble.get(each.name, since) > since)

    async def _within_limits(self, provider: Provider, message: Message, *, now: dt.datetime) -> None:
        if message.first_page:
            return
        person, overall = await _apart(lambda: self._store.counted(message.person_id, since=now - HOUR))
        if person >= provider.per_person:
            raise PermanentFailure(f"over the limit of {provider.per_person} an hour to one person; first pages always go.")
        if overall >= provider.overall:
            raise PermanentFailure(f"over the limit of {provider.overall} an hour to everybody; first pages always go.")


async def _apart(read: Callable[[], T]) -> T:
    """Read from the database in a thread, and leave no connection behind in it."""

    def run() -> T:
        try:
            return read()
        finally:
            connection.close()

    return await asyncio.to_thread(run)


def _joined(said: Sequence[str]) -> str:
    return " ".join(said)[:500]
