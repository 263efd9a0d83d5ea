"""How does a request leave this house? By one shared client: guarded, no redirects, no proxies, limits on time and size.

httpcore is used without httpx on top: what httpx adds (redirects, cookies, proxies of the environment) is what must not happen here,
and it halves the requests a second.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import httpcore

from watchbill.connectors.failures import Failure, PermanentFailure, TemporaryFailure, UnknownEnd
from watchbill.connectors.guard import Guard, GuardedBackend, Network, Resolve, resolve

CONNECT, ANSWER, WHOLE = 5.0, 10.0, 15.0  # seconds: to connect, for a part of the answer, for everything
LARGEST_ANSWER = 64 * 1024
IDLE = 2.0  # seconds for which a connection is kept: less than what receivers use, so that they rarely close one under a request
CONNECTIONS = 256

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Target:
    """A checked URL."""

    plain: bool
    url: httpcore.URL
    host_header: bytes


def target(url: str) -> Target:
    """Read a URL. Raises PermanentFailure when it cannot be one of ours."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode() if ":" not in (parts.hostname or "") else parts.hostname or ""
    except ValueError as error:
        raise PermanentFailure("The address is not a URL.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise PermanentFailure("The address must begin with https:// (or http:// for an allowed private target) and name a host.")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (f"?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else "")
    shown = f"[{host}]" if ":" in host else host
    header = shown if port is None else f"{shown}:{port}"
    made = httpcore.URL(scheme=parts.scheme.encode(), host=host.encode(), port=port, target=path.encode())
    return Target(parts.scheme == "http", made, header.encode())


class Outgoing:
    """The client. Lives in one event loop; `close()` at the end."""

    def __init__(
        self,
        allowed: Iterable[Network],
        *,
        resolve: Resolve = resolve,
        tls: ssl.SSLContext | None = None,
        answer_within: float = ANSWER,
        whole: float = WHOLE,
        backend: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        nets = tuple(allowed)
        self._answer_within, self._whole = answer_within, whole
        context = tls or ssl.create_default_context()

        def pool(*, plain: bool) -> httpcore.AsyncConnectionPool:
            return httpcore.AsyncConnectionPool(
                ssl_context=context,
                max_connections=CONNECTIONS,
                max_keepalive_connections=CONNECTIONS,
                keepalive_expiry=IDLE,
                network_backend=GuardedBackend(Guard(nets, plain=plain, resolve=resolve), backend),
            )

        self._pools = {False: pool(plain=False), True: pool(plain=True)}
        limits = {"connect": CONNECT, "read": answer_within, "write": answer_within, "pool": answer_within}
        self._extensions = {"timeout": limits}

    async def send(self, method: str, url: str, *, headers: Headers = (), body: bytes = b"") -> int:
        """The status of the answer. Raises TemporaryFailure, PermanentFailure (refused) or UnknownEnd (sent, and no answer understood)."""
        to = target(url)
        lines = [(b"Host", to.host_header), (b"User-Agent", b"Watchbill"), (b"Content-Length", str(len(body)).encode()), *headers]
        try:
            async with asyncio.timeout(self._whole):
                return await self._exchange(method, to, lines, body)
        except TimeoutError as error:
            raise UnknownEnd(f"No whole answer within {self._whole:g} s.") from error
        except Failure:
            raise
        except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout) as error:
            raise TemporaryFailure(_said("No connection", error)) from error
        except (httpcore.ReadTimeout, httpcore.WriteTimeout) as error:
            raise UnknownEnd(f"No answer within {self._answer_within:g} s.") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise UnknownEnd(_said("The connection ended without an answer", error)) from error

    async def _exchange(self, method: str, to: Target, lines: Headers, body: bytes) -> int:
        async with self._pools[to.plain].stream(method, to.url, headers=lines, content=body, extensions=self._extensions) as answer:
            read = 0
            async for part in answer.aiter_stream():  # read to its end, so that the connection can be used again
                read += len(part)
                if read > LARGEST_ANSWER:
                    break
            return int(answer.status)

    async def close(self) -> None:
        for pool in self._pools.values():
            await pool.aclose()


def _said(what: str, error: Exception) -> str:
    reason = " ".join(str(error).split())[:120]
    return f"{what}: {reason}." if reason else f"{what}."
