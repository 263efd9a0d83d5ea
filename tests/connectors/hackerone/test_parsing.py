"""What an answer of HackerOne says of a report: whatever stands in it, it is a report or odd, and never anything that cannot be stored."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.connectors.hackerone.fake import HackerOne
from watchbill.connectors.hackerone.client import _number
from watchbill.connectors.hackerone.parsing import Odd, moment, report_of, said_of
from watchbill.connectors.hackerone.vectors import metrics_of, vector_of
from watchbill.connectors.platform.writing import plain_amount
from watchbill.platforms.actions.mirroring import _digest, _values

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)


def whole() -> dict[str, Any]:
    fake = HackerOne()
    id_ = fake.add()
    fake.say(id_, "hello")
    fake.pay(id_, "50.00")
    fake.say(id_, kind="activity-agreed-on-going-public", allow_singular_disclosure_at="2027-02-01T00:00:00Z")
    fake.post_custom_field_values(id_, {"attributes": {"custom_field_attribute_id": "51", "value": "gold"}})
    return copy.deepcopy(fake.reports[id_])


WHOLE = whole()


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, each in inner for place in places(each, (*path, name)))]


PLACES = [place for place in places(WHOLE) if place]


@settings(max_examples=400)
@given(st.lists(st.tuples(st.sampled_from(PLACES), ANYTHING), min_size=1, max_size=4))
def test_whatever_stands_in_a_report_it_is_one_or_it_is_odd(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    row = copy.deepcopy(WHOLE)
    for path, value in changes:
        there: Any = row
        for name in path[:-1]:
            there = (
                there[name]
                if (isinstance(there, dict) and name in there) or (isinstance(there, list) and type(name) is int and name < len(there))
                else {}
            )
        if isinstance(there, dict):
            there[path[-1]] = value
    try:
        shown = report_of(row, tier_field="tier")
    except Odd:
        return
    values = _values(shown)
    assert len(_digest(values)) == 32
    for text in (
        json.dumps(values, default=str),
        *(json.dumps([one.message, one.author, dict(one.data)]) for one in said_of(row, account="x")),
    ):
        assert "\\u0000" not in text
    assert shown.active_at.tzinfo is not None


@given(ANYTHING)
def test_anything_else_is_odd_and_says_nothing(value: Any) -> None:
    with pytest.raises(Odd):
        report_of(value, tier_field="tier")
    assert said_of(value, account="x") == []


def test_what_the_answer_does_not_have_it_says_nothing_of() -> None:
    row = copy.deepcopy(WHOLE)
    assert report_of(row, tier_field="TIER").tier == "gold"
    del row["relationships"]["activities"], row["relationships"]["bounties"], row["relationships"]["custom_field_values"]
    untold = {"going_public_at", "ineligible", "files", "tier"}  # no bounty was awarded: there is none
    assert report_of(row, tier_field="tier").untold == untold
    row["attributes"]["bounty_awarded_at"] = "2026-11-26T00:00:00Z"
    assert "bounties" in report_of(row, tier_field="tier").untold
    row["relationships"]["bounties"] = {"data": []}
    assert "bounties" in report_of(row, tier_field="tier").untold
    del row["attributes"]["bounty_awarded_at"]
    assert "bounties" in report_of(row, tier_field="tier").untold


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("2026-11-27T00:00:00.000Z", True),
        ("2026-11-27", True),
        ("0001-01-01T00:00:00+14:00", False),
        ("soon", False),
        (7, False),
        (None, False),
    ],
)
def test_a_time_is_one_or_none(value: Any, is_one: bool) -> None:
    assert (moment(value) is not None) == is_one


@pytest.mark.parametrize(
    ("said", "amount", "sent"),
    [("500", "500.00", 500), ("500.50", "500.50", 500.5), (1330, "1330.00", 1330), ("1,000", "1000.00", 1000), ("0.1", "0.10", 0.1)],
)
def test_an_amount_is_the_same_in_every_form(said: Any, amount: str, sent: float) -> None:
    assert (plain_amount(said), _number(amount)) == (amount, sent)


@pytest.mark.parametrize("said", ["", None, "many", "-5", "0", "NaN", "Infinity", "5.005", "1e30", True])
def test_what_is_no_amount_is_none(said: Any) -> None:
    assert plain_amount(said) == ""


def test_a_vector_is_its_metrics_and_back() -> None:
    vector = "CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"
    assert vector_of(metrics_of(vector)) == vector
    assert vector_of({"cvss_vector_string": "CVSS:4.0/AV:N"}) == "CVSS:4.0/AV:N"
    assert metrics_of("CVSS:4.0/AV:N") == metrics_of("CVSS:3.1/AV:N") == metrics_of("") == {}
    assert vector_of({"attack_vector": "network"}) == ""
