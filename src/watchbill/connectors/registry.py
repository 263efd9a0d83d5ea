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
from watchbill.notifications.messages import Accepted, Message

if TYPE_CHECKING:  # the HTTP client is loaded where it sends, not in every process
    from watchbill.connectors.outgoing import Outgoing


class Connector(Protocol):
    """Sends one kind of contact. Returns when it is delivered, with Accepted when that is told later; raises one of `failures` else."""

    async def send(self, message: Message, *, now: datetime) -> Accepted | None: ...

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
    "sms": Entry("watchbill.connectors.sms.sending", at_once=32, asks="watchbill.connectors.phone.providers.why_no_text"),
    "voice": Entry("watchbill.connectors.voice.sending", at_once=32, asks="watchbill.connectors.phone.providers.why_no_call"),
    "apprise": Entry("watchbill.connectors.apprise.sending", at_once=8),
    "push": Entry("watchbill.connectors.push.sending", at_once=32),
    "slack": Entry("watchbill.connectors.slack.sending", at_once=10, asks="watchbill.connectors.slack.asks"),
}
CALLS_OUT = ("sms", "voice", "slack")  # a demo has none of these


INBOX = Entry("watchbill.connectors.inbox.sending")  # the demo's: mails stay on screen


def entries() -> dict[str, Entry]:
    """The connectors of this installation; in a demo no mail leaves it, and no telephone rings."""
    if not settings.DEMO_INBOX:
        return CONNECTORS
    return {name: entry for name, entry in CONNECTORS.items() if name not in CALLS_OUT} | {"email": INBOX}


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
