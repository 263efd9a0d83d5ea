"""`watchbill providers` and what `doctor` makes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.test_doctor import states
from tests.factories import DAY, HOUR
from watchbill.kernel.clock import database_now
from watchbill.notifications.models import ProviderTest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"works": True, "confirmed": True}, "green"),
        ({"works": True, "confirmed": False}, "amber"),
        ({"works": False}, "red"),
        ({"works": None}, "amber"),
        ({"works": None, "ended_at": None}, "green"),
        ({"works": True, "due_at": -HOUR}, "red"),
    ],
)
def test_doctor_is_red_for_a_provider_that_does_not_work_or_is_late(fields: dict[str, Any], state: str):
    now = database_now()
    given = {"ended_at": now - HOUR, **fields, "due_at": now + fields.get("due_at", DAY)}
    ProviderTest.objects.create(provider="sms/main", **given)
    assert states()["provider sms/main"] == state


def test_tests_that_are_turned_off_are_amber(settings):
    settings.PROVIDER_TESTS = None
    assert states()["providers"] == "amber"


def test_the_command_lists_them_and_asks_for_a_test(cli):
    now = database_now()
    ProviderTest.objects.create(provider="email", works=False, detail="refused", due_at=now + DAY, ended_at=now)
    ran = cli("providers", "--json")
    assert [(each["provider"], each["health"], each["detail"]) for each in json.loads(ran.out)] == [("email", "failed", "refused")]
    ran = cli("providers", "--test", "email")
    assert "RED" in ran.out
    assert ProviderTest.objects.get().due_at < now + HOUR
    ran = cli("providers", "--test", "pigeon")
    assert (ran.code, "pigeon" in ran.err) == (1, True)
