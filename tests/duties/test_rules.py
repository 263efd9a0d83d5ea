"""Who is asked about a silence, and when; in which order items stand."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import DAY, HOUR, SEC, T0
from watchbill.duties.rules.order import Standing, place
from watchbill.duties.rules.silence import DIGEST_EVERY, NEXT_RUNG, PEACE, Silence, asks_now, is_late, may_get_digest, too_long_at
from watchbill.people.rules import WorkingTime, parse_duration

WEEK = 7 * DAY


@pytest.mark.req("K5", "K6")
@pytest.mark.parametrize(
    ("after", "end"),
    [("2 days", T0 + 2 * DAY), ("7 days", T0 + WEEK), ("1 month", T0.replace(month=4)), ("1 business day", T0 + DAY)],
)
def test_when_silence_is_too_long(after: str, end: dt.datetime) -> None:
    assert too_long_at(T0, parse_duration(after), zone="UTC") == end


@pytest.mark.parametrize(
    ("silence", "rung"),
    [
        ({}, 1),
        ({"has_owner": False}, 2),
        ({"has_owner": False, "has_on_call": False}, 3),
        ({"asked": 1, "asked_at": T0}, 0),
        ({"asked": 1, "asked_at": T0 - NEXT_RUNG}, 2),
        ({"asked": 1, "asked_at": T0 - NEXT_RUNG, "has_on_call": False}, 3),
        ({"asked": 2, "asked_at": T0 - NEXT_RUNG + SEC}, 0),
        ({"asked": 2, "asked_at": T0 - NEXT_RUNG}, 3),
        ({"asked": 3, "asked_at": T0 - PEACE + SEC}, 0),
        ({"asked": 3, "asked_at": T0 - PEACE}, 1),
        ({"snoozed_until": T0 + SEC}, 0),
        ({"snoozed_until": T0}, 1),
    ],
)
def test_the_owner_is_asked_first_then_the_on_call_then_the_team(silence: dict, rung: int) -> None:
    found = Silence(T0 - WEEK, **{"has_owner": True, "has_on_call": True, **silence})
    assert asks_now(found, T0, now=T0) == rung
    assert asks_now(found, T0 + SEC, now=T0) == 0  # it is not too long yet


@settings(max_examples=30)
@given(st.booleans(), st.booleans(), st.lists(st.integers(1, 200), max_size=12))
def test_nobody_is_asked_twice_in_a_day_about_the_same_silence(owner: bool, on_call: bool, hours: list[int]) -> None:
    now, asked, at = T0, 0, None
    for pause in hours:
        now += pause * HOUR
        rung = asks_now(Silence(T0 - WEEK, owner, on_call, asked, at), T0, now=now)
        if rung:
            assert at is None or now - at >= NEXT_RUNG
            assert rung != 1 or owner
            assert rung != 2 or on_call
            asked, at = rung, now


def test_a_digest_comes_in_working_hours_and_once_a_day() -> None:
    works = WorkingTime("UTC")
    assert may_get_digest(works, None, critical=False, now=T0)
    assert not may_get_digest(works, None, critical=True, now=T0 - HOUR)  # 08:00
    assert not may_get_digest(works, T0 - HOUR, critical=False, now=T0)
    assert may_get_digest(works, T0 - HOUR, critical=True, now=T0)
    assert may_get_digest(works, T0 - DIGEST_EVERY, critical=False, now=T0)
    assert not may_get_digest(works, None, critical=False, now=T0 + 5 * DAY)  # Saturday


@pytest.mark.req("H9")
def test_whoever_took_an_item_is_reminded_each_week() -> None:
    assert not is_late(T0, None, now=T0 + WEEK - SEC)
    assert is_late(T0, None, now=T0 + WEEK)
    assert not is_late(T0, T0 + WEEK, now=T0 + WEEK + DAY)
    assert is_late(T0, T0 + WEEK, now=T0 + 2 * WEEK)


def test_new_items_stand_first_then_what_is_worse_then_what_waits_longer() -> None:
    def item(id_: int, *, new: bool = False, taken: bool = False, severity: str = "", at: dt.datetime = T0) -> Standing:
        return Standing(new, taken, severity, at, id_)

    rows = [
        item(1, new=True, severity="critical"),
        item(2, new=True),
        item(3, severity="high"),
        item(4, severity="low", at=T0 - DAY),
        item(5, severity="low"),
        item(6, taken=True, new=True, severity="critical"),
    ]
    assert [row.id for row in sorted(sorted(rows, key=lambda row: -row.id), key=place)] == [1, 2, 3, 4, 5, 6]
