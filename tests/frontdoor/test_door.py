"""The front door's own process as `serve` starts it, with a server of the test in the place of the pages."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.frontdoor.unix import Handler, head
from tests.live.server import free_port

pytestmark = [pytest.mark.live, pytest.mark.timed]

Asked = Callable[[bytes], Any]
BIG = b"0123456789abcdef" * 65536 * 5


@asynccontextmanager
async def door(handler: Handler, folder: Path) -> AsyncIterator[tuple[int, subprocess.Popen[bytes]]]:
    """Its port, with this handler behind it, and no database at all."""
    port, path = free_port(), folder / "pages.sock"

    async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_unix_server(taken, path, backlog=2048)
    env = {**os.environ, "WATCHBILL_DATA": str(folder / "data"), "WATCHBILL_BIND": f"127.0.0.1:{port}", "WATCHBILL_PAGES": str(path)}
    process = subprocess.Popen([sys.executable, "-m", "watchbill.main.door"], env=env, stderr=subprocess.DEVNULL)
    try:
        for _ in range(400):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            await asyncio.sleep(0.05)
        yield port, process
    finally:
        process.kill()
        process.wait()
        server.close()


async def asked(port: int, request: bytes) -> tuple[bytes, bytes]:
    """Head and body of one answer, on a connection that ends with it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    raw = await reader.read()
    writer.close()
    first, _, body = raw.partition(b"\r\n\r\n")
    return first.lower(), body


def request(method: bytes, path: bytes, *more: bytes) -> bytes:
    return b"\r\n".join([b"%b %b HTTP/1.1" % (method, path), b"host: desk", b"connection: close", *more, b"", b""])


def test_answers_go_through_the_real_server_as_they_are(tmp_path: Path):
    came: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            first = await head(reader)
            if first.startswith(b"POST"):
                came.append(await reader.readexactly(len(BIG)))
            if first.startswith(b"HEAD"):
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 70\r\nserver: pages\r\ndate: then\r\n\r\n")
            elif first.startswith(b"GET /none"):
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            elif first.startswith(b"GET /same"):
                writer.write(b'HTTP/1.1 304 Not Modified\r\netag: "x"\r\n\r\n')
            elif first.startswith(b"GET /broken"):
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 70\r\n\r\nhalf")
                return
            else:
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nset-cookie: a=1\r\nset-cookie: b=2\r\nserver: pages\r\n\r\n" % len(BIG)
                )
                writer.write(BIG)

    async def run() -> None:
        async with door(handler, tmp_path) as (port, _):
            first, body = await asked(port, request(b"POST", b"/", b"content-length: %d" % len(BIG)) + BIG)
            assert (first.split(b"\r\n")[0], body == BIG, came == [BIG]) == (b"http/1.1 200 ok", True, True)
            assert (first.count(b"set-cookie:"), first.count(b"\r\nserver:"), first.count(b"\r\ndate:")) == (2, 1, 1)
            first, body = await asked(port, request(b"HEAD", b"/"))
            assert (body, first.count(b"content-length: 70"), first.count(b"\r\ndate:"), b"pages" in first) == (b"", 1, 1, False)
            for path, status in ((b"/none", b"204"), (b"/same", b"304")):
                first, body = await asked(port, request(b"GET", path))
                assert (first.split(b" ")[1], body) == (status, b"")
            first, body = await asked(port, request(b"GET", b"/broken"))
            assert (b"content-length: 70" in first, body) == (True, b"half")  # whoever reads it knows that more was to come

    asyncio.run(run())


def test_more_boards_than_a_thousand_are_open_and_events_are_still_answered(tmp_path: Path):
    boards = 1100
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 4 * boards:
        pytest.fail(f"this machine allows {hard} open files; the test needs {4 * boards}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    ended: set[int] = set()
    tell = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        told = asyncio.create_task(tell.wait())
        gone = asyncio.create_task(reader.read())
        await asyncio.wait({told, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not gone.done():
            writer.write(b"6\r\nchange\r\n")
        await gone
        ended.add(id(writer))

    async def run() -> None:
        async with door(handler, tmp_path) as (port, _), asyncio.timeout(60):
            open_ones = []
            for _ in range(boards):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"GET /live HTTP/1.1\r\nhost: desk\r\n\r\n")
                open_ones.append((reader, writer))
            for reader, _ in open_ones:
                await reader.readuntil(b"first\r\n")
            begun = time.monotonic()
            tell.set()
            for reader, _ in open_ones:
                await reader.readuntil(b"change\r\n")
            assert time.monotonic() - begun < 5
            first, _ = await asked(port, request(b"GET", b"/acceptz"))
            assert first.split(b" ")[1] in (b"200", b"503")  # it is answered; what it says depends on the database
            for _, writer in open_ones:
                writer.close()
            while len(ended) < boards:
                await asyncio.sleep(0.05)

    try:
        asyncio.run(run())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_stop_does_not_wait_for_ever_for_an_answer(tmp_path: Path):
    async def handler(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await head(reader)
        await reader.read()

    async def run() -> int:
        async with door(handler, tmp_path) as (port, process):
            waiting = asyncio.create_task(asked(port, request(b"GET", b"/slow")))
            await asyncio.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            code = await asyncio.to_thread(process.wait, 12)
            await asyncio.wait({waiting}, timeout=5)
            return code

    assert asyncio.run(run()) == 0
