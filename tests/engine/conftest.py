from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.engine.desk import Desk
from watchbill.kernel import kinds


@pytest.fixture(autouse=True)
def active_kinds() -> Iterator[None]:
    before = kinds.declared()
    kinds.fill([kinds.Kind(name, active=True) for name in ("email", "webhook")])
    yield
    kinds.fill(before)


@pytest.fixture
def open_desk(db: None) -> Iterator[Callable[..., Desk]]:
    opened: list[Desk] = []

    def make(*args: Any, **kw: Any) -> Desk:
        opened.append(Desk(*args, **kw))
        return opened[-1]

    yield make
    for desk in opened:
        desk.close()
