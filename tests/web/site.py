"""A real desk for browser tests: its own database, filled by the seed, the server as it runs, and a small engine beside it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg

from tests.tables import MADE, make_tables, parameters, url_of

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Site:
    """Where it runs, and what the seed made."""

    url: str
    numbers: dict[str, int]
    watch: str  # the handle of whoever has the watch
    links: list[str]  # paths that prove whose an account in the chat is, each good once
    database: dict[str, Any] = field(default_factory=dict)  # how to look at it from beside
    signed_in: dict[str, Any] = field(default_factory=dict)  # the cookies of whoever signed in, by handle

    def address(self, path: str) -> str:
        return self.url + path


@contextmanager
def site(settings: dict[str, Any], name: str) -> Iterator[Site]:
    """Make the database beside the given one, fill it, serve it; take everything away afterwards."""
    with psycopg.connect(**parameters(settings, "postgres"), autocommit=True) as admin:
        make_tables(settings)
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE {MADE}')
        try:
            with _running(url_of(settings, name)) as running:
                yield replace(running, database=parameters(settings, name))
        finally:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def _running(database: str) -> Iterator[Site]:
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    env = {
        **os.environ,
        "DATABASE_URL": database,
        "WATCHBILL_AS_OWNER": "1",
        "WATCHBILL_URL": url,
        "WATCHBILL_SMTP_URL": "smtp://127.0.0.1:1",
    }
    python = [sys.executable, "-m"]
    made = subprocess.run([*python, "tests.web.seed"], cwd=ROOT, env=env, check=False, capture_output=True, text=True, timeout=180)
    assert made.returncode == 0, made.stderr[-2000:]
    told = json.loads(made.stdout.splitlines()[-1])
    serve = [*python, "watchbill.main", "serve", "--role", "web", "--bind", f"127.0.0.1:{port}"]
    parts = [serve, [*python, "tests.web.seed", "engine"]]
    processes = [subprocess.Popen(part, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for part in parts]
    try:
        _wait_for(f"{url}/healthz")
        watch, links = told.pop("watch"), told.pop("links")
        yield Site(url, told, watch, links)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(15)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > ends:
                raise
            time.sleep(0.1)
