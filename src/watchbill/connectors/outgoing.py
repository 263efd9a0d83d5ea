"""How does a request leave this house? By one shared client: guarded, no redirects, no proxies, limits on time and size.

HTTP/1.1 by h11 on asyncio's own streams. A general client brings what must not happen here (redirects, cookies, proxies of the
environment), resolves names where no guard stands, and looks through all its connections for each request.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

import h11

from watchbill.connectors.failures import Failure, PermanentFailure, TemporaryFailure, UnknownEnd
from watchbill.connectors.guard import Connect, Guard, Network, Resolve, connect, guarded, resolve

CONNECT = 5.0  # seconds for name, connection and TLS
WHOLE = 10.0  # seconds for the request and all that we read of its answer
LARGEST_ANSWER = 64 * 1024
IDLE = 2.0  # seconds for which a connection is kept: less than what receivers use, so that they rarely close one under a request

Headers = Sequence[tuple[bytes, bytes]]
SAFE = "/%:@!$&'()*+,;=~-._"


@dataclass(frozen=True, slots=True)
class Target:
    """A checked URL."""

    plain: bool
    host: str
    port: int
    path: bytes
    host_header: bytes


def target(url: str) -> Target:
    """Read a URL. Raises PermanentFailure when it cannot be one of ours."""
    try:
        parts = urlsplit(url.strip())
        port, host = parts.port, parts.hostname or ""
        host = host if ":" in host else host.encode("idna").decode()
    except ValueError as error:
        raise PermanentFailure("The address is not a URL.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise PermanentFailure("The address must begin with https:// (or http:// for an allowed private target) and name a host.")
    plain = parts.scheme == "http"
    path = quote(parts.path or "/", safe=SAFE) + (f"?{quote(parts.query, safe=SAFE + '?')}" if parts.query else "")
    shown = f"[{host}]" if ":" in host else host
    header = shown if port is None else f"{shown}:{port}"
    return Target(plain, host, port or (80 if plain else 443), path.encode(), header.encode())


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: header names in lower case, the body to the limit of what we read."""

    status: int
    headers: dict[str, str]
    body: bytes
    cut: bool = False  # there was more than we read


@dataclass(slots=True)
class _Connection:
    """An open connection; `http` knows how far the exchange on it has come."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    http: h11.Connection
    idle_since: float = 0.0

    def close(self) -> None:
        with contextlib.suppress(OSError, RuntimeError):
            self.writer.close()


class Outgoing:
    """The client. Lives in one event loop; `close()` at the end."""

    def __init__(
        self,
        allowed: Iterable[Network],
        *,
        resolve: Resolve = resolve,
        connect: Connect = connect,
        tls: ssl.SSLContext | None = None,
        whole: float = WHOLE,
    ) -> None:
        nets = tuple(allowed)
        self._guards = {plain: Guard(nets, plain=plain, resolve=resolve) for plain in (False, True)}
        self._connect, self._whole = connect, whole
        self._tls = tls or ssl.create_default_context()
        self._idle: dict[tuple[bool, str, int], list[_Connection]] = {}
        self._sweep: asyncio.TimerHandle | None = None

    async def send(self, method: str, url: str, *, headers: Headers = (), body: bytes = b"") -> int:
        """The status of the answer. Raises as `ask` does."""
        return (await self.ask(method, url, headers=headers, body=body)).status

    async def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Headers = (),
        body: bytes = b"",
        whole: float | None = None,
        largest: int = LARGEST_ANSWER,
    ) -> Reply:
        """The whole answer. `whole`: seconds for the request, `largest`: bytes that are read, where those are others than usual.

        Raises TemporaryFailure, PermanentFailure (refused) or UnknownEnd (sent, and no answer understood).
        """
        whole = self._whole if whole is None else whole
        to = target(url)
        lines = [(b"Host", to.host_header), (b"User-Agent", b"Watchbill"), (b"Content-Length", str(len(body)).encode()), *headers]
        try:
            request = h11.Request(method=method.encode(), target=to.path, headers=lines)
        except h11.LocalProtocolError as error:
            raise PermanentFailure("The address cannot be written into a request.") from error
        connection = self._kept(to) or await self._opened(to)
        try:
            async with asyncio.timeout(whole):
                reply = await _exchange(connection, request, body, largest)
        except TimeoutError as error:
            connection.close()
            raise UnknownEnd(f"No answer within {whole:g} s.") from error
        except (OSError, EOFError, h11.RemoteProtocolError) as error:
            connection.close()
            raise UnknownEnd(_said("The connection ended without an answer", error)) from error
        except BaseException:
            connection.close()
            raise
        self._keep(to, connection)
        return reply

    async def close(self) -> None:
        """Close what is kept open."""
        if self._sweep is not None:
            self._sweep.cancel()
        kept = [connection for connections in self._idle.values() for connection in connections]
        self._idle.clear()
        for connection in kept:
            connection.close()
        for connection in kept:
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(connection.writer.wait_closed(), 1)

    async def _opened(self, to: Target) -> _Connection:
        try:
            async with asyncio.timeout(CONNECT):
                tls = None if to.plain else self._tls
                reader, writer = await guarded(self._guards[to.plain], to.host, to.port, tls, connect=self._connect)
        except Failure:
            raise
        except TimeoutError as error:
            raise TemporaryFailure(f"No connection within {CONNECT:g} s.") from error
        except OSError as error:  # ssl.SSLError too
            raise TemporaryFailure(_said("No connection", error)) from error
        return _Connection(reader, writer, h11.Connection(h11.CLIENT))

    def _kept(self, to: Target) -> _Connection | None:
        """The connection to there that was used last and is still open."""
        connections = self._idle.get((to.plain, to.host, to.port), [])
        now = asyncio.get_running_loop().time()
        while connections:
            connection = connections.pop()
            if now - connection.idle_since < IDLE and not connection.reader.at_eof() and not connection.writer.is_closing():
                return connection
            connection.close()
        return None

    def _keep(self, to: Target, connection: _Connection) -> None:
        if connection.http.our_state is not h11.DONE or connection.http.their_state is not h11.DONE:
            connection.close()
            return
        connection.http.start_next_cycle()
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        self._idle.setdefault((to.plain, to.host, to.port), []).append(connection)
        if self._sweep is None:
            self._sweep = loop.call_later(IDLE, self._close_idle)

    def _close_idle(self) -> None:
        loop = asyncio.get_running_loop()
        old = loop.time() - IDLE
        for key, connections in list(self._idle.items()):
            for connection in connections:
                if connection.idle_since <= old:
                    connection.close()
            self._idle[key] = [connection for connection in connections if connection.idle_since > old]
            if not self._idle[key]:
                del self._idle[key]
        self._sweep = loop.call_later(IDLE, self._close_idle) if self._idle else None


async def _exchange(connection: _Connection, request: h11.Request, body: bytes, largest: int) -> Reply:
    """Write the request, read the answer to its end or to the limit."""
    http = connection.http
    written = [http.send(request), http.send(h11.Data(data=body)) if body else b"", http.send(h11.EndOfMessage())]
    connection.writer.write(b"".join(part for part in written if part))
    await connection.writer.drain()
    reply, read = Reply(0, {}, b""), bytearray()
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            http.receive_data(await connection.reader.read(65536))
        elif isinstance(event, h11.Response):
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in event.headers}
            reply = Reply(event.status_code, headers, b"")
        elif isinstance(event, h11.Data):
            read += event.data
            if len(read) > largest:
                return replace(reply, body=bytes(read[:largest]), cut=True)  # enough: the connection is not used again
        elif isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)):
            if not reply.status:
                raise EOFError("closed before an answer")
            return replace(reply, body=bytes(read))


def _said(what: str, error: BaseException) -> str:
    reason = " ".join(str(error).split())[:120]
    return f"{what}: {reason}." if reason else f"{what}."
