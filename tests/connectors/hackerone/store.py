"""Where HackerOne keeps files: addresses that prove themselves and work for an hour, on a host of their own that knows no token."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Store:
    """`next`: what the next requests are answered instead: a status, or CUT, LONG."""

    files: dict[str, bytes] = field(default_factory=dict)
    signatures: set[str] = field(default_factory=set)  # those that still work
    next: list[Any] = field(default_factory=list)
    saw: list[dict[str, str]] = field(default_factory=list)  # headers
    port: int = 0

    def address(self, name: str) -> str:
        """A new one. It works until `expire`."""
        signature = f"s{len(self.signatures) + len(self.saw)}"
        self.signatures.add(signature)
        return f"http://127.0.0.1:{self.port}/{name}?X-Amz-Expires=3600&X-Amz-Signature={signature}"

    def expire(self) -> None:
        self.signatures.clear()


CUT, LONG = "the connection ends in the middle", "more than anybody reads"


@contextmanager
def store() -> Iterator[Store]:
    made = Store()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            made.saw.append({name.lower(): value for name, value in self.headers.items()})
            what = made.next.pop(0) if made.next else None
            path, _, query = self.path.partition("?")
            content = made.files.get(path[1:])
            good = query.rpartition("=")[2] in made.signatures and "authorization" not in made.saw[-1]  # S3 refuses two proofs
            status = what if isinstance(what, int) else 200 if good and content is not None else 403
            body = (content if content is not None and status == 200 else b"<Error/>") if what != LONG else b"x" * (33 * 2**20)
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body) + (100 if what == CUT else 0)))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = what == CUT

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
