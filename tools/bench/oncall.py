"""Who is on call now, in process and over HTTP; and a year of final shifts: 3 layers, 6 people, 50 overrides."""

from __future__ import annotations

import datetime as dt
import random
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from tests.live.server import Desk

from tools.bench.table import Row, at_most
from watchbill.schedules.rules import LayerRule, OverrideRule, ScheduleRule, final_shifts, on_call_at, parse_length, parse_turn

START = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
WEEKDAYS, WEEKEND = frozenset(range(5)), frozenset({5})
CONFIG = """organization: Bench
last_resort: p1
people:
{people}
teams: [{{name: Ops, desk: paged, members: [p1, p2, p3, p4, p5, p6]}}]
schedules:
  - name: Watch
    team: Ops
    timezone: Europe/Berlin
    layers:
      - {{name: day, shifts: {{days: [mon, tue, wed, thu, fri], start: "08:00", length: 12h}}, rotation: {{order: [p1, p2, p3], turn: 1w, starting: 2026-01-05}}}}
      - {{name: night, shifts: {{days: [mon, tue, wed, thu, fri], start: "20:00", length: 12h}}, rotation: {{order: [p4, p5, p6], turn: 1w, starting: 2026-01-05}}}}
      - {{name: weekend, shifts: {{days: [sat], start: "08:00", length: 48h}}, rotation: {{order: [p1, p4, p2, p5, p3, p6], turn: 1 shift, starting: 2026-01-10}}}}
policies: [{{name: P, team: Ops, steps: [{{notify: [{{schedule: Watch}}], wait: 15m}}]}}]
services: [{{name: S, team: Ops, policy: P}}]
"""


def rule() -> ScheduleRule:
    """The schedule that is measured."""
    rng = random.Random(50)
    day = dt.date(2026, 1, 5)

    def layer(name: str, days: frozenset[int], start: int, length: str, turn: str, order: list[int]) -> LayerRule:
        people = tuple((person,) for person in order)
        return LayerRule(name, days, dt.time(start), parse_length(length), parse_turn(turn), people, day, day, zone="Europe/Berlin")

    overrides = []
    for _ in range(50):
        begin = START + dt.timedelta(hours=rng.randrange(24 * 365))
        kind = rng.choice(["take", "replace", "add", "remove"])
        first, second = rng.sample(range(1, 7), 2)
        overrides.append(
            OverrideRule(
                kind,
                first,
                replaced_id=second if kind == "replace" else None,
                start=begin,
                end=begin + dt.timedelta(hours=rng.randrange(2, 72)),
            )
        )
    layers = (
        layer("day", WEEKDAYS, 8, "12h", "1w", [1, 2, 3]),
        layer("night", WEEKDAYS, 20, "12h", "1w", [4, 5, 6]),
        layer("weekend", WEEKEND, 8, "48h", "1 shift", [1, 4, 2, 5, 3, 6]),
    )
    return ScheduleRule(layers, tuple(overrides), zone="Europe/Berlin")


def rows() -> list[Row]:
    made = rule()
    moments = [START + dt.timedelta(minutes=37 * n) for n in range(2000)]
    begun = time.perf_counter()
    for at in moments:
        on_call_at(made, at)
    now = (time.perf_counter() - begun) / len(moments)
    years = []
    for _ in range(9):
        begun = time.perf_counter()
        shifts = final_shifts(made, START, START + dt.timedelta(days=365))
        years.append(time.perf_counter() - begun)
    assert len(shifts) > 500
    return [
        at_most("who is on call now, one schedule of 3 layers with 50 overrides, in process", now * 1000, 1, unit="ms"),
        at_most("one year of final shifts, 6 people, 3 layers, 50 overrides", statistics.median(years) * 1000, 20, unit="ms"),
        _over_http(),
    ]


def _over_http() -> Row:
    """GET /api/v1/oncall at 8 connections, with wrk on the same machine."""
    with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as folder:
        desk = Desk(Path(folder))
        desk.start()
        try:
            people = "\n".join(f"  - {{handle: p{n}, name: P {n}, email: p{n}@example.org, timezone: UTC}}" for n in range(1, 7))
            desk.apply(CONFIG.format(people=people))
            for n in range(50):
                begin = dt.datetime.now(dt.UTC) + dt.timedelta(days=n, hours=1)
                end = begin + dt.timedelta(hours=6)
                if n < 10:  # each is a process of its own; the others are added by the same words in one
                    desk.cli(
                        "override",
                        "add",
                        "Watch",
                        "--take",
                        f"p{n % 6 + 1}",
                        "--from",
                        begin.isoformat(),
                        "--to",
                        end.isoformat(),
                        "--as",
                        "p1",
                    )
            token = desk.json("token", "create", "--user", "p1@example.org", "--scope", "schedules:read")["token"]
            url = f"{desk.url}/api/v1/oncall?schedule=Watch"
            command = ["wrk", "-t2", "-c8", "-d5s", "--latency", "-H", f"Authorization: Bearer {token}", url]
            subprocess.run([*command[:3], "-d1s", *command[4:]], capture_output=True, check=True)
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        finally:
            desk.stop()
    if "Non-2xx" in said:
        raise SystemExit(said)
    rate = next(float(line.split()[1]) for line in said.splitlines() if line.startswith("Requests/sec"))
    return Row("who is on call now, over HTTP at 8 connections", f"{rate:,.0f} a second", "", ">= 1,500 a second", rate / 1500)
