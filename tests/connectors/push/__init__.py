"""A push service and a browser, as far as a sender can tell them from real ones.

The service takes what RFC 8030 and RFC 8292 ask for and refuses what they refuse; the browser decrypts with http_ece what arrived.
It can refuse with any status, ask for a rest, answer late, and die with the message in its hands.
"""

from __future__ import annotations

import base64
import http.server
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import http_ece
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LARGEST = 4096


def web64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def unweb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """One browser's subscription: only it can read what is sent."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"0123456789abcdef"

    @property
    def subscription(self) -> dict[str, Any]:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": {"p256dh": web64(point), "auth": web64(self.auth)}}

    def read(self, body: bytes) -> dict[str, Any]:
        plain = http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm")
        read: dict[str, Any] = json.loads(plain)
        return read


@dataclass
class Arrived:
    """One request that the service took or refused."""

    path: str
    headers: dict[str, str]
    body: bytes
    claims: dict[str, Any]


@dataclass
class Service:
    """`statuses` are answered one after the other, the last for ever; empty: 201 for what is right."""

    statuses: list[int] = field(default_factory=list)
    retry_after: str = ""
    delay: float = 0.0
    dies: bool = False  # closes the connection without an answer
    got: list[Arrived] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    kept: dict[str, Arrived] = field(default_factory=dict)  # by topic: what a device that is away gets when it comes back
    port: int = 0

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def browser(self, name: str = "one") -> Browser:
        return Browser(f"{self.origin}/wpush/v2/{name}")

    def judge(self, one: Arrived) -> int:
        """What a push service answers to this."""
        headers = one.headers
        if not re.fullmatch(r"\d+", headers.get("ttl", "")):
            return self._no(400, "TTL is missing")
        if headers.get("urgency", "normal") not in ("very-low", "low", "normal", "high"):
            return self._no(400, "urgency")
        if "topic" in headers and not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", headers["topic"]):
            return self._no(400, "topic")
        if headers.get("content-encoding") != "aes128gcm":
            return self._no(415, "encoding")
        if len(one.body) > LARGEST:
            return self._no(413, "too long")
        if why := self._forged(one):
            return self._no(403, why)
        if self.statuses:
            return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if "topic" in headers:
            self.kept[headers["topic"]] = one
        return 201

    def _no(self, status: int, why: str) -> int:
        self.complaints.append(why)
        return status

    def _forged(self, one: Arrived) -> str:
        """RFC 8292: the signature is that of the named key, for this service, for 24 hours at most."""
        found = re.fullmatch(r"vapid t=([\w-]+)\.([\w-]+)\.([\w-]+),\s*k=([\w-]+)", one.headers.get("authorization", ""))
        if not found:
            return "no vapid signature"
        head, claims, signature, key = found.groups()
        raw = unweb64(signature)
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unweb64(key))
        try:
            both = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
            public.verify(both, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
        except InvalidSignature:
            return "wrong signature"
        one.claims = {**json.loads(unweb64(claims)), "k": key}
        if one.claims.get("aud") != self.origin:
            return "signed for another service"
        left = one.claims.get("exp", 0) - time.time()
        if not 0 < left <= 24 * 3600:
            return "signed for too long, or too long ago"
        return "" if str(one.claims.get("sub", "")).startswith(("mailto:", "https:")) else "nobody to write to"


@contextmanager
def push_service(**given: Any) -> Iterator[Service]:
    made = Service(**given)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            one = Arrived(self.path, {name.lower(): value for name, value in self.headers.items()}, body, {})
            status = made.judge(one)
            made.got.append(one)
            time.sleep(made.delay)
            if made.dies:
                self.close_connection = True
                return
            self.send_response(status)
            if made.retry_after:
                self.send_header("Retry-After", made.retry_after)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[assignment]  # a client that gave up is what some tests are about
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
