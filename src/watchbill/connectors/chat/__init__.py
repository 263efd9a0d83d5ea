"""Chats behind one interface: what a chat must be able to do, whatever its name. Another chat is one folder and one line in `KINDS`."""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from watchbill.connectors.chat.cards import Card
from watchbill.connectors.failures import PermanentFailure, TemporaryFailure
from watchbill.notifications.chats.selectors import Settings

if TYPE_CHECKING:
    from watchbill.connectors.outgoing import Outgoing


class RateLimited(TemporaryFailure):
    """The chat asks to wait. Nothing was written."""

    def __init__(self, text: str, retry_after: float) -> None:
        super().__init__(text)
        self.retry_after = dt.timedelta(seconds=max(retry_after, 1.0))


class Lost(PermanentFailure):
    """The message that was to be edited is not there any more."""


@dataclass(frozen=True, slots=True)
class Place:
    """A message: the channel's id, and its own."""

    channel: str
    message: str


@dataclass(frozen=True, slots=True)
class Room:
    """A channel that was made for one incident."""

    channel: str
    name: str
    link: str


class Client(Protocol):
    """One chat. Every method raises one of `failures`, RateLimited or Lost; `ref` travels with a message, so that `find` knows it again."""

    async def check(self) -> str:
        """As whom it knows us."""

    async def post(self, channel: str, card: Card, ref: str) -> Place: ...

    async def edit(self, place: Place, card: Card, ref: str) -> None: ...

    async def edit_list(self, place: Place, cards: Sequence[Card], ref: str) -> None:
        """One message about several incidents."""

    async def find(self, channel: str, ref: str, since: dt.datetime) -> list[Place]:
        """Every message with that reference, the oldest first. `channel`: its id, or its name as the file has it."""

    async def remove(self, place: Place) -> None:
        """Take a message of ours away."""

    async def open_room(self, name: str, card: Card, users: Sequence[str], *, private: bool) -> Room: ...

    async def invite(self, channel: str, users: Sequence[str]) -> None: ...


class Listener(Protocol):
    """Hears what people press there without a way in from outside. Runs in threads of its own, on one node at a time."""

    def start(self) -> None: ...

    def is_connected(self) -> bool:
        """Is it this node that listens, now?"""

    def close(self) -> None: ...


KINDS = {"slack": "watchbill.connectors.slack"}  # kind -> package with `client` and `listener`


def client(chat: Settings, outgoing: Outgoing) -> Client:
    """A client of this chat, for the event loop that calls."""
    module: Any = importlib.import_module(f"{KINDS[chat.kind]}.client")
    made: Client = module.Client(chat, outgoing)
    return made


def listener(chat: Settings) -> Listener | None:
    """Whoever listens for this chat, where it is one that is listened to."""
    if not chat.app_token:
        return None
    module: Any = importlib.import_module(f"{KINDS[chat.kind]}.socket_mode")
    made: Listener = module.Listener(chat)
    return made
