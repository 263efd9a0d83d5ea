"""Slack's end of Socket Mode: a websocket (RFC 6455) that says hello, sends envelopes and collects what is acknowledged."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Socket:
    """Takes any number of connections; envelopes go to the last one."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{self.listening.getsockname()[1]}/link/?ticket=1"
        self.here: list[socket.socket] = []
        self.connected = 0
        self.acknowledged: list[dict[str, Any]] = []
        self.changed = threading.Condition()
        threading.Thread(target=self._take, daemon=True).start()

    def wait(self, true: Callable[[], Any], seconds: float = 15.0) -> Any:
        with self.changed:
            assert self.changed.wait_for(true, seconds), self.acknowledged
        return true()

    def send(self, kind: str, payload: dict[str, Any], *, envelope: str = "e-1") -> None:
        """One envelope, as Slack sends it."""
        body = {"envelope_id": envelope, "type": kind, "payload": payload, "accepts_response_payload": kind != "events_api"}
        self._write(self.here[-1], TEXT, json.dumps(body).encode())

    def refresh(self) -> None:
        """What Slack says before it closes a connection that is old."""
        self._write(self.here[-1], TEXT, json.dumps({"type": "disconnect", "reason": "refresh_requested"}).encode())

    def hang_up(self) -> None:
        """The connection dies without a word."""
        with contextlib.suppress(OSError):
            self.here[-1].shutdown(socket.SHUT_RDWR)

    def answers(self, envelope: str = "e-1") -> list[dict[str, Any]]:
        return [one for one in self.acknowledged if one.get("envelope_id") == envelope]

    def close(self) -> None:
        self.listening.close()
        for one in self.here:
            one.close()

    def _take(self) -> None:
        while True:
            try:
                one, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(one,), daemon=True).start()

    def _serve(self, one: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError):
            stream = one.makefile("rb")
            key = b""
            while (line := stream.readline().strip()) != b"":
                name, _, value = line.partition(b":")
                key = value.strip() if name.lower() == b"sec-websocket-key" else key
            accept = base64.b64encode(hashlib.sha1(key + MAGIC, usedforsecurity=False).digest())
            one.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                + accept
                + b"\r\n\r\n"
            )
            self._write(one, TEXT, json.dumps({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A0"}}).encode())
            with self.changed:
                self.here.append(one)
                self.connected += 1
                self.changed.notify_all()
            while True:
                opcode, data = _frame(stream)
                if opcode == PING:
                    self._write(one, PONG, data)
                elif opcode == TEXT:
                    with self.changed:
                        self.acknowledged.append(json.loads(data))
                        self.changed.notify_all()
                elif opcode == CLOSE:
                    return

    @staticmethod
    def _write(one: socket.socket, opcode: int, data: bytes) -> None:
        size = bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack("!H", len(data))
        one.sendall(bytes([0x80 | opcode]) + size + data)


def _frame(stream: Any) -> tuple[int, bytes]:
    head = _exactly(stream, 2)
    size = head[1] & 0x7F
    if size == 126:
        (size,) = struct.unpack("!H", _exactly(stream, 2))
    elif size == 127:
        (size,) = struct.unpack("!Q", _exactly(stream, 8))
    mask = _exactly(stream, 4)
    return head[0] & 0x0F, bytes(byte ^ mask[n % 4] for n, byte in enumerate(_exactly(stream, size)))


def _exactly(stream: Any, size: int) -> bytes:
    data: bytes = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


@contextmanager
def socket_mode() -> Iterator[Socket]:
    made = Socket()
    try:
        yield made
    finally:
        made.close()
