"""How is a request written for the process of the pages, and its answer read? HTTP/1.1 as bytes; no socket, no clock.

The other side is our own server, so that what it may say is little; whatever else comes is Broken, and its connection is closed.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Any
from urllib.parse import quote, unquote_to_bytes

CLIENT = b"x-watchbill-client"  # who asks, as the front door saw it: set here and nowhere else
HEAD_BYTES = 256 * 1024  # the longest head of an answer
LINE_BYTES = 4096  # the longest line between two chunks
BY_HOP = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"})
OF_REQUEST = BY_HOP | {b"content-length", b"expect", CLIENT}  # the length is written anew; 100 Continue was said in front
OF_ANSWER = BY_HOP | {b"date", b"server"}  # the server in front says its own
STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])(?: [^\r\n]*)?")
SIZE = re.compile(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;[^\r\n]*)?")

Headers = list[tuple[bytes, bytes]]


class Broken(Exception):
    """What came is no answer."""


class Framing(Enum):
    """How the length of a request's body is told."""

    NONE = "none"
    LENGTH = "length"
    CHUNKED = "chunked"


def framing(headers: Headers) -> Framing:
    """How the body of this request came, and so goes on."""
    length = b""
    for name, value in headers:
        if name == b"transfer-encoding":
            return Framing.CHUNKED
        if name == b"content-length":
            length = value
    return Framing.LENGTH if length.strip(b"0") else Framing.NONE


def request_head(scope: Any, how: Framing) -> bytes:
    """The request as it goes on: nothing of one connection, and who asks at its end."""
    headers: Headers = scope["headers"]
    dropped = OF_REQUEST | _named(headers)
    query = scope["query_string"]
    lines = [b"%b %b%b HTTP/1.1" % (scope["method"].encode("latin-1"), _target(scope), b"?" + query if query else b"")]
    lines += [b"%b: %b" % header for header in headers if header[0] not in dropped]
    if how is Framing.CHUNKED:
        lines.append(b"transfer-encoding: chunked")
    else:
        lines += [b"content-length: %b" % value for name, value in headers if name == b"content-length"][:1]
    client = scope.get("client") or ("", 0)
    lines.append(b"%b: %b %b\r\n\r\n" % (CLIENT, str(client[0]).encode("ascii", "replace"), str(client[1]).encode("ascii", "replace")))
    return b"\r\n".join(lines)


def client_of(value: bytes) -> tuple[str, int] | None:
    """Who asks, out of that header; None for what the front door does not write."""
    address, _, port = value.decode("ascii", "replace").partition(" ")
    return (address, int(port)) if port.isascii() and port.isdigit() else None


def _target(scope: Any) -> bytes:
    """The path as it was written, unless the front door reads it as another one."""
    path, raw = scope["path"].encode(), scope.get("raw_path") or b""
    if raw != path and unquote_to_bytes(raw) != path:
        raw = quote(path, safe="/:@!$&'()*+,;=~-._").encode()
    return raw if raw.startswith(b"/") else b"/" + raw


def _named(headers: Headers) -> set[bytes]:
    """What `Connection` says is of this connection alone."""
    return {word.strip().lower() for name, value in headers if name == b"connection" for word in value.split(b",")}


def chunk(part: bytes) -> bytes:
    """A part of a body whose length was not told. Never empty: that would be its end."""
    return b"%x\r\n%b\r\n" % (len(part), part)


LAST_CHUNK = b"0\r\n\r\n"


class Step(Enum):
    """What comes next in an answer."""

    HEAD = "head"
    NOTHING = "nothing"
    LENGTH = "length"
    ALL = "all"  # until the connection ends
    SIZE = "size"
    CHUNK = "chunk"
    AFTER = "after"  # the line end behind a chunk
    TRAILER = "trailer"


class Reader:
    """Reads one answer, in whatever pieces it comes."""

    __slots__ = ("bodiless", "buffer", "headers", "keeps", "left", "parts", "size", "status", "step", "whole")

    def __init__(self, method: str) -> None:
        self.bodiless = method == "HEAD"
        self.step = Step.HEAD
        self.status = 0  # until the head is there
        self.headers: Headers = []
        self.parts: list[bytes] = []  # of the body, not yet taken
        self.size = 0  # of these parts together
        self.left = 0  # bytes until the end of the body or of the chunk
        self.buffer = b""
        self.whole = False
        self.keeps = True  # whether the connection is good for another request

    def feed(self, data: bytes) -> None:
        """What came. Raises Broken for what is no answer."""
        if self.buffer:
            data, self.buffer = self.buffer + data, b""
        while data:
            if self.step is Step.HEAD:
                data = self._head(data)
            elif self.step in (Step.LENGTH, Step.CHUNK, Step.ALL):
                data = self._body(data)
            elif self.step is Step.NOTHING:
                raise Broken("more came than was said")
            else:
                data = self._line(data)

    def end(self) -> None:
        """The connection ended. Raises Broken when the answer did not."""
        if self.step is Step.ALL:
            self._done()
        if not self.whole:
            raise Broken("the answer broke off")

    def take(self) -> bytes:
        """What there is of the body, once."""
        parts, self.parts, self.size = self.parts, [], 0
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _done(self) -> None:
        self.step, self.whole = Step.NOTHING, True

    def _head(self, data: bytes) -> bytes:
        end = data.find(b"\r\n\r\n")
        if end < 0 or end > HEAD_BYTES:
            if len(data) > HEAD_BYTES:
                raise Broken("the head does not end")
            self.buffer = data
            return b""
        first, *lines = data[:end].split(b"\r\n")
        found = STATUS.fullmatch(first)
        if found is None or found[1] == b"101":
            raise Broken("no status")
        if found[1][:1] != b"1":  # 100 and 103 are a word on the way
            self._begin(int(found[1]), [_header(line) for line in lines])
        return data[end + 4 :]

    def _begin(self, status: int, headers: Headers) -> None:
        length, coding = b"", b""
        dropped = OF_ANSWER
        for name, value in headers:
            if name == b"content-length":
                length = value
            elif name == b"transfer-encoding":
                coding = value.lower()
            elif name == b"connection":
                words = {word.strip() for word in value.lower().split(b",")}
                dropped = dropped | words
                self.keeps = b"close" not in words
        if self.bodiless or status in (204, 304):
            self._done()
        elif coding:
            if coding != b"chunked":
                raise Broken("a coding that nobody asked for")
            dropped = dropped | {b"content-length"}
            self.step = Step.SIZE
        elif length:
            if not (length.isdigit() and len(length) < 19):
                raise Broken("no length")
            self.left, self.step = int(length), Step.LENGTH
            if not self.left:
                self._done()
        else:
            self.step, self.keeps = Step.ALL, False
        self.status, self.headers = status, [header for header in headers if header[0] not in dropped]

    def _body(self, data: bytes) -> bytes:
        if self.step is Step.ALL:
            part, data = data, b""
        else:
            part, data = (data, b"") if len(data) <= self.left else (data[: self.left], data[self.left :])
            self.left -= len(part)
        self.parts.append(part)
        self.size += len(part)
        if self.step is Step.LENGTH and not self.left:
            self._done()
        elif self.step is Step.CHUNK and not self.left:
            self.step = Step.AFTER
        return data

    def _line(self, data: bytes) -> bytes:
        end = data.find(b"\r\n")
        if end < 0 or end > LINE_BYTES:
            if len(data) > LINE_BYTES:
                raise Broken("a line between chunks does not end")
            self.buffer = data
            return b""
        line, data = data[:end], data[end + 2 :]
        if self.step is Step.AFTER:
            if line:
                raise Broken("a chunk is longer than it said")
            self.step = Step.SIZE
        elif self.step is Step.SIZE:
            found = SIZE.fullmatch(line)
            if found is None:
                raise Broken("no size of a chunk")
            self.left = int(found[1], 16)
            self.step = Step.CHUNK if self.left else Step.TRAILER
        elif not line:
            self._done()
        return data


def _header(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon or not name or name != name.strip():
        raise Broken("no header")
    return name.lower(), value.strip()
