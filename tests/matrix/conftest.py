"""Rows that are committed once for all tests of a file: other connections see them, and each request is undone by its own test."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def transactional_db(django_db_setup: None) -> None:
    """In the place of pytest-django's, which empties the tables after each test. Its name makes that one create the database."""
