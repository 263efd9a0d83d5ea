"""A server that takes a query and never answers it holds nobody for ever."""

from __future__ import annotations

import time

import psycopg
import pytest
from django.db import connection
from psycopg_pool import ConnectionPool, PoolTimeout

from watchbill.kernel import patience
from watchbill.kernel.patience import Patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def link():
    parameters = {name: value for name, value in connection.get_connection_params().items() if name not in ("cursor_factory", "context")}
    made = Patient.connect(**parameters, autocommit=True)
    yield made
    made.close()


def test_what_takes_too_long_ends_the_connection(link, monkeypatch):
    assert link.execute("SELECT 1").fetchone() == (1,)
    link.patience = 0.3
    begun = time.monotonic()
    with pytest.raises(psycopg.OperationalError, match="did not answer in time"):
        link.execute("SELECT pg_sleep(5)")
    assert time.monotonic() - begun < 2
    assert link.closed


def test_the_question_of_the_pool_is_waited_for_less(link, monkeypatch):
    waited: list[float] = []
    plain = psycopg.Connection.wait

    def wait(self, gen, interval=0.1, timeout=None):
        waited.append(timeout)
        return plain(self, gen, interval, timeout=timeout)

    monkeypatch.setattr(psycopg.Connection, "wait", wait)
    link.execute("")
    link.execute("SELECT 1")
    assert waited == [patience.CHECK, patience.STATEMENT]


def test_a_query_that_is_refused_leaves_it_open(link):
    with pytest.raises(psycopg.errors.DivisionByZero):
        link.execute("SELECT 1/0")
    assert link.execute("SELECT 2").fetchone() == (2,)


def test_the_pool_takes_it(link):
    parameters = link.info.get_parameters() | {"password": link.info.password}
    with (
        ConnectionPool(kwargs=parameters, connection_class=Patient, min_size=1, max_size=1, timeout=0.5) as pool,
        pool.connection() as one,
    ):
        assert isinstance(one, Patient)
        with pytest.raises(PoolTimeout), pool.connection():
            pass
