"""A desk whose pages really walk: the engine's own look at due pages, the real outbox, nothing sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from tests.response.desk import Desk
from watchbill.kernel import kinds

OURS = ("people", "schedules", "notifications", "incidents", "paging", "intake", "audit", "config", "handoff")


@pytest.fixture(autouse=True)
def _webhooks_work() -> Iterator[None]:
    before = kinds.declared()
    kinds.fill([kinds.Kind("webhook", active=True)])
    yield
    kinds.fill(before)


@pytest.fixture
def desk(db: None) -> Desk:
    """The small desk of `tests.response.desk`."""
    return Desk()


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Desk]:
    """The same desk, committed, for tests in which several connections meet. Emptied afterwards, evidence included."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        try:
            yield Desk()
        finally:
            _empty()


def _empty() -> None:
    """Empty our tables. Replica mode, since the triggers refuse to truncate evidence."""
    tables = [name for name in connection.introspection.table_names() if name.split("_")[0] in OURS]
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        cursor.execute("SET session_replication_role = origin")
    connection.close()
