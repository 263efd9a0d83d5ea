"""What the tests of sending share: a message, an HTTP sink and an SMTP server that really listen."""

from __future__ import annotations

import asyncio
import http.server
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Protocol

from tests.factories import T0
from watchbill.notifications.messages import Message


def message(address: str = "", *, method: str = "webhook", numbers: tuple[int, ...] = (12,), **more: Any) -> Message:
    shown = tuple(content(number) for number in numbers)
    values: dict[str, Any] = {
        "notification_id": 7,
        "public_id": str(uuid.UUID(int=7)),
        "instance": 1,
        "kind": "page",
        "method": method,
        "host": "",
        "address": address,
        "secret_env": "",
        "person_id": 3,
        "handle": "ada",
        "name": "Ada Osei",
        "incident_id": 5,
        "service_id": 1,
        "page_id": 9,
        "attempt": 1,
        "possible_duplicate": False,
        "created_at": T0,
        "contents": shown,
        "count": len(shown),
    }
    return Message(**{**values, **more})


def content(number: int, **more: Any) -> dict[str, Any]:
    given = {
        "number": number,
        "title": "disk <b>full</b>",
        "severity": "critical",
        "service": "Detections",
        "reason": "You have the watch.",
    }
    return {**given, "restricted": False, "opened_at": "2026-03-02T09:00:00Z", **more}


def restricted(number: int = 734211) -> dict[str, Any]:
    return content(
        number, title="Blue Heron", severity="critical", service="Payments", reason="Customer data on pastebin.", restricted=True
    )


@dataclass
class Got:
    """One request that arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Sink:
    """A webhook receiver. `answer` is a status, or a function of the request that answers (status, headers)."""

    answer: int | Callable[[Got], tuple[int, dict[str, str]]] = 200
    delay: float = 0.0
    text: bytes = b"ok"
    got: list[Got] = field(default_factory=list)
    port: int = 0

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def sink(**given: Any) -> Iterator[Sink]:
    tls = given.pop("tls", None)
    made = Sink(**given)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            got = Got(self.path, {k.lower(): v for k, v in self.headers.items()}, self.rfile.read(length))
            made.got.append(got)
            time.sleep(made.delay)
            status, headers = (made.answer, {}) if isinstance(made.answer, int) else made.answer(got)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(made.text)))
            self.end_headers()
            self.wfile.write(made.text)

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[assignment]  # a client that gave up is what some tests are about
    made.port = server.server_address[1]
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class Box:
    """What an SMTP server does with mail: keeps it, or refuses as told."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.refuse_rcpt = ""
        self.refuse_data = ""
        self.slow = 0.0
        self.sessions: list[Any] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refuse_rcpt:
            return self.refuse_rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        await asyncio.sleep(self.slow)
        if self.refuse_data:
            return self.refuse_data
        self.mails.append(envelope)
        self.sessions.append(session)
        return "250 taken"


@contextmanager
def smtp(box: Box, **given: Any) -> Iterator[int]:
    """A real SMTP server; yields its port."""

    class Server(Controller):
        def factory(self) -> Protocol:
            return Protocol(box, **given)

    controller = Server(box, hostname="127.0.0.1", port=0)
    # aiosmtpd connects to itself to see that it started: it must know the port that the system chose
    controller.port = _free_port()
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop(no_assert=True)


def _free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
