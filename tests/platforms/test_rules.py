"""What follows a try to write on a platform, and when it is read again."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.factories import HOUR, MIN, SEC, T0
from watchbill.notifications.rules import Outcome
from watchbill.platforms.rules.ends import LONGEST_PAUSE, LOOKS, MOST_TRIES, MOST_TRIES_OF_MONEY, after_write, read_again_in, since
from watchbill.platforms.rules.switches import SWITCH_OF, SWITCHES, may

DONE, NO, LATER, WHO_KNOWS = Outcome.DELIVERED, Outcome.PERMANENT, Outcome.TEMPORARY, Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("kind", "outcome", "more", "end", "again_in", "doubt"),
    [
        ("comment", DONE, {}, "done", None, False),
        ("comment", NO, {}, "refused", None, False),
        ("comment", LATER, {}, "", 5 * SEC, False),
        ("comment", LATER, {"tries": 2}, "", 15 * SEC, False),
        ("comment", LATER, {"tries": 9}, "", 15 * MIN, False),
        ("comment", LATER, {"doubt": True}, "", 5 * SEC, True),  # nobody heard yet how the one before ended
        ("comment", WHO_KNOWS, {}, "", 30 * SEC, True),
        ("comment", LATER, {"tries": MOST_TRIES}, "refused", None, False),
        ("comment", LATER, {"tries": MOST_TRIES, "doubt": True}, "unknown", None, True),
        ("comment", LATER, {"retry_after": 77 * SEC}, "", 77 * SEC, False),
        ("comment", LATER, {"retry_after": 9 * HOUR}, "", LONGEST_PAUSE, False),
        ("bounty", DONE, {"doubt": True}, "done", None, False),
        ("bounty", NO, {}, "refused", None, False),
        ("bounty", LATER, {}, "", 5 * SEC, False),  # certainly not sent
        ("bounty", LATER, {"tries": MOST_TRIES_OF_MONEY}, "refused", None, False),
        ("bounty", LATER, {"tries": MOST_TRIES_OF_MONEY, "doubt": True}, "unknown", None, True),
        ("bounty", WHO_KNOWS, {}, "", LOOKS[0], True),
        ("bounty", LATER, {"doubt": True, "missing": True}, "", LOOKS[1], True),
        ("bounty", LATER, {"doubt": True, "missing": True, "looks": 1}, "", LOOKS[2], True),
        ("bounty", LATER, {"doubt": True, "missing": True, "looks": 2}, "unknown", None, True),
        ("bounty", LATER, {"doubt": True, "looks": 1, "retry_after": 77 * SEC}, "", 77 * SEC, True),
    ],
)
def test_what_follows_a_try(
    kind: str, outcome: Outcome, more: dict[str, Any], end: str, again_in: dt.timedelta | None, doubt: bool
) -> None:
    after = after_write(kind, outcome, **{"tries": 1, "doubt": False, "looks": 0, **more})
    assert (after.end, after.again_in, after.doubt) == (end, again_in, doubt)
    assert bool(after.end) == (after.again_in is None)


def test_a_look_and_a_wait_are_no_tries() -> None:
    assert not after_write("bounty", LATER, tries=1, doubt=True, looks=0, missing=True).counts
    assert not after_write("comment", LATER, tries=1, doubt=False, looks=0, retry_after=SEC).counts
    assert after_write("comment", LATER, tries=1, doubt=False, looks=0).counts


def test_the_story_hears_of_the_end_and_once_of_a_failure() -> None:
    says = [after_write("comment", LATER, tries=tries, doubt=False, looks=0).say for tries in (1, 2, 3, 4)]
    assert says == [False, True, False, False]
    assert after_write("bounty", WHO_KNOWS, tries=1, doubt=False, looks=0).say  # of money at once
    assert all(after_write("comment", outcome, tries=1, doubt=False, looks=0).say for outcome in (DONE, NO))


def test_reading_comes_back_slower_after_each_failure_and_overlaps() -> None:
    assert [read_again_in(tries) for tries in (0, 1, 2, 3, 4, 50)] == [60 * SEC, 30 * SEC, MIN, 5 * MIN, 15 * MIN, 15 * MIN]
    assert since(T0) == T0 - 2 * MIN


def test_each_kind_has_its_switch_and_nothing_is_written_without_it() -> None:
    assert set(SWITCH_OF.values()) == set(SWITCHES)
    for kind, switch in SWITCH_OF.items():
        assert may([switch], kind)
        assert not may([other for other in SWITCHES if other != switch], kind)
