"""Which providers are there to be tested?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import factories as make
from watchbill.connectors import tested
from watchbill.kernel import kinds
from watchbill.notifications.models import Phone

pytestmark = pytest.mark.django_db
ENVS = {"account_env": "A", "token_env": "A", "per_person": 9, "overall": 9, "kind": "twilio", "url": ""}


@pytest.fixture(autouse=True)
def _kinds() -> Iterator[None]:
    before = kinds.declared()
    kinds.fill([kinds.Kind(name, True) for name in ("email", "webhook", "sms", "voice", "push", "apprise")])
    yield
    kinds.fill(before)


def test_each_telephone_is_one_and_what_nobody_uses_is_none(monkeypatch: pytest.MonkeyPatch):
    make.person("ada", contacts=("webhook", "push"))
    Phone.objects.create(name="main", sends=["sms", "voice"], **ENVS)
    Phone.objects.create(name="spare", sends=["sms"], position=1, **{**ENVS, "token_env": "NOT_SET"})
    monkeypatch.setenv("A", "x")
    assert tested.providers() == ["email", "push", "sms/main", "voice/main"]


def test_a_demo_tests_nothing(settings):
    settings.DEMO_INBOX = True
    assert tested.providers() == []


def test_without_mail_there_is_no_test_of_mail():
    kinds.fill([kinds.Kind("email", False)])
    assert tested.providers() == []
