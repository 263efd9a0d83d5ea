"""Which connectors are there? One line each. The modules that send are imported by the engine alone, and only what is active."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from watchbill.kernel import kinds
from watchbill.notifications.messages import Message

if TYPE_CHECKING:  # the HTTP client is loaded where it sends, not in every process
    from watchbill.connectors.outgoing import Outgoing


class Connector(Protocol):
    """Sends one kind of contact. Returns when it is delivered; raises one of `failures` when it is not."""

    async def send(self, message: Message, *, now: datetime) -> None: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """Where the connector of a kind of contact is, which setting it needs, how many messages it sends at once.

    `each_host`: how many of them to one host, where the address names one; 0: not told apart.
    `asks`: the function (dotted) that answers what is missing now, for a kind that depends on what is stored.
    """

    module: str
    needs: str = ""
    at_once: int = 64
    each_host: int = 0
    asks: str = ""


CONNECTORS = {
    "email": Entry("watchbill.connectors.email.sending", needs="SMTP_URL", at_once=10),
    "webhook": Entry("watchbill.connectors.webhook.sending", at_once=200, each_host=48),
    "slack": Entry("watchbill.connectors.slack.sending", at_once=10, asks="watchbill.connectors.slack.asks"),
}


INBOX = Entry("watchbill.connectors.inbox.sending")  # the demo's: mails stay on screen


def entries() -> dict[str, Entry]:
    """The connectors of this installation; in a demo no mail leaves it."""
    return {**CONNECTORS, "email": INBOX} if settings.DEMO_INBOX else CONNECTORS


def declare() -> None:
    """Fill kernel's table of kinds: what is known, and what works with the settings as they are."""
    kinds.fill(kinds.Kind(name, not (why := _why_not(entry)), why, _asks(entry)) for name, entry in entries().items())


def build(*, outgoing: Outgoing, signing_key: str, only: Iterable[str] | None = None) -> dict[str, Connector]:
    """The connectors that are active, ready to send. Call it in the event loop that sends."""
    wanted = set(CONNECTORS if only is None else only)
    return {name: _make(entry, outgoing, signing_key) for name, entry in entries().items() if name in wanted and not _why_not(entry)}


def _make(entry: Entry, outgoing: Outgoing, signing_key: str) -> Connector:
    made: Any = importlib.import_module(entry.module).connector(outgoing=outgoing, signing_key=signing_key)
    connector: Connector = made
    return connector


def _why_not(entry: Entry) -> str:
    return f"WATCHBILL_{entry.needs} is not set." if entry.needs and not getattr(settings, entry.needs, "") else ""


def _asks(entry: Entry) -> Callable[[], str] | None:
    """The models it reads are not there yet when the table is filled: it is imported when it is asked first."""
    return (lambda: str(import_string(entry.asks)())) if entry.asks else None
