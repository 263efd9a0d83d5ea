"""What is no event goes through to the process of the pages unchanged, and whatever that process does, the client gets an answer."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.frontdoor.unix import OK, Client, Handler, head, served
from watchbill.connectors import wire
from watchbill.frontdoor import away, relay
from watchbill.frontdoor.app import FrontDoor
from watchbill.frontdoor.links import Links


def through(handler: Handler, *clients: Client) -> list[Client]:
    """Each asks after the one before it."""

    async def run() -> None:
        async with served(handler) as behind:
            for client in clients:
                async with asyncio.timeout(10):
                    await client.ask(behind)

    asyncio.run(run())
    return list(clients)


async def ok(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        await head(reader)
        writer.write(OK)


PARTS = st.lists(st.binary(max_size=3000), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(PARTS, PARTS, st.booleans(), st.booleans())
def test_bodies_go_through_both_ways_however_they_are_cut(up: list[bytes], down: list[bytes], told: bool, says: bool):
    """Two on one connection, so that nothing of the first is left in it."""
    body, connections, got = b"".join(up), [], []

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        while True:
            asked = await head(reader)
            if b"transfer-encoding: chunked" in asked:
                came = b""
                while size := int(await reader.readuntil(b"\r\n"), 16):
                    came += await reader.readexactly(size)
                    await reader.readexactly(2)
                await reader.readexactly(2)
            else:
                came = await reader.readexactly(len(body))
            got.append(came)
            how = b"content-length: %d" % len(b"".join(down)) if says else b"transfer-encoding: chunked"
            writer.write(b"HTTP/1.1 200 OK\r\n%b\r\n\r\n" % how)
            for part in down:
                writer.write(part if says or not part else b"%x\r\n%b\r\n" % (len(part), part))
                await asyncio.sleep(0)
            writer.write(b"" if says else b"0\r\n\r\n")

    headers = [(b"content-length", b"%d" % len(body))] if told else [(b"transfer-encoding", b"chunked")]
    asked = [Client("POST", "/", up, list(headers)) for _ in range(2)]
    for client in through(echo, *asked):
        assert (client.status, client.body, client.whole) == (200, b"".join(down), True)
    assert got == [body, body]
    assert len(connections) == 1


def test_ten_megabytes_go_through_both_ways_no_faster_than_they_are_taken():
    big = b"0123456789abcdef" * 65536 * 10
    ahead: list[int] = []

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        body = await reader.readexactly(len(big))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body))
        for n in range(0, len(body), 65536):
            writer.write(body[n : n + 65536])
            await writer.drain()
            ahead.append(n - len(client.body))

    parts = [big[n : n + 100_000] for n in range(0, len(big), 100_000)]
    client = Client("POST", "/", parts, [(b"content-length", b"%d" % len(big))], takes=0.001)
    through(echo, client)
    assert client.body == big
    assert max(ahead) < 2_000_000


@pytest.mark.parametrize(
    ("method", "answer", "status"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\ncontent-length: 70\r\n\r\n", 200),
        ("GET", b"HTTP/1.1 304 Not Modified\r\netag: x\r\n\r\n", 304),
        ("DELETE", b"HTTP/1.1 204 No Content\r\n\r\n", 204),
    ],
)
def test_answers_without_a_body_end_at_once_and_keep_the_connection(method: str, answer: bytes, status: int):
    connections = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        while True:
            await head(reader)
            writer.write(answer)

    for client in through(handler, Client(method), Client(method)):
        assert (client.status, client.body, client.whole) == (status, b"", True)
    assert len(connections) == 1


def test_a_stream_arrives_part_by_part_and_ends_behind_when_the_browser_leaves():
    async def run() -> None:
        ended = asyncio.Event()

        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head(reader)
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n4\r\none\n\r\n")
            assert await reader.read() == b""  # the other side closes
            ended.set()

        async with served(handler) as behind, asyncio.timeout(5):
            client = Client()
            asking = asyncio.create_task(client.ask(behind))
            await client.heard.wait()
            assert (client.status, client.got, client.whole) == (200, [b"one\n"], False)
            client.left.set()
            await ended.wait()
            await asking

    asyncio.run(run())


def test_a_client_that_leaves_before_the_answer_ends_the_work_behind():
    async def run() -> None:
        begun, ended = asyncio.Event(), asyncio.Event()

        async def handler(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            await head(reader)
            begun.set()
            await reader.read()
            ended.set()

        async with served(handler) as behind, asyncio.timeout(5):
            for client in (Client(), Client("POST", "/", [b"a"], [(b"content-length", b"1")])):
                begun.clear()
                ended.clear()
                asking = asyncio.create_task(client.ask(behind))
                await begun.wait()
                client.left.set()
                await ended.wait()
                await asking
                assert client.status == 0

    asyncio.run(run())


def test_an_upload_that_breaks_off_is_told_so_and_reaches_nobody_whole():
    came: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await head(reader)
        came.append(await reader.read())

    async def run() -> Client:
        async with served(handler) as behind, asyncio.timeout(5):
            client = Client("POST", "/api/v1/incidents", [b"a", b"b", b"c"], [(b"content-length", b"3")], pause=0.05)
            asyncio.get_running_loop().call_later(0.12, client.left.set)
            await client.ask(FrontDoor(behind))
            await asyncio.sleep(0.05)
            return client

    client = asyncio.run(run())
    assert (client.status, json.loads(client.body)["error"]) == (400, "broke_off")
    assert came[0] in (b"a", b"ab")


def test_an_answer_before_the_end_of_the_body_is_passed_on():
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(b"HTTP/1.1 413 Too Big\r\ncontent-length: 2\r\n\r\nno")
        await reader.read()

    (client,) = through(handler, Client("POST", "/", [b"x"] * 100, [(b"transfer-encoding", b"chunked")], pause=0.02))
    assert (client.status, client.body) == (413, b"no")


class Deaths:
    """Answers the first, then ends its connection when asked again; `begins`: after half a head. A new connection is answered."""

    def __init__(self, begins: bytes = b"") -> None:
        self.begins = begins
        self.asked: list[bytes] = []
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.asked.append(await head(reader))
        writer.write(OK)
        if self.connections == 1:
            self.asked.append(await head(reader))
            writer.write(self.begins)
        else:
            await reader.read()


def test_what_was_only_asked_is_asked_again_when_the_other_side_closes():
    deaths = Deaths()
    for client in through(deaths, Client(), Client()):
        assert (client.status, client.body) == (200, b"ok")
    assert deaths.connections == 2


def test_what_may_have_been_done_is_not_sent_twice():
    deaths = Deaths()
    post = Client("POST", "/api/v1/incidents/7/acknowledge", [b"{}"], [(b"content-length", b"2")])
    through(deaths, Client(), post)
    assert (post.status, json.loads(post.body)["error"]) == (502, "broke_off")
    assert b"retry-after" not in post.answered
    assert (len(deaths.asked), deaths.connections) == (2, 1)


@pytest.mark.parametrize("garbage", [b"HTTP/1.1 2", b"220 smtp\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"])
def test_an_answer_that_is_none_is_no_answer(garbage: bytes):
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(garbage)

    (client,) = through(handler, Client(path="/api/v1/incidents"))
    assert (client.status, client.answered[b"retry-after"], json.loads(client.body)["error"]) == (503, b"5", "not_ready")


def test_an_answer_that_breaks_off_is_not_ended_by_us():
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")

    (client,) = through(handler, Client())
    assert (client.status, client.body, client.whole) == (200, b"half", False)


def test_who_waits_too_long_is_told_so_and_is_not_asked_twice(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(relay, "PATIENCE", 0.1)
    monkeypatch.setattr(relay, "LOOK", 0.05)
    asked = []

    async def handler(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        asked.append(await head(reader))
        await reader.read()

    page, api = through(handler, Client(), Client("POST", "/api/v1/incidents", [b"{}"], [(b"content-length", b"2")]))
    assert (page.status, page.answered[b"retry-after"], b"did not answer within 60 seconds" in page.body) == (503, b"5", True)
    assert (api.status, json.loads(api.body)["error"]) == (503, "not_ready")
    assert len(asked) == 2


def nobody(*clients: Client) -> list[Client]:
    async def run() -> None:
        for client in clients:
            await client.ask(relay.Relay("/nonexistent/socket"))

    asyncio.run(run())
    return list(clients)


def test_while_nobody_is_behind_machines_are_told_in_their_shape_and_people_in_a_sentence():
    post = Client("POST", "/incidents/7/acknowledge", [b"a=1"], [(b"content-length", b"3")])
    api, ready, health, page, first, sent = nobody(
        Client(path="/api/v1/oncall"), Client(path="/readyz"), Client(path="/healthz"), Client(path="/<script>"), Client("HEAD"), post
    )
    for client in (api, ready, health, page, first, sent):
        assert (client.status, client.answered[b"retry-after"], client.answered[b"cache-control"]) == (503, b"5", b"no-store")
    assert json.loads(api.body) == {"error": "not_ready", "message": away.NOT_THERE.words, "details": {}}
    assert json.loads(ready.body) == {"ready": False, "reason": away.NOT_THERE.words}
    assert health.body.decode() == away.NOT_THERE.words + "\n"
    assert first.body == b""
    assert away.NOT_THERE.words in page.body.decode()
    assert 'http-equiv="refresh"' in page.body.decode()
    assert 'http-equiv="refresh"' not in sent.body.decode()  # no browser sends a form again by itself
    assert (b'href="">Try again' in page.body, b'href="/">Now' in sent.body) == (True, True)
    assert b"<script>" not in page.body


def test_idle_connections_are_used_again_and_none_that_is_old(monkeypatch: pytest.MonkeyPatch):
    async def run() -> None:
        async with served(ok) as behind:
            first, second = [await behind.links.open() for _ in range(2)]
            for link in (first, second):
                link.begin("GET").feed(OK)
                behind.links.give(link)
            assert behind.links.take() is second
            first.since -= 60
            assert behind.links.take() is None
            assert first.transport.is_closing()
            second.begin("GET")
            behind.links.give(second)  # without an answer
            assert second.transport.is_closing()

    asyncio.run(run())


def test_no_more_idle_connections_are_kept_than_need_be(monkeypatch: pytest.MonkeyPatch):
    async def run() -> int:
        async with served(ok) as behind:
            await asyncio.gather(*(Client().ask(behind) for _ in range(100)))
            return len(behind.links.idle)

    assert 0 < asyncio.run(run()) <= 64
    assert Links("x").idle.maxlen is None


def test_a_file_that_is_fetched_for_a_page_ends_before_the_page_is_given_up():
    assert wire.PATIENCE + wire.FILE_PATIENCE < away.PATIENCE, "a look at the report, then its file"
