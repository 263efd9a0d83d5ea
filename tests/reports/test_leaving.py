"""What leaves, and when somebody is told: rules, with whatever text and whatever times."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import T0
from watchbill.people.rules import WorkingTime
from watchbill.reports.rules import disclosure
from watchbill.reports.rules.clocks import Moments, Targets, clocks_of
from watchbill.reports.rules.disclosure import REDACTED, Case, Kind, Request, redacted, what_leaves, why_not_publish
from watchbill.reports.rules.telling import Stage, look_again, to_tell

WORDS = st.text("xyz \n", min_size=1, max_size=60)  # no letter of the mark itself
PASSAGES = st.lists(st.text("xyz ", min_size=3, max_size=9).filter(str.strip), max_size=5)
HOURS = st.integers(0, 24 * 60)


@pytest.mark.req("K27")
@given(WORDS, PASSAGES)
def test_nothing_of_a_passage_is_left_however_they_overlap(text: str, leave_out: list[str]):
    left = redacted(text, leave_out)
    flat = " ".join(left.lower().split())
    for each in leave_out:
        assert " ".join(each.split()) not in flat.replace(REDACTED, "|")
    if not leave_out:
        assert left == text
    assert disclosure.not_found(left.replace(REDACTED, "|"), leave_out) == leave_out


@pytest.mark.parametrize(
    ("leave_out", "left"),
    [
        ((), "The key ABC-123 opens\nthe vault."),
        (("abc-123",), "The key [redacted] opens\nthe vault."),
        (("key abc", "ABC-123 opens"), "The [redacted]\nthe vault."),
        (("opens the vault",), "The key ABC-123 [redacted]."),
        (("The", "The key"), "[redacted] ABC-123 opens\n[redacted] vault."),
    ],
)
def test_passages_are_left_out_wherever_they_stand(leave_out: tuple[str, ...], left: str):
    assert redacted("The key ABC-123 opens\nthe vault.", leave_out) == left


def test_a_limited_disclosure_has_neither_the_body_nor_what_was_said():
    case = Case("Title", "body", said=[disclosure.Said(True, T0, "words")])
    assert what_leaves(case, Kind.LIMITED, "short", ()) == "Title\n\nSummary\n\nshort\n"
    full = what_leaves(case, Kind.FULL, "", ())
    assert full == "Title\n\nWhat was reported\n\nbody\n\nThe reporter, 2026-03-02 09:00 UTC\n\nwords\n"


@pytest.mark.req("K29")
@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (None, "Nobody asked"),
        (Request(False, T0 + dt.timedelta(seconds=1)), "has until"),
        (Request(False, T0), ""),
        (Request(False, T0 + dt.timedelta(days=9), agreed=True), ""),
        (Request(True, T0 + dt.timedelta(days=9)), ""),
    ],
)
def test_whoever_was_asked_has_their_time(request_: Request | None, why: str):
    said = why_not_publish(request_, now=T0)
    assert why in said
    assert bool(said) is bool(why)


@given(HOURS, HOURS, HOURS)
def test_each_stage_is_told_once_and_the_next_look_is_never_in_the_past(answered: int, first: int, then: int):
    hour = dt.timedelta(hours=1)
    moments = Moments(T0, answered_at=T0 + answered * hour if answered % 3 else None)
    clocks = clocks_of(moments, Targets(), WorkingTime())
    now = T0 + first * hour
    told = {each.key for each in to_tell(clocks, (), now=now)}
    assert to_tell(clocks, told, now=now) == []
    later = now + then * hour
    for each in to_tell(clocks, told, now=later):
        assert each.key not in told
        assert each.clock.runs
        assert each.clock.is_broken(later) is (each.stage is Stage.BROKEN)
    again = look_again(clocks, now=now)
    assert again is not None
    assert now < again <= now + hour
