from __future__ import annotations

import datetime as dt
from importlib.resources import files

import pytest

from tests.factories import T0
from watchbill.audit.actions import Actor
from watchbill.config import actions, selectors
from watchbill.config.rules import Verb

OPERATOR = Actor(name="operator", via="cli")
EXAMPLE = (files("watchbill.config") / "two-desks.yaml").read_text()


def apply(text=EXAMPLE, *, now=T0, **how):
    return actions.apply(text, by=OPERATOR, now=now, filename="file.yaml", environment={}, **how)


pytestmark = pytest.mark.django_db


def test_the_example_applies_and_a_second_time_changes_nothing():
    first = apply()
    assert len(first.having(Verb.ADDED)) == 46
    second = apply(now=T0 + dt.timedelta(days=3))
    assert second.is_empty
    assert {change.verb for change in second.changes} == {Verb.UNCHANGED}


def test_what_was_exported_changes_nothing_and_exports_the_same():
    apply()
    out = selectors.export()
    print(out)
    diff = apply(out)
    assert diff.is_empty
    assert selectors.export() == out
