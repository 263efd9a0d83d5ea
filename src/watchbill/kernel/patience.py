"""How long does a request wait for the database? Not for ever: a server that is frozen takes a query and never answers it."""

from __future__ import annotations

import os
import socket
from typing import Any

import psycopg
from psycopg import errors

STATEMENT = 5.0  # seconds for one statement, a wait for a lock included
CHECK = 2.0  # seconds to show that a connection still works
NOT_IN_TIME = "The database did not answer in time."


class Patient(psycopg.Connection[Any]):
    """A connection that ends itself when one answer takes too long; no request to cancel is sent, since a frozen server takes none."""

    patience = STATEMENT

    def execute(self, query: Any, *arguments: Any, **more: Any) -> psycopg.Cursor[Any]:
        """The empty query is how the pool asks whether this connection still works."""
        if query != "":
            return super().execute(query, *arguments, **more)
        self.patience = CHECK
        try:
            return super().execute(query, *arguments, **more)
        finally:
            self.patience = STATEMENT

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Raises psycopg.OperationalError when the answer is not there in time. The connection is closed then."""
        try:
            return super().wait(gen, interval, timeout=self.patience if timeout is None else timeout)
        except errors._WaitTimeout as error:
            if timeout is not None:  # somebody else's patience
                raise
            self.pgconn.finish()
            raise psycopg.OperationalError(NOT_IN_TIME) from error


def cut(connection: psycopg.AsyncConnection[Any]) -> None:
    """End a connection at once, whatever it waits for: a frozen server answers no request to cancel."""
    if connection.closed:
        return
    try:
        with socket.socket(fileno=os.dup(connection.pgconn.socket)) as line:
            line.shutdown(socket.SHUT_RDWR)
    except (OSError, psycopg.Error):
        pass  # it is gone already, which is what was wanted
