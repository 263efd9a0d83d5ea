"""The demo's own heartbeat beats, and no other one does."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction

from tests import factories
from tests.factories import T0
from tests.frontdoor.conftest import transactional_db  # noqa: F401  fixture
from watchbill.intake.actions.heartbeats import watch_in
from watchbill.intake.models import Heartbeat
from watchbill.main.demo.pulse import NAME, pulse
from watchbill.people.models import Organization


@pytest.mark.database
@pytest.mark.usefixtures("transactional_db")
@pytest.mark.parametrize("demo", [True, False])
def test_the_invented_pipeline_beats_in_the_demo_alone(demo: bool):
    ada = factories.person("ada")
    factories.organization(ada)
    Organization.objects.update(demo=demo)
    team = factories.team("SecOps", ada)
    service = factories.service("S", team, factories.policy("P", team, ([factories.to(ada)], "15m"), last_resort=ada))
    for name in (NAME, "backup"):
        with transaction.atomic():
            watch_in(name, {"service_id": service.id, "every_seconds": 300, "grace_seconds": 0, "severity": "high"}, now=T0)

    def beats() -> set[str]:
        try:
            return set(Heartbeat.objects.exclude(last_at=None).values_list("name", flat=True))
        finally:
            connection.close()

    async def look() -> set[str]:
        async with pulse():
            for _ in range(200 if demo else 20):
                if found := await sync_to_async(beats)():
                    return found
                await asyncio.sleep(0.02)
        return set()

    assert asyncio.run(look()) == ({NAME} if demo else set())
