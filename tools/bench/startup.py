"""Empty folder to ready, later start to ready, and what an idle desk keeps in memory, database included."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

from tests.live.server import Desk

from tools.bench.table import Row, at_most


def rows() -> list[Row]:
    first, later = [], []
    with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as folder:
        for n in range(3):
            desk = Desk(Path(folder), name=f"start{n}")
            first.append(desk.start())
            desk.stop()
            later.append(desk.start())
            if n < 2:
                desk.stop()
        desk.cli("who", check=False)
        time.sleep(8)
        memory = pss(desk)
        desk.stop()
    return [
        at_most("empty data folder to ready", statistics.median(first), 8, unit="s"),
        at_most("later start to ready", statistics.median(later), 3, unit="s"),
        at_most("idle memory (PSS, database included)", memory / 1024, 300, unit="MB"),
    ]


def pss(desk: Desk) -> int:
    """KB of all processes of this desk, shared pages divided among them."""
    assert desk.process
    total = 0
    for pid in family(desk.process.pid):
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total


def family(pid: int) -> list[int]:
    """The process and everything below it."""
    parents: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                parent = int(Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            parents.setdefault(parent, []).append(int(entry))
    found, queue = [], [pid]
    while queue:
        one = queue.pop()
        found.append(one)
        queue += parents.get(one, [])
    return found
