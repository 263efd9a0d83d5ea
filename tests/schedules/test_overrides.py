"""The algebra of overrides: each changes its window and nothing else, later ones win, parts are rows of their own."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.schedules.cast import ADA, BRUNO, CHEN, DAY, HOUR, at, layer, two_desks
from watchbill.schedules.rules import OverrideRule, ScheduleRule, Shift, final_shifts, on_call_at

START, END = at("2026-03-23T00:00"), at("2026-04-06T00:00")  # two weeks with a change of the clocks
PEOPLE = st.integers(1, 6)
LAYERS = st.none() | st.sampled_from(["weekday day", "weekday night", "weekend"])


@st.composite
def overrides(draw: st.DrawFn, kind: str | None = None, layers: st.SearchStrategy[str | None] = LAYERS) -> OverrideRule:
    chosen = kind or draw(st.sampled_from(["take", "replace", "add", "remove", "shadow", "reverse_shadow"]))
    start = START + draw(st.integers(0, 14 * 24 * 4 - 1)) * dt.timedelta(minutes=15)
    end = start + draw(st.integers(1, 72 * 4)) * dt.timedelta(minutes=15)
    replaced = draw(PEOPLE) if chosen == "replace" else None
    return OverrideRule(chosen, draw(PEOPLE), start, end, replaced, draw(layers))


MANY = st.lists(overrides(), max_size=6)


def with_(*changes: OverrideRule) -> ScheduleRule:
    return two_desks("Europe/Berlin", overrides=tuple(changes))


def moments(*changes: OverrideRule) -> list[dt.datetime]:
    """Every moment at which anything may change, and the one before."""
    edges = {START + n * 6 * HOUR for n in range(56)} | {edge for change in changes for edge in (change.start, change.end)}
    return sorted(edges | {edge - dt.timedelta(seconds=1) for edge in edges})


def on_watch(rule: ScheduleRule, moment: dt.datetime) -> list[int | None]:
    return sorted(row.person_id for row in on_call_at(rule, moment) if not row.shadow)


def shadowing(rule: ScheduleRule, moment: dt.datetime) -> list[int | None]:
    return sorted(row.person_id for row in on_call_at(rule, moment) if row.shadow)


def seconds(rows: list[Shift]) -> set[tuple[int | None, str | None, dt.datetime, dt.datetime]]:
    return {(row.person_id, row.layer, row.start, row.end) for row in rows}


@pytest.mark.req("S4", "S5", "S14")
@settings(max_examples=40, deadline=None)
@given(MANY, overrides())
def test_an_override_changes_nothing_outside_its_window(before, last):
    old, new = with_(*before), with_(*before, last)
    for moment in moments(*before, last):
        if not last.start <= moment < last.end:
            assert on_watch(new, moment) == on_watch(old, moment)
            assert shadowing(new, moment) == shadowing(old, moment)


@pytest.mark.req("S14")
@settings(max_examples=40, deadline=None)
@given(MANY, overrides("take", st.none()))
def test_after_a_take_its_person_is_alone_in_the_window(before, last):
    rule = with_(*before, last)
    for moment in moments(*before, last):
        if last.start <= moment < last.end:
            assert on_watch(rule, moment) == [last.person_id]


@pytest.mark.req("S4")
@settings(max_examples=40, deadline=None)
@given(MANY, overrides("replace", st.none()))
def test_a_replacement_puts_b_exactly_where_a_was(before, last):
    old, new = with_(*before), with_(*before, last)
    for moment in moments(*before, last):
        if last.start <= moment < last.end:
            expected = sorted(last.person_id if person == last.replaced_id else person for person in on_watch(old, moment))
            assert on_watch(new, moment) == expected


@pytest.mark.req("S5")
@settings(max_examples=40, deadline=None)
@given(MANY, overrides("add", st.none()), overrides("remove", st.none()))
def test_add_is_a_union_and_remove_leaves_nobody_of_that_name(before, joins, leaves):
    old, added, removed = with_(*before), with_(*before, joins), with_(*before, leaves)
    for moment in moments(*before, joins, leaves):
        if joins.start <= moment < joins.end:
            assert on_watch(added, moment) == sorted([*on_watch(old, moment), joins.person_id])
        if leaves.start <= moment < leaves.end:
            assert on_watch(removed, moment) == [person for person in on_watch(old, moment) if person != leaves.person_id]


@settings(max_examples=40, deadline=None)
@given(MANY, overrides("shadow"))
def test_a_shadow_is_notified_along_and_changes_no_coverage(before, last):
    old, new = with_(*before), with_(*before, last)
    for moment in moments(*before, last):
        assert on_watch(new, moment) == on_watch(old, moment)
        joins = [last.person_id] if last.start <= moment < last.end else []
        assert shadowing(new, moment) == sorted([*shadowing(old, moment), *joins])


@settings(max_examples=40, deadline=None)
@given(MANY, overrides("reverse_shadow", st.none()))
def test_in_a_reverse_shadow_one_has_the_watch_and_whoever_had_it_shadows(before, last):
    old, new = with_(*before), with_(*before, last)
    for moment in moments(*before, last):
        if last.start <= moment < last.end:
            assert on_watch(new, moment) == [last.person_id]
            stay = [person for person in on_watch(old, moment) if person != last.person_id]
            assert shadowing(new, moment) == sorted([*shadowing(old, moment), *stay])


def test_in_a_stack_only_whoever_really_had_it_becomes_the_shadow():
    low, high = layer([ADA], name="low"), layer([BRUNO], name="high", position=1)
    stack = [replace(each, hides=True) for each in (low, high)]
    change = OverrideRule("reverse_shadow", CHEN, START, START + HOUR)
    rule = ScheduleRule(tuple(stack), (change,))
    assert (on_watch(rule, START), shadowing(rule, START)) == ([CHEN], [BRUNO])
    own = ScheduleRule(tuple(stack), (replace(change, person_id=BRUNO),))
    assert (on_watch(own, START), shadowing(own, START)) == ([BRUNO], [])


@settings(max_examples=40, deadline=None)
@given(MANY)
def test_every_window_shows_the_same_whole_rows(changes):
    rule = with_(*changes)
    wide = final_shifts(rule, START - 7 * DAY, END + 14 * DAY)
    assert wide == sorted(wide, key=lambda row: row.start)
    for moment in moments(*changes)[::5]:
        window = final_shifts(rule, moment, moment + 10 * HOUR)
        assert window == [row for row in wide if row.end > moment and row.start < moment + 10 * HOUR]
        assert on_call_at(rule, moment) == [row for row in wide if row.start <= moment < row.end]


@settings(max_examples=40, deadline=None)
@given(MANY)
def test_the_parts_of_the_layers_stay_inside_the_shifts_they_were_cut_from(changes):
    whole = final_shifts(two_desks("Europe/Berlin"), START - 7 * DAY, END + 14 * DAY)
    for row in final_shifts(with_(*changes), START, END):
        assert row.start < row.end
        if row.source == "layer":
            of = [shift for shift in whole if shift.layer == row.layer and shift.start <= row.start and row.end <= shift.end]
            assert [shift.person_id for shift in of] == [row.person_id]
        else:
            assert any(change.start <= row.start and row.end <= change.end and change.person_id == row.person_id for change in changes)


@settings(max_examples=20, deadline=None)
@given(MANY)
def test_the_same_override_twice_is_as_once_unless_it_adds(changes):
    steady = [change for change in changes if change.kind != "add" and change.layer is None]
    assert seconds(final_shifts(with_(*steady, *steady), START, END)) == seconds(final_shifts(with_(*steady, *steady, *steady), START, END))
