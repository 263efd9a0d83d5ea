"""Sends a notification by Apprise: the long tail of services, one-way. Nobody can acknowledge by answering; the text says so and has the link.

The library blocks and connects by itself, so it runs in threads of its own under a time limit, with the plugins that `schemes` lets in, after
the guard was asked about the host, and without following redirects. Between that question and its connection the name is resolved again:
what the guard does for all others against a name that changes meanwhile, it cannot do here.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings

from watchbill.connectors.failures import PermanentFailure, TemporaryFailure, UnknownEnd
from watchbill.connectors.guard import Guard, Network
from watchbill.connectors.outgoing import Outgoing
from watchbill.kernel.errors import WatchbillError
from watchbill.notifications.addresses import clear
from watchbill.notifications.messages import Message
from watchbill.notifications.rules import scheme_of, why_refused
from watchbill.notifications.rules.schemes import HOSTED
from watchbill.notifications.signing import link
from watchbill.notifications.texts import plain, subject

WHOLE = 20.0  # seconds for one message
CONNECT, READ = 4.0, 8.0  # seconds, for the library
AT_ONCE = 8
TRY_LATER = frozenset({408, 425, 429})
LONGEST = 3000  # characters


class Sender:
    """One-way messages, a few at once."""

    def __init__(self, allowed: tuple[Network, ...], *, whole: float = WHOLE) -> None:
        self._guards = {plain: Guard(allowed, plain=plain) for plain in (False, True)}
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="apprise")
        self._whole = whole

    async def send(self, message: Message, *, now: dt.datetime) -> None:  # noqa: ARG002  every connector is asked alike
        url = _address(message)
        if why := why_refused(url):
            raise PermanentFailure(why)
        loop = asyncio.get_running_loop()
        plugin = await loop.run_in_executor(self._threads, _plugin, url)
        await self._ask_the_guard(plugin, url)
        try:
            async with asyncio.timeout(self._whole):
                sent, status = await loop.run_in_executor(self._threads, _notify, plugin, subject(message), text(message))
        except TimeoutError as error:
            raise UnknownEnd(f"The service did not answer within {self._whole:g} s.") from error
        _judge(sent, status)

    async def close(self) -> None:
        """What is on its way may end; nothing more begins."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask_the_guard(self, plugin: Any, url: str) -> None:
        if scheme_of(url) not in HOSTED or (scheme_of(url) == "ntfy" and plugin.mode == "cloud"):
            return
        encrypted = bool(plugin.secure)
        await self._guards[not encrypted].addresses(str(plugin.host), plugin.port or (443 if encrypted else 80))


def connector(*, outgoing: Outgoing, signing_key: str) -> Sender:  # noqa: ARG001  every connector is made alike
    """What the registry asks for."""
    return Sender(tuple(settings.ALLOW_PRIVATE_TARGETS))


def text(message: Message) -> str:
    """What is sent. The link comes first: what is too long for a service is cut at its end."""
    if message.incident_id is None or message.kind not in ("page", "drill"):
        return plain(message)[:LONGEST]
    head = f"Acknowledge here; answering this message does nothing: {link(message)}"
    rest = plain(message).partition("\n\nAcknowledge, and it is yours:")[0]
    return f"{head}\n\n{rest}"[:LONGEST]


def _address(message: Message) -> str:
    """From the variable that the file names, else from the contact."""
    if message.secret_env:
        if not (value := os.environ.get(message.secret_env, "")):
            raise PermanentFailure("Its address is not set here. `watchbill doctor` names the variable.")
        return value
    try:
        return clear("apprise", message.address)
    except WatchbillError as error:
        raise PermanentFailure(error.message) from error


def _plugin(url: str) -> Any:
    """The library's plugin for this address, held to what we let it do."""
    import apprise  # noqa: PLC0415  an eighth of a second and 12 MB: only where it sends

    _listen()
    asset = apprise.AppriseAsset(
        app_id="Watchbill", plugin_paths=[], http_redirects=False, storage_mode=apprise.PersistentStoreMode.MEMORY, secure_logging=True
    )
    plugin: Any = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if plugin is None:
        raise PermanentFailure("Apprise cannot read this address. Compare it with what the service's page of Apprise asks for.")
    plugin.redirects, plugin.verify_certificate = False, True  # whatever the address asks for
    plugin.socket_connect_timeout, plugin.socket_read_timeout = CONNECT, READ
    plugin.include_image = False
    return plugin


def _notify(plugin: Any, title: str, body: str) -> tuple[bool, int]:
    """(taken, status that the service answered, 0 when none is known)."""
    _said.status = 0
    sent = plugin.notify(body=body, title=title, notify_type="warning", body_format="text")
    return bool(sent), int(getattr(_said, "status", 0))


def _judge(sent: bool, status: int) -> None:
    if sent:
        return
    if not status:
        raise UnknownEnd("The service did not answer, or not in a way that Apprise understands.")
    if 400 <= status < 500 and status not in TRY_LATER:
        raise PermanentFailure(f"The service answered {status}.")
    raise TemporaryFailure(f"The service answered {status}.")


_said = threading.local()  # the library tells the status only to its log


class _Status(logging.Handler):
    """Takes the status out of what the library logs, and lets nothing of it any further: addresses with passwords are in there."""

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(Exception):
            if found := re.search(r"error=(\d{3})\b", record.getMessage()):
                _said.status = int(found.group(1))


def _listen() -> None:
    log = logging.getLogger("apprise")
    if not any(isinstance(handler, _Status) for handler in log.handlers):
        log.handlers[:] = [_Status()]
        log.propagate = False
        log.setLevel(logging.WARNING)
        logging.getLogger("urllib3").setLevel(logging.WARNING)  # below that it writes paths, and a bot's token is in its path
