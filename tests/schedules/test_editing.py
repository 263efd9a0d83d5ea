"""An edit of a rotation takes effect from a moment. What was, stays."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.schedules.cast import ADA, BRUNO, CHEN, DANA, DAY, EMEKA, HOUR, WEEK, at
from watchbill.schedules.rules import LayerSpec, ScheduleRule, Shift, Version, final_shifts, on_call_at, plan_edit, rule_of

LONG_AGO = at("2026-01-01T00:00")
START, END = at("2026-01-05T08:00"), at("2026-06-01T08:00")
SPEC = LayerSpec("all", WEEK, dt.time(8), "24h", "1w", dt.date(2026, 1, 5), ((ADA,), (BRUNO,), (CHEN,), (DANA,)))
NOW = at("2026-02-18T12:00")  # a Wednesday; Chen's week (Ada's was the first)


class Desk:
    """The stored versions, edited in memory as the action does it in the database."""

    def __init__(self, *specs: LayerSpec, zone: str = "UTC", hides: bool = False, now: dt.datetime = LONG_AGO) -> None:
        self.versions: dict[int, Version] = {}
        self.edit(*specs, zone=zone, hides=hides, now=now)

    def edit(self, *specs: LayerSpec, now: dt.datetime, zone: str = "UTC", hides: bool = False) -> list[str]:
        edit = plan_edit(list(self.versions.values()), specs, zone=zone, hides=hides, now=now)
        for version_id in edit.forgotten:
            del self.versions[version_id]
        for version_id, until in edit.ended.items():
            self.versions[version_id] = replace(self.versions[version_id], valid_until=until)
        for version_id, position in edit.moved.items():
            self.versions[version_id] = replace(self.versions[version_id], position=position)
        for version in edit.added:
            number = max(self.versions, default=0) + 1
            self.versions[number] = replace(version, id=number)
        return edit.changed

    @property
    def rule(self) -> ScheduleRule:
        return ScheduleRule(tuple(rule_of(version) for version in self.versions.values()))

    def shifts(self, start: dt.datetime = START, end: dt.datetime = END) -> list[Shift]:
        return final_shifts(self.rule, start, end)

    def weeks(self, start: dt.datetime, count: int) -> list[list[int | None]]:
        """Who has the shifts of each week from there on."""
        rows = [self.shifts(start + n * 7 * DAY, start + (n + 1) * 7 * DAY) for n in range(count)]
        return [list(dict.fromkeys(row.person_id for row in week)) for week in rows]


def order(*people: int | tuple[int, ...]) -> LayerSpec:
    return replace(SPEC, order=tuple((one,) if isinstance(one, int) else one for one in people))


MONDAY = at("2026-02-16T08:00")  # of Chen's week


def test_the_desk_is_as_the_tests_below_say():
    assert Desk(SPEC).weeks(MONDAY, 4) == [[CHEN], [DANA], [ADA], [BRUNO]]


@pytest.mark.req("S8")
def test_whoever_is_active_and_removed_stays_until_the_turn_ends_and_the_next_follows():
    desk = Desk(SPEC)
    before = desk.shifts(START, NOW)
    assert desk.edit(order(ADA, BRUNO, DANA), now=NOW) == ["all"]
    assert desk.weeks(MONDAY, 5) == [[CHEN], [DANA], [ADA], [BRUNO], [DANA]]
    assert desk.shifts(START, NOW) == before


@pytest.mark.req("S8")
@pytest.mark.parametrize(
    ("left", "weeks"),
    [
        ((BRUNO, CHEN, DANA), [[CHEN], [DANA], [BRUNO], [CHEN], [DANA]]),
        ((ADA, CHEN, DANA), [[CHEN], [DANA], [ADA], [CHEN], [DANA]]),
        ((ADA, BRUNO, CHEN), [[CHEN], [ADA], [BRUNO], [CHEN], [ADA]]),
    ],
)
def test_removing_somebody_else_keeps_the_order_of_the_others(left, weeks):
    desk = Desk(SPEC)
    desk.edit(order(*left), now=NOW)
    assert desk.weeks(MONDAY, 5) == weeks


@pytest.mark.req("S8")
def test_removing_several_at_once_goes_on_with_the_next_who_is_left():
    desk = Desk(SPEC)
    desk.edit(order(ADA, BRUNO), now=NOW)
    assert desk.weeks(MONDAY, 4) == [[CHEN], [ADA], [BRUNO], [ADA]]


@pytest.mark.req("S8")
def test_somebody_new_takes_their_place_in_the_order():
    desk = Desk(SPEC)
    desk.edit(order(ADA, BRUNO, CHEN, EMEKA, DANA), now=NOW)
    assert desk.weeks(MONDAY, 5) == [[CHEN], [DANA], [ADA], [BRUNO], [CHEN]]
    desk = Desk(SPEC)
    desk.edit(order(EMEKA), now=NOW)
    assert desk.weeks(MONDAY, 2) == [[CHEN], [EMEKA]]


@pytest.mark.req("S8")
def test_one_of_two_at_once_is_removed_at_the_end_of_the_turn():
    desk = Desk(order((ADA, BRUNO), (CHEN, DANA)))
    assert desk.weeks(MONDAY, 2) == [[ADA, BRUNO], [CHEN, DANA]]
    desk.edit(order(ADA, (CHEN, DANA)), now=NOW)
    assert desk.weeks(MONDAY, 3) == [[ADA, BRUNO], [CHEN, DANA], [ADA]]


@pytest.mark.req("S8")
def test_between_the_calendar_day_of_a_turn_and_its_first_shift_the_turn_has_not_begun():
    desk = Desk(SPEC)
    desk.edit(order(ADA, BRUNO, CHEN), now=at("2026-02-23T03:00"))  # Dana's Monday, and Chen is still on watch
    assert desk.weeks(MONDAY, 3) == [[CHEN], [ADA], [BRUNO]]


@pytest.mark.req("S8")
def test_a_rotation_by_shift_hands_over_with_the_next_shift():
    daily = replace(SPEC, turn="1 shift")
    desk = Desk(daily)
    assert [row.person_id for row in desk.shifts(NOW, NOW + 4 * DAY)] == [ADA, BRUNO, CHEN, DANA, ADA]
    desk.edit(replace(daily, order=((BRUNO,), (CHEN,), (DANA,))), now=NOW)
    assert [row.person_id for row in desk.shifts(NOW, NOW + 4 * DAY)] == [ADA, BRUNO, CHEN, DANA, BRUNO]


@pytest.mark.req("S9")
def test_the_first_version_holds_from_starting_and_only_a_later_edit_is_dated():
    desk = Desk(SPEC, now=NOW)  # applied in February, starting in January
    assert [row.person_id for row in on_call_at(desk.rule, START)] == [ADA]
    desk.edit(replace(SPEC, start=dt.time(10)), now=NOW)
    assert [version.valid_from for version in desk.versions.values()] == [
        None,
        NOW + dt.timedelta(microseconds=1),
    ]  # what starts at that very moment has begun


@pytest.mark.req("S9")
def test_other_times_hold_from_now_and_the_shift_that_runs_ends_as_it_was():
    desk = Desk(SPEC)
    desk.edit(replace(SPEC, start=dt.time(20), length="24h"), now=NOW)
    rows = desk.shifts(NOW - HOUR, NOW + 2 * DAY)
    assert [(row.start, row.end, row.person_id) for row in rows] == [
        (at("2026-02-18T08:00"), at("2026-02-19T08:00"), CHEN),
        (at("2026-02-18T20:00"), at("2026-02-19T20:00"), CHEN),
        (at("2026-02-19T20:00"), at("2026-02-20T20:00"), CHEN),
    ]
    assert desk.weeks(MONDAY + DAY, 3) == [[CHEN, DANA], [DANA, ADA], [ADA, BRUNO]]  # from Tuesday to Tuesday


@pytest.mark.req("S9")
def test_a_longer_turn_goes_on_with_whoever_has_it():
    desk = Desk(SPEC)
    desk.edit(replace(SPEC, turn="2 weeks"), now=NOW)
    assert desk.weeks(MONDAY, 6) == [[CHEN], [CHEN], [DANA], [DANA], [ADA], [ADA]]  # turns of two weeks from 5 January


@pytest.mark.req("S9")
def test_another_zone_holds_from_now_and_the_past_keeps_its_own():
    desk = Desk(SPEC)
    before = [row for row in desk.shifts() if row.start <= NOW]
    desk.edit(SPEC, zone="Asia/Tokyo", now=NOW)
    assert [row for row in desk.shifts() if row.start <= NOW] == before
    assert {f"{row.start:%H:%M}" for row in desk.shifts() if row.start > NOW} == {"23:00"}


@pytest.mark.req("S9")
def test_a_stack_that_becomes_a_union_keeps_its_past():
    top = replace(SPEC, name="top", order=((EMEKA,),))
    desk = Desk(SPEC, top, hides=True)
    before = [row for row in desk.shifts() if row.start <= NOW]
    desk.edit(SPEC, top, hides=False, now=NOW)
    assert [row for row in desk.shifts() if row.start <= NOW] == before
    assert {row.person_id for row in on_call_at(desk.rule, NOW)} == {EMEKA}
    assert {row.person_id for row in on_call_at(desk.rule, NOW + DAY)} == {CHEN, EMEKA}


def test_another_starting_begins_anew_on_that_day_and_until_then_nothing_changes():
    desk = Desk(SPEC)
    desk.edit(replace(SPEC, starting=dt.date(2026, 3, 2)), now=NOW)
    assert desk.weeks(MONDAY, 4) == [[CHEN], [DANA], [ADA], [BRUNO]]
    desk = Desk(SPEC)
    desk.edit(replace(SPEC, starting=dt.date(2026, 3, 9)), now=NOW)
    assert desk.weeks(MONDAY, 5) == [[CHEN], [DANA], [ADA], [ADA], [BRUNO]]


def test_a_layer_that_is_gone_starts_no_further_shift():
    desk = Desk(SPEC, replace(SPEC, name="second", order=((EMEKA,),)))
    assert desk.edit(SPEC, now=NOW) == ["second"]
    assert {row.person_id for row in on_call_at(desk.rule, NOW)} == {CHEN, EMEKA}
    assert {row.person_id for row in on_call_at(desk.rule, NOW + DAY)} == {CHEN}
    assert desk.edit(SPEC, now=NOW + DAY) == []


@pytest.mark.req("S9")
def test_a_renamed_layer_goes_on_and_leaves_the_past_to_the_old_name():
    desk = Desk(SPEC)
    desk.edit(order(ADA, BRUNO, DANA), now=NOW)
    weeks = desk.weeks(MONDAY, 6)
    desk.edit(replace(order(ADA, BRUNO, DANA), name="around the clock"), now=NOW + 10 * DAY)
    assert desk.weeks(MONDAY, 6) == weeks
    assert {row.layer for row in desk.shifts(START, NOW)} == {"all"}
    assert {row.layer for row in desk.shifts(NOW + 11 * DAY, END)} == {"around the clock"}


def test_a_layer_that_comes_back_does_not_rewrite_the_time_without_it():
    second = replace(SPEC, name="second", order=((EMEKA,),))
    desk = Desk(SPEC, second)
    desk.edit(SPEC, now=NOW)
    desk.edit(SPEC, second, now=NOW + 10 * DAY)
    assert {row.person_id for row in on_call_at(desk.rule, NOW + 5 * DAY)} == {DANA}
    assert EMEKA in {row.person_id for row in on_call_at(desk.rule, NOW + 12 * DAY)}


def test_the_same_file_again_changes_nothing():
    desk = Desk(SPEC)
    versions = dict(desk.versions)
    assert desk.edit(replace(SPEC, days=tuple(reversed(WEEK))), now=NOW) == []
    assert desk.versions == versions


def test_an_edit_that_is_taken_back_before_it_holds_leaves_no_trace():
    desk = Desk(SPEC)
    desk.edit(order(ADA, BRUNO), now=NOW)
    desk.edit(SPEC, now=NOW + HOUR)
    assert desk.weeks(MONDAY, 4) == [[CHEN], [DANA], [ADA], [BRUNO]]
    assert len(desk.versions) == 1


def test_before_the_first_shift_the_file_is_taken_as_it_stands():
    desk = Desk(SPEC)
    desk.edit(order(EMEKA, ADA), now=at("2026-01-05T07:00"))
    assert desk.weeks(START, 3) == [[EMEKA], [ADA], [EMEKA]]


def test_layers_of_a_union_change_places_without_a_new_version():
    other = replace(SPEC, name="other")
    desk = Desk(SPEC, other)
    assert desk.edit(other, SPEC, now=NOW) == []
    assert {version.spec.name: version.position for version in desk.versions.values()} == {"other": 0, "all": 1}
    stack = Desk(SPEC, other, hides=True)
    assert stack.edit(other, SPEC, hides=True, now=NOW) == ["other", "all"]


ORDERS = st.lists(st.sampled_from([(ADA,), (BRUNO,), (CHEN,), (DANA,), (ADA, EMEKA)]), min_size=1, max_size=4, unique=True).map(tuple)
EDITS = st.lists(
    st.tuples(
        st.integers(1, 24 * 20),  # hours after the one before
        st.builds(
            LayerSpec,
            name=st.sampled_from(["all", "all", "all", "other"]),
            days=st.sampled_from([WEEK, WEEK[:5]]),
            start=st.sampled_from([dt.time(8), dt.time(2, 30), dt.time(20)]),
            length=st.sampled_from(["24h", "12h"]),
            turn=st.sampled_from(["1w", "1 shift", "24h", "2 weeks", "1 month"]),
            starting=st.sampled_from([dt.date(2026, 1, 5), dt.date(2026, 3, 2), dt.date(2026, 5, 1)]),
            order=ORDERS,
        ),
        st.sampled_from(["UTC", "Europe/Berlin", "America/Havana"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.req("S8", "S9")
@settings(max_examples=80, deadline=None)
@given(EDITS)
def test_no_edit_ever_changes_what_has_begun(edits):
    desk, now = Desk(SPEC), at("2026-01-20T00:00")
    for hours, spec, zone, hides in edits:
        now += hours * HOUR
        before = [row for row in desk.shifts(START, now + HOUR) if row.start <= now]
        desk.edit(spec, zone=zone, hides=hides, now=now)
        after = [row for row in desk.shifts(START, now + HOUR) if row.start <= now]
        assert [(r.start, r.person_id, r.layer) for r in after] == [(r.start, r.person_id, r.layer) for r in before]
        assert [r.end for r in after if r.end <= now] == [r.end for r in before if r.end <= now]


@pytest.mark.req("S8")
@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 24 * 20), ORDERS), min_size=1, max_size=5), st.sampled_from(["1w", "1 shift", "2 weeks", "1 month"])
)
def test_new_orders_leave_no_gap_no_overlap_and_never_cut_a_turn(edits, turn):
    spec = replace(SPEC, turn=turn, order=SPEC.order)
    desk, now = Desk(spec), at("2026-01-20T00:00")
    for hours, people in edits:
        now += hours * HOUR
        spec = replace(spec, order=people)
        (*_, running) = [row for row in desk.shifts() if row.start <= now]
        desk.edit(spec, now=now)
        assert on_call_at(desk.rule, now)[-1].person_id == running.person_id
    starts = sorted({row.start for row in desk.shifts()})
    assert all(after - before == DAY for before, after in pairwise(starts))
    assert {row.person_id for row in desk.shifts(END + 200 * DAY, END + 400 * DAY)} == {person for entry in spec.order for person in entry}


@pytest.mark.req("K46")
def test_a_layer_with_an_end_starts_no_shift_from_that_day_on_and_turns_as_before_until_then():
    desk, ends = Desk(SPEC), replace(SPEC, ending=dt.date(2026, 3, 2))
    before = desk.shifts()
    assert desk.edit(ends, now=NOW) == ["all"]
    assert desk.shifts() == [row for row in before if row.start < at("2026-03-02T00:00")]
    assert desk.shifts()[-1].end == at("2026-03-02T08:00")  # the shift that had begun ends as it was
    assert desk.edit(ends, now=NOW + HOUR) == []


@pytest.mark.req("K46", "S9")
def test_an_end_that_is_taken_away_before_it_comes_was_never_there_and_after_it_leaves_the_past_alone():
    usual = Desk(SPEC).shifts()
    desk = Desk(SPEC)
    desk.edit(replace(SPEC, ending=dt.date(2026, 3, 2)), now=NOW)
    desk.edit(SPEC, now=NOW + DAY)
    assert desk.shifts() == usual
    desk.edit(replace(SPEC, ending=dt.date(2026, 3, 2)), now=NOW + 2 * DAY)
    late = at("2026-03-11T12:00")
    desk.edit(SPEC, now=late)
    assert desk.shifts() == [row for row in usual if row.start < at("2026-03-02T00:00") or row.start > late]


@pytest.mark.req("K46")
def test_the_last_day_begins_at_midnight_of_the_layers_zone():
    desk = Desk(replace(SPEC, start=dt.time(0), ending=dt.date(2026, 3, 2)), zone="Pacific/Auckland")
    assert desk.shifts()[-1].end == at("2026-03-02T00:00+13:00")
