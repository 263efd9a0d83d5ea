"""Socket Mode: Slack is heard over a connection that we open, so the box needs no way in. One node at a time holds the chat's advisory lock.

The protocol is slack_sdk's. Its own client resolves names by itself and reads proxies from the environment: the guard is asked before each
connection, and a proxy is never used. What arrives is handled as a signed request is; the connection, opened with our token, is its proof.
"""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connection

from watchbill.connectors.failures import Failure
from watchbill.connectors.guard import Guard
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.slack import inbound
from watchbill.connectors.slack.api import Api
from watchbill.connectors.slack.callbacks import identity, once
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import WatchbillError
from watchbill.notifications.chats.selectors import Settings

if TYPE_CHECKING:
    from slack_sdk.socket_mode.builtin import SocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest

log = logging.getLogger(__name__)

LOCK_CLASS = 0x57420003  # the first half of the advisory lock; the second is the chat's id
LOOK = 1.0  # seconds between two looks at lock and connection
FIRST_WAIT, LONGEST_WAIT = (
    1.0,
    30.0,
)  # seconds between two tries to connect, doubled each time; Slack counts how often it is asked for an address
PING = 3.0  # seconds; after four without an answer a silent connection counts as dead
RECEIVE = 1.0  # seconds for which it waits for something to read, and so for which its end may take
STEADY = 20.0  # a connection that lasted so long was a good one: the next try waits the first wait again
NOT_OURS = {"cursor_factory", "context", "server_side_binding", "pool", "isolation_level", "assume_role", "prepare_threshold"}


class Listener:
    """Holds the lock while it can, and the connection while it holds the lock."""

    def __init__(self, chat: Settings) -> None:
        self._chat = chat
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._live, name=f"socket mode {chat.name}", daemon=True)
        self._session: psycopg.Connection[Any] | None = None
        self._client: SocketModeClient | None = None
        self._wait, self._connected_at, self._try_at = FIRST_WAIT, 0.0, 0.0

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(10)

    def is_connected(self) -> bool:
        """Is Slack heard by this node now?"""
        return self._client is not None and self._client.is_connected()

    def _live(self) -> None:
        while not self._stop.is_set():
            try:
                self._look()
            except (psycopg.Error, Failure, OSError) as error:
                log.warning("Socket Mode of a chat waits: %s", _said(error), extra={"chat": self._chat.name})
                self._hang_up()
            except Exception as error:  # noqa: BLE001  the library's own failures: never the end of the listening
                log.warning("Socket Mode of a chat broke: %s", type(error).__name__, extra={"chat": self._chat.name})
                self._hang_up()
            self._stop.wait(LOOK)
        self._hang_up()

    def _look(self) -> None:
        if not self._locked():
            return
        if self._client is None:
            self._client = _make(self._chat, self._heard)
        at = time.monotonic()
        if self._client.is_connected():
            if at - self._connected_at > STEADY:
                self._wait = FIRST_WAIT
        elif at >= self._try_at:
            self._try_at, self._wait = at + self._wait, min(2 * self._wait, LONGEST_WAIT)
            self._client.connect_to_new_endpoint()
            self._connected_at = at

    def _locked(self) -> bool:
        """Is the lock ours? It goes with our session, however this process ends."""
        if self._session is not None:
            self._session.execute("SELECT 1")
            return True
        parameters: dict[str, Any] = {k: v for k, v in connection.get_connection_params().items() if k not in NOT_OURS}
        session = psycopg.connect(**{"connect_timeout": 5, **parameters}, autocommit=True)
        row = session.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, self._chat.id]).fetchone()
        if row and row[0]:
            self._session = session
            return True
        session.close()
        return False

    def _hang_up(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _heard(self, client: SocketModeClient, request: SocketModeRequest) -> None:
        """Do it, then acknowledge with the answer: what we died on comes again."""
        try:
            answer = handle(self._chat, request.type, request.payload)
        except WatchbillError as error:
            log.info("a request by Socket Mode was refused: %s", error.code, extra={"chat": self._chat.name})
            answer = {}
        finally:
            connection.close()
        body: dict[str, Any] = {"envelope_id": request.envelope_id}
        if answer and request.accepts_response_payload:
            body["payload"] = answer
        client.send_socket_mode_response(body)


def handle(chat: Settings, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The answer to one request; the same one again gets the same answer."""
    now = database_now()
    known_by = identity(payload) or b"socket\n" + json.dumps([kind, payload], sort_keys=True).encode()
    if kind == "slash_commands":
        form = {name: value for name, value in payload.items() if isinstance(value, str)}
        answer = once(chat, known_by, lambda: inbound.command(chat, form, now=now), now=now)
    elif kind == "interactive":
        answer = once(chat, known_by, lambda: inbound.interactive(chat, payload, now=now), now=now)
    else:
        return {}
    decoded: dict[str, Any] = json.loads(answer.body) if answer.body else {}
    return decoded


def _make(chat: Settings, heard: Any) -> SocketModeClient:
    from slack_sdk.socket_mode.builtin import SocketModeClient as Base  # noqa: PLC0415  imported where it is used, by one node
    from slack_sdk.web import WebClient  # noqa: PLC0415

    class Guarded(Base):
        """The library's client, with our way to the address of the connection."""

        def issue_new_wss_url(self) -> str:
            return asyncio.run(_address(chat))

        def connect(self) -> None:
            super().connect()
            session = self.current_session
            if session is not None and session.sock is not None:
                session.sock.settimeout(RECEIVE)
                session.sock = _Ends(session.sock)  # type: ignore[assignment]

    client = Guarded(
        app_token=chat.app_token,
        web_client=WebClient(),
        logger=logging.getLogger(f"{__name__}.client"),
        auto_reconnect_enabled=False,  # by us: its own would ask for an address every few seconds
        ping_interval=PING,
        concurrency=4,
    )
    client.proxy = None  # the library takes one from the environment
    client.socket_mode_request_listeners.append(heard)
    return client


class _Ends:
    """A socket whose end is an error. The library takes it for nothing to read, and asks again at once until its pings fail."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock

    def recv(self, size: int) -> bytes:
        data: bytes = self._sock.recv(size)
        if not data:
            raise ConnectionResetError(errno.ECONNRESET, "The connection ended.")
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


async def _address(chat: Settings) -> str:
    """Where to connect. Raises what the guard refuses."""
    outgoing = Outgoing(settings.ALLOW_PRIVATE_TARGETS)
    try:
        answer = await Api(outgoing, chat.url, chat.app_token).call("apps.connections.open")
    finally:
        await outgoing.close()
    url = str(answer.get("url", ""))
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "wss" else 80)
    # the library encrypts on port 443 alone, so everything else counts as plain
    await Guard(settings.ALLOW_PRIVATE_TARGETS, plain=port != 443).addresses(parts.hostname or "", port)
    return url


def _said(error: BaseException) -> str:
    return str(error).splitlines()[0][:200] if isinstance(error, Failure) and str(error) else type(error).__name__
