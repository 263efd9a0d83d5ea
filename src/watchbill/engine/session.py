"""The engine's own session: it holds the instance's lock while it lives, and hears the signals that something may be due.

The lock is how other engines know that this one lives; it goes with the session, however the process ends.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
from typing import Any

import psycopg
from django.db import connection

from watchbill.kernel import bus
from watchbill.kernel.leases import LOCK_CLASS

STEADY = {
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "connect_timeout": 5,
}
NOT_OURS = {"cursor_factory", "context", "server_side_binding", "pool", "isolation_level", "assume_role", "prepare_threshold"}


class Wake:
    """Lets the sending thread and a signal handler end the loop's sleep."""

    def __init__(self) -> None:
        self._read, self._write = socket.socketpair()
        self._read.setblocking(False)
        self._write.setblocking(False)

    def __call__(self) -> None:
        with contextlib.suppress(BlockingIOError):  # it is awake already
            self._write.send(b"!")

    def fileno(self) -> int:
        return self._read.fileno()

    def drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._read.recv(4096):
                pass

    def close(self) -> None:
        self._read.close()
        self._write.close()


class Session:
    """One connection beside Django's. Raises psycopg.Error when it is gone."""

    def __init__(self, instance_id: int) -> None:
        self.instance_id = instance_id
        self.locked = False
        parameters: dict[str, Any] = {k: v for k, v in connection.get_connection_params().items() if k not in NOT_OURS}
        self._connection = psycopg.connect(**{**STEADY, **parameters}, autocommit=True)
        self._connection.execute(f"LISTEN {bus.EVENTS}")
        self._connection.execute(f"LISTEN {bus.WORK}")
        self.check()

    def check(self) -> None:
        """Is the session there, and has it the lock? One that our last, broken session still holds is taken when the server drops it."""
        if self.locked:
            self._connection.execute("SELECT 1")
            return
        row = self._connection.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, self.instance_id]).fetchone()
        self.locked = bool(row and row[0])

    def wait(self, wake: Wake, seconds: float) -> None:
        """Sleep until a signal, a wake-up or the time is over."""
        ready, _, _ = select.select([self._connection.pgconn.socket, wake.fileno()], [], [], max(seconds, 0))
        if wake.fileno() in ready:
            wake.drain()
        if self._connection.pgconn.socket in ready:
            for _ in self._connection.notifies(timeout=0):
                pass

    def close(self) -> None:
        self._connection.close()


def host_name() -> str:
    """The name of this machine, for the instance row."""
    return os.uname().nodename[:255] if hasattr(os, "uname") else socket.gethostname()[:255]
