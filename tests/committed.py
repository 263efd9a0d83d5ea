"""Rows that other connections can see, and an empty database afterwards, evidence included."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from watchbill.people.models import Person

KEPT = {"django_migrations", "django_content_type", "django_site", "auth_permission"}  # what the migrations made


@contextmanager
def committed(blocker: Any) -> Iterator[None]:
    """Inside, what is stored is committed; `blocker` is pytest-django's. For tests in which several connections meet."""
    with blocker.unblock():
        if Person.objects.exists():  # a run that was killed left it
            empty()
        try:
            yield
        finally:
            empty()


def empty(_: object = None) -> None:
    """Take away what is in the tables that hold something, evidence too: replica mode, since triggers refuse it.

    To truncate every table would take half a second, and wait for whoever still reads.
    """
    tables = sorted(set(connection.introspection.table_names()) - KEPT)
    asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(asked)
        deletes = [f"DELETE FROM {table}" for (table,) in cursor.fetchall()]
        cursor.execute("; ".join(["BEGIN", "SET LOCAL session_replication_role = replica", *deletes, "COMMIT"]))
    connection.close()
