"""Sends a notification to a browser by web push (RFC 8030), encrypted for that browser alone (RFC 8291), signed by this desk (RFC 8292).

The push service sees when, to which subscription, how long and how urgent; never what. 201 is delivered to it: whether the device rings
is seen by whoever acknowledges, and nobody who did not counts as reached for good.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from dataclasses import dataclass
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from watchbill.connectors.failures import Failure, PermanentFailure, TemporaryFailure
from watchbill.connectors.push.payload import keep_for, payload, topic_of
from watchbill.kernel.errors import WatchbillError
from watchbill.notifications.actions import device_gone, device_heard, push_keys
from watchbill.notifications.messages import Message
from watchbill.notifications.rules import Subscription
from watchbill.notifications.selectors import subscription_at
from watchbill.paging.models import Page

if TYPE_CHECKING:
    from watchbill.connectors.outgoing import Outgoing, Reply

log = logging.getLogger(__name__)

SIGNED_FOR = dt.timedelta(hours=12)  # of the 24 that push services take
SIGN_AGAIN = 3600.0  # seconds after which a signature for a push service is made anew
GONE = (404, 410)
GONE_WHY = "The push service says that the subscription is over: the browser's data were cleared, or the permission was taken away."
NO_DEVICE = "No device is subscribed at this contact. Its owner opens their page on that device and chooses Ring on this device."
LONGEST_REST = 600.0  # seconds that a push service may ask us to wait


class Gone(PermanentFailure):
    """The subscription is over: no message will arrive there again."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database says about where to send."""

    subscription: Subscription | None
    public: str
    private: str
    due_at: dt.datetime | None


class Pusher:
    """One for the engine. Keeps a signature for each push service, and leaves those alone that asked for a rest."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        self._signed: dict[tuple[str, str], tuple[float, str]] = {}
        self._rest: dict[str, float] = {}

    async def send(self, message: Message, *, now: dt.datetime) -> None:
        known = await asyncio.to_thread(_in_database, _load, message, now)
        if known.subscription is None:
            raise PermanentFailure(NO_DEVICE)
        origin = _origin(known.subscription.endpoint)
        self._may_ask(origin)
        body = await asyncio.to_thread(_encrypted, known.subscription, payload(message))
        headers = [
            (b"TTL", str(keep_for(message, due_at=known.due_at, now=now)).encode()),
            (b"Urgency", b"high" if message.kind in ("page", "drill") else b"normal"),
            (b"Content-Encoding", b"aes128gcm"),
            (b"Content-Type", b"application/octet-stream"),
            (b"Authorization", (await self._signature(origin, known, now)).encode()),
        ]
        if topic := topic_of(message, known.public):
            headers.append((b"Topic", topic.encode()))
        try:
            reply = await self._outgoing.ask("POST", known.subscription.endpoint, headers=headers, body=body)
            self._judge(reply, origin)
        except Failure as failure:
            await self._note(message, now, str(failure), gone=isinstance(failure, Gone))
            raise
        await self._note(message, now, "")

    async def close(self) -> None:
        """Nothing of its own is open: the client is shared."""

    def _may_ask(self, origin: str) -> None:
        left = self._rest.get(origin, 0) - time.monotonic()
        if left > 0:
            raise TemporaryFailure(f"The push service asked for a rest; {left:.0f} s of it are left.")

    def _judge(self, reply: Reply, origin: str) -> None:
        """What a status means (RFC 8030, and what the services say beyond it)."""
        status = reply.status
        if 200 <= status < 300:
            return
        if status in GONE:
            raise Gone(f"The push service answered {status}. {GONE_WHY}")
        if status == 413:
            raise PermanentFailure("The push service answered 413: the message is too long for it.")
        if status in (401, 403):
            raise PermanentFailure(
                f"The push service answered {status}: it does not take this desk's signature. Subscribe the device again."
            )
        if status == 429 or status >= 500:
            rest = _seconds(reply.headers.get("retry-after", ""))
            if rest:
                self._rest[origin] = time.monotonic() + rest
            raise TemporaryFailure(f"The push service answered {status}" + (f" and asks to wait {rest:.0f} s." if rest else "."))
        raise PermanentFailure(f"The push service answered {status}.")

    async def _signature(self, origin: str, known: _Known, now: dt.datetime) -> str:
        made_at, header = self._signed.get((origin, known.public), (0.0, ""))
        if not header or time.monotonic() - made_at > SIGN_AGAIN:
            header = await asyncio.to_thread(_sign, origin, known.private, now)
            self._signed[origin, known.public] = (time.monotonic(), header)
        return header

    async def _note(self, message: Message, now: dt.datetime, error: str, *, gone: bool = False) -> None:
        """Keep with the device how it went. That this fails changes nothing about the message."""
        try:
            await asyncio.to_thread(_in_database, _noted, message, now, error, gone)
        except (DatabaseError, WatchbillError):
            log.warning("how a push ended could not be kept with its device", extra={"notification": message.notification_id})


def connector(*, outgoing: Outgoing, signing_key: str) -> Pusher:  # noqa: ARG001  every connector is made alike
    """What the registry asks for."""
    return Pusher(outgoing)


def _load(message: Message, now: dt.datetime) -> _Known:
    try:
        subscription = subscription_at(message.address)
        public, private = push_keys(now=now)
    except WatchbillError as error:
        raise PermanentFailure(error.message) from error
    due = Page.objects.filter(pk=message.page_id).values_list("due_at", flat=True).first() if message.page_id is not None else None
    return _Known(subscription, public, private, due)


def _noted(message: Message, now: dt.datetime, error: str, gone: bool) -> None:
    device_heard(message.address, now=now, error=error)
    if gone:
        device_gone(message.address, GONE_WHY, now=now)


def _in_database(call: Any, *given: Any) -> Any:
    """In a thread of the pool, whose connection must not stay open when nobody uses it."""
    close_old_connections()
    try:
        return call(*given)
    except DatabaseError as error:
        raise TemporaryFailure("The database was away while the device was looked up.") from error
    finally:
        connection.close()


def _encrypted(subscription: Subscription, data: bytes) -> bytes:
    from pywebpush import WebPusher, WebPushException  # noqa: PLC0415  a third of a second and 20 MB: only where it sends

    given = {"endpoint": subscription.endpoint, "keys": {"p256dh": subscription.p256dh, "auth": subscription.auth}}
    try:
        return bytes(WebPusher(given).encode(data, content_encoding="aes128gcm")["body"])
    except (WebPushException, ValueError) as error:
        raise PermanentFailure("The subscription of this device cannot be used to encrypt. Subscribe the device again.") from error


def _sign(origin: str, private: str, now: dt.datetime) -> str:
    from py_vapid import Vapid02, VapidException  # noqa: PLC0415  as above

    who_asks = f"mailto:{parseaddr(settings.MAIL_FROM)[1]}"  # whom a push service may write to about us
    claims = {"aud": origin, "exp": int((now + SIGNED_FOR).timestamp()), "sub": who_asks}
    try:
        return str(Vapid02.from_string(private).sign(claims)["Authorization"])
    except VapidException as error:
        raise PermanentFailure("No push can be signed: WATCHBILL_MAIL_FROM is no mail address that a push service takes.") from error


def _origin(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _seconds(retry_after: str) -> float:
    """Of Retry-After in seconds; a date is not looked at, since it is by their clock."""
    text = retry_after.strip()
    return min(float(text), LONGEST_REST) if text.isascii() and text.isdigit() and len(text) < 7 else 0.0
