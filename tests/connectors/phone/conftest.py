from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.connectors.phone.house import HERE, SECRET, House
from tests.connectors.twilio.fake import ACCOUNT, TOKEN
from watchbill.kernel import kinds


@pytest.fixture
def house(db: None, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[House]:
    settings.PUBLIC_URL = HERE
    for name, value in {"A": ACCOUNT, "T": TOKEN, "S": SECRET}.items():
        monkeypatch.setenv(name, value)
    before = kinds.declared()
    kinds.fill([kinds.Kind(name, active=True) for name in ("webhook", "sms", "voice", "email")])
    yield House()
    kinds.fill(before)
