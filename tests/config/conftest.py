"""Applies files to a real database, as the operator at the console does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from tests.config.example import EXAMPLE
from tests.factories import T0
from watchbill.audit.actions import Actor
from watchbill.config import actions
from watchbill.config.actions import Diff

OPERATOR = Actor(name="operator", via="cli")


@pytest.fixture
def apply(db) -> Callable[..., Diff]:
    def run(text: str | bytes = EXAMPLE, *, now: dt.datetime = T0, **how: Any) -> Diff:
        return actions.apply(text, by=OPERATOR, now=now, filename="desk.yaml", **{"environment": {}, **how})

    return run
