"""Rows that other connections can see, and an empty database afterwards, evidence included."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from watchbill.people.models import Person

OURS = ("people", "schedules", "notifications", "incidents", "paging", "intake", "audit", "config", "trackers", "duties")


@contextmanager
def committed(blocker: Any) -> Iterator[None]:
    """Inside, what is stored is committed; `blocker` is pytest-django's. For tests in which several connections meet."""
    with blocker.unblock():
        if Person.objects.exists():  # a run that was killed left it
            _empty()
        try:
            yield
        finally:
            _empty()


def _empty() -> None:
    """Replica mode, since the triggers refuse to truncate evidence."""
    tables = [name for name in connection.introspection.table_names() if name.split("_")[0] in OURS]
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        cursor.execute("SET session_replication_role = origin")
    connection.close()
