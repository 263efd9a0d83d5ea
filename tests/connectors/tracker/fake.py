"""What the fakes of trackers share: a server on localhost that speaks their wire format and fails in every way that one was seen to fail.

`next` says what becomes of the next requests that it fits: ("POST", SLOW), in order. A tuple (status, body, headers) is answered in its place.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import http.server
import json
import re
import socket as sockets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

LOSE = "applied, and the connection ends without an answer"
CUT = "not applied, and the connection ends without an answer"
BROKEN = "applied, and answered with 500"
LIE = "not applied, and answered with 200 and an error inside"
GARBLED = "applied, and answered with 200 and something that is no JSON"
HUGE = "answered with more than anybody reads"
SLOW = "applied, and answered too late"

Answer = tuple[int, Any, dict[str, str]]


@dataclass
class Fake:
    """One tracker. Its clock goes on by a second with each change."""

    issues: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    notes: dict[tuple[str, int], list[dict[str, Any]]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)  # (method, path with its query), in order
    next: list[tuple[str, Any]] = field(default_factory=list)
    during: list[Callable[[], Any]] = field(default_factory=list)  # done after the next page was read: the reader does not see it
    token: str = "right"
    account: str = "watchbill"
    page_size: int = 100
    port: int = 0
    now: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    delay: float = 0.4
    asked: dict[str, list[str]] = field(default_factory=dict)  # the last query, with all values of each name
    _server: Any = None
    _open: set[sockets.socket] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def tick(self, seconds: float = 1) -> str:
        self.now += dt.timedelta(seconds=seconds)
        return f"{self.now:%Y-%m-%dT%H:%M:%S}Z"

    def made(self, method: str) -> list[str]:
        return [path for name, path in self.requests if name == method]

    def does(self, method: str, path: str) -> Any:
        for at, (wanted, what) in enumerate(self.next):
            if wanted in (method, "*") or re.search(wanted, f"{method} {path}"):
                del self.next[at]
                return what
        return None

    def is_known(self, headers: Any) -> bool:
        raise NotImplementedError

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        raise NotImplementedError

    def error(self, status: int, says: str) -> Any:
        """The body of an error."""
        return {"message": f"{status} {says}"}

    def start(self) -> None:
        """Answer at the same port as before."""
        self._server = _Server(("127.0.0.1", self.port), type("Handler", (_Handler,), {"fake": self}))
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def die(self) -> None:
        """Every connection ends, and none is taken."""
        self._server.shutdown()
        self._server.server_close()
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(sockets.SHUT_RDWR)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        pass


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # the body follows its headers at once
    fake: Fake

    def setup(self) -> None:
        super().setup()
        self.fake._open.add(self.connection)

    def finish(self) -> None:
        self.fake._open.discard(self.connection)
        super().finish()

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def _answer(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        self.fake.asked = parse_qs(parts.query, keep_blank_values=True)
        query = {name: values[0] for name, values in self.fake.asked.items()}
        self.fake.requests.append((self.command, self.path))
        does = self.fake.does(self.command, self.path)
        if isinstance(does, tuple):
            self._say(*does)
            return
        if does == CUT:
            self.close_connection = True
            return
        if does == LIE:
            self._say(200, self.fake.error(500, "Internal Server Error"), {})
            return
        if does == HUGE:
            self._say(200, b"[" + b" " * (self.fake.page_size and 9 * 1024 * 1024) + b"]", {})
            return
        if not self.fake.is_known(self.headers):
            self._say(401, self.fake.error(401, "Unauthorized"), {})
            return
        status, body, headers = self.fake.answer(self.command, unquote(parts.path), query, json.loads(raw) if raw else None)
        etag = headers.get("ETag")
        if etag and self.headers.get("If-None-Match") == etag:
            status, body = 304, b""
        if does == SLOW:
            time.sleep(self.fake.delay)
        if does == LOSE:
            self.close_connection = True
        elif does == BROKEN:
            self._say(500, self.fake.error(500, "Internal Server Error"), {})
        elif does == GARBLED:
            self._say(200, b"<html>Sorry</html>", {})
        else:
            self._say(status, body, headers)

    def _say(self, status: int, body: Any, headers: dict[str, str]) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        with contextlib.suppress(OSError):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

    def log_message(self, *_: Any) -> None:
        pass


def paged(rows: list[Any], query: dict[str, str]) -> tuple[list[Any], int, int]:
    """The page, its number, and the number of the last one."""
    size, number = int(query.get("per_page", 20)), int(query.get("page", 1))
    return rows[(number - 1) * size : number * size], number, max(1, -(-len(rows) // size))
