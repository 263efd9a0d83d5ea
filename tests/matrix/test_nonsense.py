"""Every page and form with values that nobody would type: refused in words, or taken as what they are, and never a fault of ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.committed import committed
from tests.matrix.cast import World, build
from tests.matrix.rules import ALLAUTH, PAGES
from tests.matrix.test_matrix import ask
from watchbill.kernel import kinds

CALM = settings(
    max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate], derandomize=True, database=None
)
ODD = st.sampled_from(
    [
        "", " ", "\x00", "-1", "0", "9" * 30, "1e9", "٣", "true", "null", "[]", "{}", '{"a": 1}', "\ud7ff\u202e\u0000", "<b>&amp;'\"", "%00", "../..",
        "2026-02-30T25:61", "9999-12-31T23:59:59+14:00", "0001-01-01T00:00-12:00", "next Sunday", "x" * 5000, "\U0010ffff",
        "[?a==`1`].{b: @", "{{7*7}}", "'; --",
    ]
)  # fmt: skip
WORDS = ODD | st.text(st.characters(exclude_categories=["Cs"]), max_size=60).filter(lambda text: "{" not in text)  # no placeholders
ROWS = [
    pytest.param(path, method, id=f"{method} {path}")
    for path, row in PAGES.items()
    for method, rule in row.items()
    if rule.silent != ALLAUTH and path not in ("/readyz", "/metrics", "/live") and not path.startswith("/accounts/")
]
ASKED = (
    "at",
    "urgency",
    "number",
    "incident",
    "person",
    "team",
    "before",
    "only",
    "cursor",
    "q",
    "status",
    "weeks",
    "zone",
    "act",
    "actor",
)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with committed(django_db_blocker):
        kinds.fill([kinds.Kind(name, True) for name in ("email", "webhook", "push")])
        yield build()


@pytest.mark.parametrize(("path", "method"), ROWS)
def test_nonsense_is_answered_and_breaks_nothing(world: World, path: str, method: str):
    rule = PAGES[path][method]
    fields = sorted(rule.send) if isinstance(rule.send, dict) else []
    who = next((name for name in ("alice", "root") if name in rule.to), "alice")

    @CALM
    @given(query=st.dictionaries(st.sampled_from(ASKED), WORDS, max_size=4), form=st.fixed_dictionaries(dict.fromkeys(fields, WORDS)))
    def send(query: dict[str, str], form: dict[str, str]) -> None:
        said = "&".join(f"{name}={quote(value)}" for name, value in query.items())
        odd = replace(rule, send=form if fields else rule.send, query=said or rule.query)
        heard = ask(world, who, method, path, odd, world.values)
        assert heard.status < 500, (path, form, said)

    send()
