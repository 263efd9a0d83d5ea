"""Several engines look at the same moment: one of them asks for the test of a provider."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from tests import factories as make
from tests.committed import committed
from tests.factories import DAY, HOUR, T0
from watchbill.kernel import kinds
from watchbill.notifications.actions import keep_providers_tested
from watchbill.notifications.models import Notification, ProviderTest


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with committed(django_db_blocker):
        yield


@pytest.mark.database
def test_two_nodes_at_the_same_moment_send_one(transactional_db: None):
    kinds.fill([kinds.Kind("email", True)])
    make.person("root", contacts=("email",), is_admin=True)
    keep_providers_tested(["email"], every=DAY, to="", now=T0)
    asked: list[int] = []
    gate = threading.Barrier(6)

    def node() -> None:
        try:
            gate.wait(10)
            asked.append(keep_providers_tested(["email"], every=DAY, to="", now=T0 + HOUR))
        finally:
            connection.close()

    nodes = [threading.Thread(target=node, daemon=True) for _ in range(6)]
    for each in nodes:
        each.start()
    for each in nodes:
        each.join(20)
    assert sorted(asked) == [0, 0, 0, 0, 0, 1]
    assert Notification.objects.count() == 1
    assert ProviderTest.objects.get().notification_id is not None
