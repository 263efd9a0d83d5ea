"""When is a duty asked for, of whom, when is somebody reminded, and what became of it? No database."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import DAY, HOUR, MIN, T0
from watchbill.duties.rules.standing import Done, Slot, Standing, standings, word
from watchbill.duties.rules.windows import Asks, Watch, answers, holders, windows
from watchbill.people.rules import WorkingTime, parse_duration
from watchbill.schedules.rules.model import Shift

ADA, BRUNO, CHEN = 1, 2, 3
EIGHT = T0 - HOUR  # a Monday, 08:00 UTC
DAY_SHIFT = Shift(EIGHT, EIGHT + 12 * HOUR, ADA, layer="day")
WEEK = Shift(T0 - 9 * HOUR, T0 - 9 * HOUR + 7 * DAY, ADA, layer="week")
WORKING = {ADA: WorkingTime("UTC"), BRUNO: WorkingTime("America/New_York")}


def watch(*held: Shift, planned: tuple[Shift, ...] = (), **more) -> Watch:
    return Watch(planned or held, held, WORKING, **more)


def spans(asks: Asks, of: Watch, start: dt.datetime = T0, end: dt.datetime = T0 + HOUR) -> list[tuple[str, str, str]]:
    """From, due and reminder, as the day and the clock of UTC."""
    return [tuple(f"{at:%d %H:%M}" for at in (each.start, each.due, each.remind_at)) for each in windows(asks, of, start, end)]


def test_twice_a_shift_has_one_window_in_each_half_and_a_reminder_before_each_ends() -> None:
    assert spans(Asks("shift", 2), watch(DAY_SHIFT)) == [("02 08:00", "02 14:00", "02 13:00"), ("02 14:00", "02 20:00", "02 19:00")]
    assert spans(Asks("shift"), watch(DAY_SHIFT)) == [("02 08:00", "02 20:00", "02 19:00")]
    assert spans(Asks("shift", due=parse_duration("2h")), watch(DAY_SHIFT)) == [("02 08:00", "02 10:00", "02 09:40")]


def test_a_shift_that_overrides_cut_has_the_windows_of_the_whole_one() -> None:
    cut = [
        DAY_SHIFT._replace(end=EIGHT + 5 * HOUR),
        Shift(EIGHT + 5 * HOUR, EIGHT + 6 * HOUR, BRUNO, "override", "day"),
        DAY_SHIFT._replace(start=EIGHT + 6 * HOUR),
    ]
    found = windows(Asks("shift", 2), watch(*cut, planned=(DAY_SHIFT,)), T0, T0 + HOUR)
    assert [(each.start, each.due) for each in found] == [(EIGHT, EIGHT + 6 * HOUR), (EIGHT + 6 * HOUR, EIGHT + 12 * HOUR)]
    assert [answers(cut, each) for each in found] == [(ADA,), (ADA,)]


def test_after_a_swap_the_new_person_has_it_and_answers_for_it() -> None:
    (window,) = windows(Asks("shift"), watch(DAY_SHIFT), T0, T0 + HOUR)
    given = [DAY_SHIFT._replace(person_id=BRUNO, source="swap")]
    assert (holders(given, T0, "day"), answers(given, window)) == ((BRUNO,), (BRUNO,))
    half = [DAY_SHIFT._replace(end=EIGHT + 6 * HOUR), DAY_SHIFT._replace(start=EIGHT + 6 * HOUR, person_id=BRUNO)]
    assert (holders(half, T0), holders(half, T0 + 6 * HOUR), answers(half, window)) == ((ADA,), (BRUNO,), (BRUNO,))
    assert (holders([], T0), answers([DAY_SHIFT._replace(shadow=True)], window)) == ((), ())


def test_of_two_layers_each_has_its_own() -> None:
    night = Shift(EIGHT, EIGHT + 10 * HOUR, BRUNO, layer="second", rank=1)
    both = watch(DAY_SHIFT._replace(rank=0), night._replace(start=T0))
    found = windows(Asks("shift"), both, T0, T0 + HOUR)
    assert [(each.layer, holders(both.held, T0, each.layer)) for each in found] == [("day", (ADA,)), ("second", (BRUNO,))]


@pytest.mark.req("G5")
def test_a_shared_shift_belongs_to_everybody_who_has_it_and_both_answer() -> None:
    other = DAY_SHIFT._replace(person_id=BRUNO)
    (window,) = windows(Asks("shift"), watch(DAY_SHIFT, other), T0, T0 + HOUR)
    assert (holders([other, DAY_SHIFT], T0, "day"), answers([DAY_SHIFT, other], window)) == ((ADA, BRUNO), (ADA, BRUNO))
    changed = [DAY_SHIFT, other._replace(end=EIGHT + 5 * HOUR), other._replace(start=EIGHT + 5 * HOUR, person_id=CHEN)]
    assert [holders(changed, EIGHT + n * HOUR, "day") for n in (4, 5)] == [(ADA, BRUNO), (ADA, CHEN)]
    assert answers(changed, window) == (ADA, CHEN)  # Bruno had less than half of it
    thirds = [DAY_SHIFT._replace(start=EIGHT + n * 4 * HOUR, end=EIGHT + (n + 1) * 4 * HOUR, person_id=n + 1) for n in range(3)]
    assert answers(thirds, window) == (CHEN,)  # nobody had more than half: of the longest the latest


def test_who_is_added_for_a_while_has_the_duties_too_and_a_shadow_has_none() -> None:
    added = Shift(EIGHT, EIGHT + 12 * HOUR, BRUNO, "override")
    shadow = DAY_SHIFT._replace(person_id=CHEN, shadow=True)
    assert holders([added, DAY_SHIFT, shadow], T0, "day") == holders([added, DAY_SHIFT, shadow], T0) == (ADA, BRUNO)


HELD = st.builds(
    lambda who, start, length, layer, shadow: Shift(EIGHT + start * HOUR, EIGHT + (start + length) * HOUR, who, layer=layer, shadow=shadow),
    st.sampled_from([ADA, BRUNO, CHEN]), st.integers(-2, 11), st.integers(1, 14), st.sampled_from(["day", "second", None]), st.booleans(),
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(HELD, max_size=6))
def test_everybody_who_answers_had_it_and_whoever_had_all_of_it_answers(held: list[Shift]) -> None:
    (window,) = windows(Asks("shift"), watch(DAY_SHIFT), T0, T0 + HOUR)
    hours = [set(holders(held, EIGHT + n * HOUR, "day")) for n in range(12)]
    for n, those in enumerate(hours):
        there = {row.person_id for row in held if row.start <= EIGHT + n * HOUR < row.end and not row.shadow}
        assert those <= there
        assert bool(those) == bool(there)  # somebody is asked whenever somebody has the watch
    found = answers(held, window)
    assert len(found) == len(set(found))
    assert set(found) <= set().union(*hours)
    assert bool(found) == any(hours)
    assert set.intersection(*hours) <= set(found)
    assert answers(held[::-1], window) == found  # in whatever order they are read


@pytest.mark.req("K1")
def test_daily_in_business_time_of_whoever_has_the_watch() -> None:
    five = EIGHT + 6 * DAY
    asks = Asks("business day", in_hours=True)
    assert spans(asks, watch(WEEK), T0, five) == [(f"{day:02} 09:00", f"{day:02} 17:00", f"{day:02} 16:00") for day in range(2, 7)]
    new_york = spans(asks, watch(WEEK._replace(person_id=BRUNO)), T0, T0 + 6 * HOUR)
    assert new_york == [("02 14:00", "02 22:00", "02 21:00")]
    covered = [
        WEEK._replace(end=T0 + 7 * HOUR),
        Shift(T0 + 7 * HOUR, T0 + 8 * HOUR, BRUNO, "override"),
        WEEK._replace(start=T0 + 8 * HOUR),
    ]
    assert spans(asks, watch(*covered), T0, T0 + 12 * HOUR) == [("02 09:00", "02 16:00", "02 15:00")]
    closed = WorkingTime("UTC", off_dates=frozenset({T0.date()}))
    assert spans(asks, watch(WEEK, calendar=closed), T0, T0 + 12 * HOUR) == []


@pytest.mark.req("K4")
def test_weekly_is_due_so_many_business_days_after_the_start_of_the_shift() -> None:
    asks = Asks("week", due=parse_duration("1 business day"), in_hours=True)
    assert spans(asks, watch(WEEK)) == [("02 00:00", "03 09:00", "02 16:00")]
    (late,) = windows(asks, watch(WEEK), T0, T0 + HOUR)
    assert late.group == (WEEK.start, WEEK.end)
    assert spans(Asks("week"), watch(DAY_SHIFT)) == [("02 00:00", "09 00:00", "08 23:00")]


def test_daily_and_monthly_follow_the_calendar_and_skip_what_nobody_watches() -> None:
    assert spans(Asks("day"), watch(DAY_SHIFT), T0 - 2 * DAY, T0 + 3 * DAY) == [("02 00:00", "03 00:00", "02 23:00")]
    assert spans(Asks("month", due=parse_duration("3 days")), watch(DAY_SHIFT)) == [("01 00:00", "04 00:00", "03 23:00")]


A, B = Slot(1, EIGHT, EIGHT + 6 * HOUR), Slot(2, EIGHT + 6 * HOUR, EIGHT + 12 * HOUR)
END = EIGHT + 12 * HOUR


@pytest.mark.req("G15")
@pytest.mark.parametrize(
    ("hours", "now", "states"),
    [
        ([], EIGHT + HOUR, ["open", "open"]),
        ([], END, ["unmet", "unmet"]),
        ([1, 7], END, ["met", "met"]),
        ([7], EIGHT + 8 * HOUR, ["open", "met"]),  # one pass is one pass
        ([7, 8], EIGHT + 9 * HOUR, ["late", "met"]),
        ([1, 2], EIGHT + 3 * HOUR, ["met", "open"]),  # ahead of its window: nobody saw yet what comes in it
        ([1, 2], END, ["met", "late"]),
        ([1, 2, 8], END, ["met", "met"]),
        ([-1, 13], END, ["unmet", "unmet"]),
        ([12], END, ["unmet", "unmet"]),  # the next shift has begun
        ([6], END, ["unmet", "met"]),  # the border belongs to the later one
    ],
)
def test_what_became_of_two_reviews(hours: list[int], now: dt.datetime, states: list[str]) -> None:
    proofs = [Done(n, EIGHT + hour * HOUR, ADA) for n, hour in enumerate(hours)]
    found = standings([B, A], proofs, END, now=now)
    assert [found[1].state, found[2].state] == states


def test_states_have_words() -> None:
    at = [word("open", A.start, A.due, now=EIGHT + n * HOUR) for n in (-1, 0, 6)]
    assert [*at, word("late", A.start, A.due, now=END), word("void", A.start, A.due, now=END)] == [
        "to come",
        "open",
        "overdue",
        "done late",
        "ended before",
    ]


@settings(max_examples=40, deadline=None)
@given(
    times=st.integers(1, 5),
    minutes=st.integers(20, 3000),
    done=st.lists(st.integers(0, 3000), max_size=6),
)
def test_the_parts_fill_the_shift_and_no_proof_counts_twice(times: int, minutes: int, done: list[int]) -> None:
    shift = Shift(EIGHT, EIGHT + minutes * MIN, ADA)
    found = windows(Asks("shift", times), watch(shift), EIGHT, shift.end)
    assert [found[0].start, found[-1].due] == [shift.start, shift.end]
    assert all(one.due == other.start for one, other in pairwise(found))
    assert all(each.start <= each.remind_at < each.due for each in found)
    slots = [Slot(n, each.start, each.due) for n, each in enumerate(found)]
    proofs = [Done(n, EIGHT + at * MIN, ADA) for n, at in enumerate(done)]
    stood: list[Standing] = list(standings(slots, proofs, shift.end, now=shift.end).values())
    used = [each.proof.id for each in stood if each.proof]
    assert len(used) == len(set(used)) == min(times, sum(at < minutes for at in done))
