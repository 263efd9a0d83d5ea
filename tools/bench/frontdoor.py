"""Durable events a second through the front door, beside what the database alone can do with the same row.

`python -m tools.bench.frontdoor [--rounds 3] [--seconds 5] [--json]`. Both are measured in turn on the same machine, with the load generator on it
too: pgbench inserts the row one a transaction with 32 clients; wrk posts events with unique keys, then one alert repeated, over 32
connections. Needs wrk (Debian: apt-get install wrk).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from watchbill.kernel import postgres

KEY = "0123456789abcdef0123456789abcdef"
CONNECTIONS = 32

ROW = """
INSERT INTO intake_event (key_id, service_id, kind, received_at, dedup_key, body, state, tries, outcome, batch)
VALUES (1, 1, 'events', clock_timestamp(), 'bench-' || :n, '{body}'::bytea, 'pending', 0, '', :n);
"""
BODY = (
    '{"routing_key":"%s","event_action":"trigger","dedup_key":"KEY-KEY-KEY","payload":'
    '{"summary":"disk full on host1","source":"host1","severity":"critical"}}'
)
DESK = """
INSERT INTO people_team (id, name, desk, ownership, critical_anyway, ack_timeout, assignee_moves, is_active)
VALUES (1, 'Bench', 'paged', 'acker', false, '', 'accept', true);
INSERT INTO incidents_service (id, name, team_id, group_by, group_for_seconds, when_cleared, source_ack, severity_map, restricted, senders, routes, is_active)
VALUES (1, 'Bench', 1, '[]', 3600, 'stop_paging', 'mark', '{}', false, '[]', '[]', true);
"""
LUA = """
local threads = 0
function setup(thread) threads = threads + 1; thread:set("me", threads) end
function init(args) key, unique = args[1], args[2] == "unique"; n = 0; math.randomseed(os.time() + me); salt = math.random(1, 2^30) end
function request()
  n = n + 1
  local dedup = unique and (salt .. "-" .. me .. "-" .. n) or "the-same"
  return wrk.format("POST", "/v2/enqueue", {["content-type"] = "application/json"},
    '{"routing_key":"' .. key .. '","event_action":"trigger","dedup_key":"' .. dedup ..
    '","payload":{"summary":"disk full on host1","source":"host1","severity":"critical"}}')
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration,
    e.status + e.connect + e.read + e.write + e.timeout, latency:percentile(50), latency:percentile(99)))
end
"""


def measure(*, rounds: int = 3, seconds: int = 5) -> list[dict[str, Any]]:
    """One row for each line of the table, ratios against the line above."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: apt-get install wrk")
    with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as name:
        folder = Path(name)
        server = postgres.start(folder / "data")
        try:
            _prepare(folder)
            with _door(folder) as port:
                return _rows(folder, port, rounds, seconds)
        finally:
            server.stop()


def _rows(folder: Path, port: int, rounds: int, seconds: int) -> list[dict[str, Any]]:
    limits, unique, repeated = [], [], []
    _wrk(folder, port, 1, "unique")  # warm
    for _ in range(rounds):
        limits.append(_pgbench(folder, seconds))
        unique.append(_wrk(folder, port, seconds, "unique"))
        repeated.append(_wrk(folder, port, seconds, "same"))
    lost = _stored(folder) - sum(run["taken"] for run in [*unique, *repeated])
    limit, door, same = (statistics.median(values) for values in (limits, [r["rate"] for r in unique], [r["rate"] for r in repeated]))
    p99 = {"p50_ms": statistics.median(r["p50"] for r in unique), "p99_ms": statistics.median(r["p99"] for r in unique)}
    same99 = {"p50_ms": statistics.median(r["p50"] for r in repeated), "p99_ms": statistics.median(r["p99"] for r in repeated)}
    errors = sum(r["errors"] for r in [*unique, *repeated])
    return [
        {"what": "pgbench, the same row, one a transaction, 32 clients", "per_second": round(limit)},
        {
            "what": "events through the front door, unique keys",
            "per_second": round(door),
            "ratio": round(door / limit, 2),
            **p99,
            "errors": errors,
        },
        {"what": "the same alert repeated", "per_second": round(same), "ratio": round(same / door, 2), **same99, "missing": max(0, -lost)},
    ]


def _prepare(folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "watchbill.main.migrate"], env=_environment(folder), check=True)
    with psycopg.connect(postgres.connection_parameters(folder / "data").conninfo) as connection:
        connection.execute(DESK)
        connection.execute(
            "INSERT INTO intake_integrationkey (id, service_id, kind, name, digest, hint, created_at) VALUES (1, 1, 'events', '', sha256(%s), '', now())",
            [KEY.encode()],
        )
    (folder / "load.lua").write_text(LUA)
    body = "\\x" + (BODY % ("*" * 32)).encode().hex()
    (folder / "row.sql").write_text("\\set n random(1, 1000000000000)\n" + ROW.format(body=body))


def _environment(folder: Path) -> dict[str, str]:
    known = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "WATCHBILL_AS_OWNER")}
    return {**known, "WATCHBILL_DATA": str(folder / "data"), "DJANGO_SETTINGS_MODULE": "watchbill.main.settings"}


@contextmanager
def _door(folder: Path) -> Iterator[int]:
    """The front door as `serve` starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    env = {**_environment(folder), "WATCHBILL_BIND": f"127.0.0.1:{port}"}
    process = subprocess.Popen([sys.executable, "-m", "watchbill.main.door"], env=env)
    try:
        deadline = time.monotonic() + 20
        while not _answers(port):
            if time.monotonic() > deadline or process.poll() is not None:
                raise SystemExit("the front door did not start")
            time.sleep(0.05)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/acceptz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _wrk(folder: Path, port: int, seconds: int, keys: str) -> dict[str, float]:
    before = _stored(folder)
    command = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}",
        "-s",
        str(folder / "load.lua"),
        f"http://127.0.0.1:{port}",
        "--",
        KEY,
        keys,
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)", said)
    if found is None:
        raise SystemExit(f"wrk said nothing that can be read: {said}")
    requests, micros, errors, p50, p99 = map(int, found.groups())
    if _stored(folder) - before < requests - errors:
        raise SystemExit("an event was answered and is not stored")
    return {"rate": requests / micros * 1e6, "taken": requests - errors, "errors": errors, "p50": p50 / 1000, "p99": p99 / 1000}


def _pgbench(folder: Path, seconds: int) -> float:
    binaries = postgres.find_binaries()
    if binaries is None:
        raise SystemExit("pgbench is not here: it comes with the embedded database")
    known = postgres.connection_parameters(folder / "data")
    command = [
        str(binaries / "pgbench"),
        "-h",
        str(known.host),
        "-U",
        known.user,
        "-M",
        "prepared",
        "-n",
        "-c",
        str(CONNECTIONS),
        "-j",
        "2",
    ]
    command += ["-T", str(seconds), "-f", str(folder / "row.sql"), postgres.DATABASE]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PGPASSFILE": str(known.passfile)})
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise SystemExit(f"pgbench failed: {done.stderr.strip()}")
    return float(found[1])


def _stored(folder: Path) -> int:
    with psycopg.connect(postgres.connection_parameters(folder / "data").conninfo) as connection:
        row = connection.execute("SELECT count(*) FROM intake_event WHERE dedup_key NOT LIKE 'bench-%'").fetchone()
        return int(row[0]) if row else 0


def main() -> int:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=int, default=5)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    rows = measure(rounds=chosen.rounds, seconds=chosen.seconds)
    for row in rows:
        print(json.dumps(row) if chosen.json else "  ".join(f"{name}: {value}" for name, value in row.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
