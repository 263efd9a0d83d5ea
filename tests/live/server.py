"""Starts the whole product as a user does, and watches it from outside."""

from __future__ import annotations

import http.client
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

OURS = ("DATABASE_URL", "WATCHBILL_AS_OWNER", "WATCHBILL_TEST_FOLDER", "WATCHBILL_SECRET_KEY", "DJANGO_SETTINGS_MODULE")  # the tests' own
TEMPLATE: Path | None = None  # a data folder to begin with a copy of
Received = tuple[float, str, dict[str, Any], dict[str, str]]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: Callable[[], Any], *, seconds: float = 20, why: str = "") -> Any:
    """The first true value of `what`, looked at every 20 ms. Fails with `why`."""
    end = time.monotonic() + seconds
    while True:
        if value := what():
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {why or what}")
        time.sleep(0.02)


class Sink:
    """A webhook receiver that remembers (seconds, path, body, headers). `answer` may be changed to another status."""

    def __init__(self) -> None:
        self.got: list[Received] = []
        self.answer = 200
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                sink.got.append((time.time(), self.path.strip("/"), json.loads(body or b"{}"), dict(self.headers)))
                self.send_response(sink.answer)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_arguments: Any) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 256

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def pages(self, who: str) -> list[Received]:
        return [row for row in list(self.got) if row[1] == who and row[2].get("kind") == "page"]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Desk:
    """One `watchbill serve` with a folder of its own, or a node of an external database."""

    def __init__(self, folder: Path, *, database_url: str = "", name: str = "data", new: bool = False, **env: str) -> None:
        self.data = folder / name
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        inherited = {name: value for name, value in os.environ.items() if name not in OURS}
        self.env = (
            inherited
            | {"WATCHBILL_DATA": str(self.data), "WATCHBILL_URL": self.url, "WATCHBILL_ALLOW_PRIVATE_TARGETS": "127.0.0.0/8"}
            | {"WATCHBILL_DRILL_BEFORE": "0"}  # no test page besides those that a test asks for, whatever day it is
            | env
        )
        if database_url:
            self.env["DATABASE_URL"] = database_url
        elif TEMPLATE and not new and not self.data.exists():
            shutil.copytree(TEMPLATE, self.data)
        self.log = folder / f"{name}.log"
        self.process: subprocess.Popen[str] | None = None
        self.said: list[str] = []

    def start(self, *arguments: str, seconds: float = 60) -> float:
        """Start and wait for `ready`. Returns the seconds it took."""
        begun = time.monotonic()
        command = [sys.executable, "-m", "watchbill.main", "serve", "--bind", f"127.0.0.1:{self.port}", *arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True)
        ready = threading.Event()
        threading.Thread(target=self._listen, args=(self.process, ready), daemon=True).start()
        if not ready.wait(seconds):
            raise AssertionError(f"not ready within {seconds} s; its log ends: {self.log.read_text()[-3000:]}")
        return time.monotonic() - begun

    def _listen(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stdout
        for line in process.stdout:
            self.said.append(line.rstrip())
            if line.startswith("ready "):
                ready.set()

    def kill(self) -> None:
        """kill -9 of the parent and its group; the children have groups of their own and must notice."""
        assert self.process
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM, as an operator stops it. Returns the exit code."""
        if self.process is None or self.process.poll() is not None:
            return -1 if self.process is None else int(self.process.returncode)
        self.process.terminate()
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def children(self) -> dict[str, int]:
        """name -> pid of the processes of this node."""
        rows = json.loads((self.data / f"serve-{self.port}.json").read_text())
        return {name: pid for name, (pid, _) in rows.items()}

    def cli(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "watchbill.main", *arguments], env=self.env, capture_output=True, text=True, timeout=60, check=False
        )
        if check and done.returncode:
            raise AssertionError(f"watchbill {' '.join(arguments)}: exit {done.returncode}: {done.stderr[-2000:]}")
        return done

    def json(self, *arguments: str) -> Any:
        return json.loads(self.cli(*arguments, "--json").stdout)

    def apply(self, text: str) -> None:
        file = self.data.parent / f"{self.data.name}.yaml"
        file.write_text(text)
        self.cli("apply", str(file), "--yes")

    def key(self, service: str = "S", kind: str = "events") -> str:
        return str(self.json("key", "create", "--service", service, "--kind", kind)["key"])

    def post(self, path: str, body: Any, *, seconds: float = 15, **headers: str) -> tuple[int, Any]:
        """One request on a connection of its own. Status 0: no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            connection.request("POST", path, data, {"content-type": "application/json", **headers})
            response = connection.getresponse()
            raw = response.read()
        except (OSError, http.client.HTTPException) as error:
            return 0, str(error)
        finally:
            connection.close()
        try:
            return response.status, json.loads(raw)
        except ValueError:
            return response.status, raw

    def get(self, path: str, *, seconds: float = 10) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            return 0, str(error).encode()
        finally:
            connection.close()


def two_steps(sink: Sink, *, waits: tuple[str, str] = ("3s", "3s"), repeat: int = 0, storm: str = "storm: off") -> str:
    """A small installation: Ann has the watch, Max manages, Cleo is the last resort."""
    people = "\n".join(
        f'  - {{handle: {h}, name: {h.title()}, email: {h}@example.org, timezone: UTC, contact: [{{kind: webhook, address: "http://127.0.0.1:{sink.port}/{h}"}}]}}'
        for h in ("ann", "ben", "cleo", "max")
    )
    week = 'shifts: {days: [mon], start: "00:00", length: 1w}'
    return f"""organization: Bar
last_resort: cleo
people:
{people}
teams:
  - {{name: Ops, desk: paged, members: [ann, ben, cleo]}}
  - {{name: Managers, desk: paged, members: [max]}}
schedules:
  - {{name: First, team: Ops, timezone: UTC, layers: [{{name: all, {week}, rotation: {{order: [ann], turn: 1w, starting: 2026-01-05}}}}]}}
  - {{name: Manager, team: Managers, timezone: UTC, layers: [{{name: all, {week}, rotation: {{order: [max], turn: 1w, starting: 2026-01-05}}}}]}}
policies:
  - name: P
    team: Ops
    repeat: {repeat}
    last_resort: cleo
    steps:
      - {{notify: [{{schedule: First}}], wait: {waits[0]}}}
      - {{notify: [{{schedule: Manager}}], wait: {waits[1]}}}
services:
  - {{name: S, team: Ops, policy: P, {storm}}}
"""


def event(key: str, dedup: str = "k1", summary: str = "disk full", action: str = "trigger", severity: str = "critical") -> dict[str, Any]:
    return {
        "routing_key": key,
        "event_action": action,
        "dedup_key": dedup,
        "payload": {"summary": summary, "source": "host1", "severity": severity},
    }
