"""A request is written and an answer read, however it is cut into pieces; what is no answer is known as such."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.frontdoor import wire
from watchbill.frontdoor.wire import Broken, Framing, Reader, client_of, framing, request_head

BODY = st.binary(max_size=600)
CUTS = st.lists(st.integers(min_value=1, max_value=40), max_size=60)


def pieces(raw: bytes, cuts: list[int]) -> list[bytes]:
    """The same bytes, as a socket may give them."""
    found, at = [], 0
    for cut in cuts:
        found.append(raw[at : at + cut])
        at += cut
    return [piece for piece in [*found, raw[at:]] if piece]


def read(raw: bytes, cuts: list[int], method: str = "GET", *, ends: bool = False) -> tuple[Reader, bytes]:
    reader, body = Reader(method), b""
    for piece in pieces(raw, cuts):
        reader.feed(piece)
        body += reader.take()
    if ends:
        reader.end()
    return reader, body


@given(BODY, CUTS)
def test_an_answer_of_a_told_length_is_read_in_any_pieces(body: bytes, cuts: list[int]):
    raw = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nServer: x\r\n\r\n%b" % (len(body), body)
    reader, got = read(raw, cuts)
    assert (reader.status, got, reader.whole, reader.keeps) == (200, body, True, True)
    assert reader.headers == [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]


@given(st.lists(st.binary(min_size=1, max_size=80), max_size=8), CUTS, st.booleans())
def test_an_answer_in_chunks_is_read_in_any_pieces(parts: list[bytes], cuts: list[int], trailer: bool):
    raw = b"HTTP/1.1 206 Partial\r\nTransfer-Encoding: Chunked\r\nContent-Length: 3\r\n\r\n"
    raw += b"".join(b"%X;a=b\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n" + (b"X-T: 1\r\n" if trailer else b"") + b"\r\n"
    reader, got = read(raw, cuts)
    assert (reader.status, got, reader.whole, reader.keeps, reader.headers) == (206, b"".join(parts), True, True, [])


@given(BODY, CUTS)
def test_an_answer_without_a_length_ends_with_its_connection(body: bytes, cuts: list[int]):
    reader, got = read(b"HTTP/1.0 200 OK\r\n\r\n" + body, cuts, ends=True)
    assert (got, reader.whole, reader.keeps) == (body, True, False)


@given(BODY.filter(bool), CUTS, st.data())
def test_an_answer_that_breaks_off_is_no_whole_one(body: bytes, cuts: list[int], data: st.DataObject):
    raw = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    until = data.draw(st.integers(min_value=0, max_value=len(raw) - 1))
    with pytest.raises(Broken):
        read(raw[:until], cuts, ends=True)


@pytest.mark.parametrize(
    ("head", "method", "headers"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n", "HEAD", [(b"content-length", b"70")]),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HEAD", []),
        (b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", "GET", [(b"etag", b"x")]),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "POST", []),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "GET", [(b"content-length", b"0")]),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n", "GET", []),
    ],
)
def test_an_answer_without_a_body_is_whole_with_its_head(head: bytes, method: str, headers: wire.Headers):
    reader, body = read(head, [3, 9, 20], method)
    assert (reader.whole, body, reader.headers, reader.keeps) == (True, b"", headers, True)


def test_what_is_of_one_connection_stays_there():
    raw = b"HTTP/1.1 200 OK\r\nConnection: close, X-Own\r\nKeep-Alive: 5\r\nX-Own: 1\r\nDate: now\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n"
    reader, _ = read(raw, [])
    assert reader.headers == [(b"set-cookie", b"a"), (b"set-cookie", b"b"), (b"content-length", b"0")]
    assert not reader.keeps


@pytest.mark.parametrize(
    "raw",
    [
        b"220 mail.example.org ESMTP\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1e3\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 5000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab",
        b"HTTP/1.1 204 No\r\n\r\nmore",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * (wire.HEAD_BYTES + 10),
    ],
)
def test_what_is_no_answer_is_broken(raw: bytes):
    with pytest.raises(Broken):
        read(raw, [])


def scope(*headers: tuple[bytes, bytes], **more: Any) -> dict[str, Any]:
    known = {
        "type": "http",
        "method": "GET",
        "path": "/a b",
        "raw_path": b"/a%20b",
        "query_string": b"x=%20",
        "client": ("192.0.2.7", 4711),
    }
    return {**known, "headers": list(headers), **more}


def test_a_request_goes_on_as_it_came_with_who_asks_at_its_end():
    headers = [(b"host", b"desk"), (b"cookie", b"a=1"), (b"x-own", b"2"), (b"te", b"trailers"), (b"connection", b"X-Own, close")]
    headers += [(b"x-watchbill-client", b"10.0.0.1 1"), (b"expect", b"100-continue"), (b"content-length", b"3")]
    raw = request_head(scope(*headers), Framing.LENGTH)
    assert (
        raw == b"GET /a%20b?x=%20 HTTP/1.1\r\nhost: desk\r\ncookie: a=1\r\ncontent-length: 3\r\nx-watchbill-client: 192.0.2.7 4711\r\n\r\n"
    )


def test_a_body_without_a_length_goes_on_in_chunks_and_never_with_both():
    headers = [(b"content-length", b"3"), (b"transfer-encoding", b"chunked")]
    assert framing(headers) is Framing.CHUNKED
    raw = request_head(scope(*headers), Framing.CHUNKED)
    assert b"transfer-encoding: chunked" in raw
    assert b"content-length" not in raw


@pytest.mark.parametrize(
    ("path", "raw_path", "target"),
    [
        ("/a/b", b"/a%2Fb", b"/a%2Fb"),
        ("/v2/alerts", b"//v2//alerts", b"/v2/alerts"),  # the front door read it as another one
        ("/ä", b"/%C3%A4", b"/%C3%A4"),
        ("/ä?", b"", b"/%C3%A4%3F"),
        ("*", b"*", b"/*"),
        ("", b"", b"/"),
    ],
)
def test_the_path_goes_on_as_it_was_read(path: str, raw_path: bytes, target: bytes):
    assert request_head(scope(path=path, raw_path=raw_path, query_string=b""), Framing.NONE).split(b" ")[1] == target


@pytest.mark.parametrize(
    ("headers", "how"), [([], Framing.NONE), ([(b"content-length", b"0")], Framing.NONE), ([(b"content-length", b"10")], Framing.LENGTH)]
)
def test_how_long_a_body_is(headers: wire.Headers, how: Framing):
    assert framing(headers) is how


@given(st.text(max_size=20), st.integers())
def test_who_asks_is_read_as_it_was_written_and_nothing_else(word: str, port: int):
    assert client_of(b"2001:db8::1 55") == ("2001:db8::1", 55)
    assert client_of(word.replace(" ", "").encode()) is None
