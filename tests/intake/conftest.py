"""Desks for the tests of intake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.committed import committed
from watchbill.kernel import kinds


@pytest.fixture(autouse=True)
def _webhooks_work() -> Iterator[None]:
    before = kinds.declared()
    kinds.fill([kinds.Kind("webhook", active=True)])
    yield
    kinds.fill(before)


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """What the test stores is committed, and gone afterwards. In the place of pytest-django's, whose clean-up the tables of evidence refuse."""
    with committed(django_db_blocker):
        yield
