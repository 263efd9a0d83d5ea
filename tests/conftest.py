"""The database of every test: begun as a copy of tables that were made once, emptied by what empties fast."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as properties

from tests import tables
from tests.committed import empty

# On a machine that stands still for a moment, making an example is slow, and that says nothing of the property.
properties.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
properties.load_profile("ours")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Asked by pytest-django before it creates this worker's database."""
    tables.make_tables(settings.DATABASES["default"])
    settings.DATABASES["default"].setdefault("TEST", {})["TEMPLATE"] = tables.MADE
    TransactionTestCase._fixture_teardown = empty  # type: ignore[method-assign]
