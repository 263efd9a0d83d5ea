"""Rows that are committed once for all tests of a file: other connections see them, and each request is undone by its own test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from watchbill.kernel import kinds

WORK = [kinds.Kind(name, True) for name in ("email", "webhook", "push")]


@pytest.fixture(autouse=True, scope="module")
def _kinds_work() -> Iterator[None]:
    """Whatever is sent is queued: nobody here sends it."""
    before = kinds.declared()
    kinds.fill(WORK)
    yield
    kinds.fill(before)


@pytest.fixture(autouse=True)
def transactional_db(django_db_setup: None) -> None:
    """In the place of pytest-django's, which empties the tables after each test. Its name makes that one create the database."""
