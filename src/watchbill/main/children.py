"""Processes that live and die together. Pure standard library: imported by the parent and by every child before anything heavy."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1


def die_with_parent(sign: int = signal.SIGTERM) -> None:
    """Ask the kernel for a signal when the parent dies (Linux). Called in each child, also in a worker of a worker."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, sign)


def many_files() -> None:
    """Take as many open files as this process may have: each open board is a connection here, and one behind."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@dataclass(slots=True)
class Family:
    """The children of one `serve`, and where it writes down who they are, so that a next start can end what a kill -9 left."""

    record: Path
    members: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Start a child that gets SIGTERM when this process dies, in a process group of its own."""
        parent = os.getpid()

        def before() -> None:
            die_with_parent()
            if os.getppid() != parent:  # the parent died between fork and prctl
                os._exit(1)

        self.members[name] = subprocess.Popen(command, env=dict(env), stdin=subprocess.DEVNULL, process_group=0, preexec_fn=before)  # noqa: PLW1509
        rows = {member: [process.pid, started_at(process.pid)] for member, process in self.members.items()}
        self.record.write_text(json.dumps(rows))

    def first_dead(self) -> tuple[str, int] | None:
        """A member that ended, with its exit code."""
        return next(((name, code) for name, process in self.members.items() if (code := process.poll()) is not None), None)

    def stop(self, *, wait: float = 15) -> None:
        """Ask all to end, wait, then insist."""
        for process in self.members.values():
            if process.poll() is None:
                process.terminate()
        end = time.monotonic() + wait
        for process in self.members.values():
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.record.unlink(missing_ok=True)


def started_at(pid: int) -> str:
    """When a process started, in the kernel's ticks: with the pid it names one process for good. Empty when it is gone or cannot be known."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""


def end_leftovers(record: Path, *, wait: float = 10) -> int:
    """End processes that an earlier `serve` wrote down and that still live. Returns how many there were."""
    try:
        rows = json.loads(record.read_text())
    except (OSError, ValueError):
        return 0
    alive = [pid for pid, start in rows.values() if start and started_at(pid) == start]
    for sign, patience in ((signal.SIGTERM, wait), (signal.SIGKILL, 5.0)):
        for pid in alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, sign)
        end = time.monotonic() + patience
        while time.monotonic() < end and any(_lives(pid) for pid in alive):
            time.sleep(0.05)
        if not any(_lives(pid) for pid in alive):
            break
    record.unlink(missing_ok=True)
    return len(alive)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (OSError, IndexError):
        return False
