"""A desk whose rows other connections see, and a front door before it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.committed import committed
from tests.frontdoor.house import House
from tests.intake.desk import Desk


@pytest.fixture(autouse=True, scope="module")
def only_what_is_new() -> None:
    """Each house looks for what it left open when it ends: not among what was there before these tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def own_journal(settings: Any, tmp_path: Path) -> None:
    """What one test leaves in its journal is no other's."""
    settings.DATA_DIR = tmp_path


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """In the place of pytest-django's, whose clean-up the tables of evidence refuse."""
    with committed(django_db_blocker):
        yield


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    return Desk()


@pytest.fixture
def house(desk: Desk) -> Iterator[House]:
    with House() as running:
        yield running
