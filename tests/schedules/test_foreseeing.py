"""What a change by hand would do, before it is kept: new gaps and new strain, and nothing that was there without it."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.schedules.cast import ADA, BRUNO, CHEN, DANA, HOUR, at, layer, override, two_desks
from watchbill.schedules.rules import AROUND, ScheduleRule, final_shifts, foresee, new_gaps, news, with_override, without_override
from watchbill.schedules.rules.model import OverrideRule
from watchbill.schedules.rules.verifying import Facts, judge

START, END = at("2026-03-02T08:00"), at("2026-03-03T08:00")


def of(change):
    rule = two_desks()
    return foresee(rule, with_override(rule, change), change.start, change.end)


@pytest.mark.req("S5")
def test_taking_somebody_out_leaves_a_gap_that_is_named():
    rule = two_desks()
    row = final_shifts(rule, START, START + HOUR)[0]
    seen = of(override("remove", row.person_id, "2026-03-02T08:00", "2026-03-02T12:00"))
    assert seen.gaps == ((START, START + 4 * HOUR),)
    assert seen.findings == ()


def test_a_gap_that_is_there_already_is_not_new():
    rule = ScheduleRule((layer([ADA], days="mon tue wed thu fri", length="12h"),))
    change = override("add", BRUNO, "2026-03-02T08:00", "2026-03-04T08:00")
    assert new_gaps(rule, with_override(rule, change), change.start, change.end) == ()
    closed = with_override(rule, change)
    assert new_gaps(closed, without_override(closed, change, now=START), START, change.end) == (
        (at("2026-03-02T20:00"), at("2026-03-03T08:00")),
        (at("2026-03-03T20:00"), at("2026-03-04T08:00")),
    )


KINDS = st.sampled_from(["take", "add", "remove", "replace"])
PEOPLE = st.sampled_from([ADA, BRUNO, CHEN, DANA])


@settings(max_examples=60, deadline=None)
@given(
    changes=st.lists(st.tuples(KINDS, PEOPLE, PEOPLE, st.integers(0, 90), st.integers(1, 40)), min_size=1, max_size=3),
    gone=st.sets(PEOPLE, max_size=2),
)
def test_what_is_foreseen_is_what_the_verifier_finds_new(changes: list, gone: set):
    before = after = two_desks()
    windows = []
    for kind, who, other, begin, length in changes:
        start = START + begin * HOUR
        windows.append((start, start + length * HOUR))
        after = with_override(after, OverrideRule(kind, who, *windows[-1], other if kind == "replace" else None))
    start, end = min(low for low, _ in windows), max(high for _, high in windows)
    seen = foresee(before, after, start, end, gone=gone)
    facts = Facts(gone=gone)
    said = news(judge(before, start - AROUND, end + AROUND, facts), judge(after, start - AROUND, end + AROUND, facts))
    assert seen.findings == said.warnings
    assert seen.gaps == said.gaps == new_gaps(before, after, start, end, gone=gone)


@pytest.mark.req("S14", "K44")
def test_a_night_after_a_day_is_said_to_be_too_little_rest():
    rule = two_desks()
    day = final_shifts(rule, START, START + HOUR)[0].person_id
    seen = of(override("take", day, "2026-03-03T00:00", "2026-03-03T04:00"))
    assert ("rest", day) in {(found.kind, found.person_id) for found, _ in seen.findings}
    assert seen.gaps == ()


def test_a_watch_on_another_schedule_and_time_off_are_said():
    rule, change = two_desks(), override("take", DANA, "2026-03-02T08:00", "2026-03-02T12:00")
    backup = final_shifts(ScheduleRule((layer([DANA]),)), START, END)
    away = {DANA: [(START, END)], CHEN: [(START, END)]}
    seen = foresee(rule, with_override(rule, change), change.start, change.end, beside=[("Backup", backup)], away=away)
    assert {(found.kind, found.person_id, name) for found, name in seen.findings} >= {("double", DANA, "Backup"), ("time_off", DANA, "")}
    assert all(found.person_id == DANA for found, _ in seen.findings if found.kind != "rest")


def test_what_was_there_and_becomes_shorter_is_not_new():
    rule, change = two_desks(), override("take", CHEN, "2026-03-02T12:00", "2026-03-02T16:00")
    day = final_shifts(rule, START, START + HOUR)[0].person_id
    backup = final_shifts(ScheduleRule((layer([day]),)), START, END)
    seen = foresee(rule, with_override(rule, change), change.start, change.end, beside=[("Backup", backup)])
    assert not [found for found, name in seen.findings if name]


def test_one_that_runs_keeps_what_it_did():
    rule, change = two_desks(), override("take", DANA, "2026-03-02T08:00", "2026-03-02T12:00")
    after = without_override(with_override(rule, change), change, now=START + HOUR)
    rows = final_shifts(after, START, START + 4 * HOUR)
    assert (rows[0].person_id, rows[0].end) == (DANA, START + HOUR)
    assert rows[1].person_id == final_shifts(rule, START, START + HOUR)[0].person_id
    assert dt.timedelta(hours=12) > rows[1].end - rows[1].start


def test_more_nights_in_a_row_than_people_stand_are_said_by_their_own_clock():
    rule = ScheduleRule((layer([ADA, BRUNO], start="20:00", length="12h", turn="1w"),))
    (first,) = {row.person_id for row in final_shifts(rule, at("2026-03-02T21:00"), at("2026-03-08T21:00"))}
    change = override("take", first, "2026-03-09T20:00", "2026-03-16T20:00")
    for zone, said in (("UTC", True), ("Pacific/Auckland", False)):
        seen = foresee(rule, with_override(rule, change), change.start, change.end, zones={first: zone})
        assert (("nights", first) in {(found.kind, found.person_id) for found, _ in seen.findings}) is said


def test_a_rest_that_becomes_longer_is_not_new():
    rule = ScheduleRule((layer([ADA], start="08:00", length="12h"), layer([BRUNO], start="20:00", length="2h", name="late")))
    late = override("take", ADA, "2026-03-02T22:00", "2026-03-03T04:00")
    shorter = override("take", BRUNO, "2026-03-03T02:00", "2026-03-03T04:00")
    before = with_override(rule, late)
    seen = foresee(before, with_override(before, shorter), shorter.start, shorter.end)
    assert not [found for found, _ in seen.findings if (found.kind, found.person_id) == ("rest", ADA)]
