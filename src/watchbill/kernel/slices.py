"""How soon is a process let in, while others compute? Short slices of the processor, where the kernel gives them."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from pathlib import Path

SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}  # the number of the system call
SHORT = 100_000  # nanoseconds: the shortest slice that the kernel gives


def prompt(pid: int = 0) -> bool:
    """Ask for short slices, for this thread and those it makes from now on, or for another process of ours. True when the kernel took it.

    Who asks for less at a time is let in sooner (Linux 6.12 and later): an event that comes while pages are made on every processor waits for
    a fraction of a page's slice instead of all of it. The share of the processor stays the same, and no right is needed. Older kernels take
    the call and do nothing; where it is refused or unknown, nothing is lost.
    """
    number = SCHED_SETATTR.get(platform.machine())
    if sys.platform != "linux" or number is None:
        return False
    try:
        if os.sched_getscheduler(pid) != os.SCHED_OTHER:
            return False
        nice = os.getpriority(os.PRIO_PROCESS, pid)
    except OSError:  # it ended
        return False
    wanted = struct.pack("IIQiIQQQ", 48, os.SCHED_OTHER, 0, nice, 0, SHORT, 0, 0)
    return bool(ctypes.CDLL(None).syscall(number, pid, wanted, 0) == 0)


def prompt_database(host: str, pid: int) -> bool:
    """The same for the process of the database server behind a connection, when it runs on this machine."""
    if not host.startswith("/"):
        return False
    try:
        if not Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"postgres"):  # another namespace numbers its processes anew
            return False
    except OSError:
        return False
    return prompt(pid)
