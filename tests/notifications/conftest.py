"""An installation that can send by mail, webhook, SMS and voice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from watchbill.kernel import kinds


@pytest.fixture(autouse=True)
def active_kinds() -> Iterator[None]:
    before = kinds.declared()
    kinds.fill([kinds.Kind(name, active=True) for name in ("email", "webhook", "sms", "voice")])
    yield
    kinds.fill(before)
