"""Templates leave nobody out and nobody twice: no gap and no overlap for a year, over the changes of the clocks."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.schedules.cast import DAY, HARD_ZONES, HOUR, UTC
from watchbill.people.rules import clock_time, zone_of
from watchbill.schedules.rules import (
    Facts,
    LayerSpec,
    Local,
    ScheduleRule,
    Version,
    backup_of,
    days_and_weekends,
    doubles,
    final_shifts,
    judge,
    local_hours,
    monday_from,
    parse_turn,
    regions,
    rule_of,
    week_by_week,
)

ZONES = ["Europe/Berlin", "America/New_York"]
MONDAY = dt.date(2026, 11, 30)
NINE = dt.time(9)
HOURS = [dt.time(0), dt.time(2, 30), NINE, dt.time(14), dt.time(20), dt.time(23, 30)]
pytestmark = pytest.mark.req("K46")


def schedule(layers: list[LayerSpec], zone: str) -> ScheduleRule:
    made = [rule_of(Version(spec, zone, False, place, spec.starting)) for place, spec in enumerate(layers)]
    return ScheduleRule(tuple(made), zone=zone)


def year_of(layers: list[LayerSpec], zone: str) -> tuple[ScheduleRule, dt.datetime, dt.datetime]:
    rule = schedule(layers, zone)
    begins = clock_time(dt.datetime.combine(layers[0].starting, layers[0].start), zone_of(zone))
    return rule, begins, begins + 371 * DAY


def is_whole(layers: list[LayerSpec], zone: str) -> None:
    """Each shift begins at the very moment at which another one ends: somebody at every second, and one person."""
    rule, begins, ends = year_of(layers, zone)
    rows = [row for row in final_shifts(rule, begins, ends) if row.start < row.end]
    assert rows[0].start == begins
    assert all(one.end == other.start for one, other in pairwise(rows))
    assert rows[-1].end >= ends


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("start", HOURS)
def test_no_gap_and_no_overlap_for_a_year(zone: str, start: dt.time):
    is_whole(days_and_weekends([1, 2, 3, 4, 5], MONDAY, start), zone)
    is_whole(regions([("Asia", [1, 2]), ("Europe", [3, 4, 5]), ("America", [6])], [1, 3, 6], MONDAY, start), zone)
    is_whole(week_by_week([1, 2, 3], MONDAY, start), zone)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(HARD_ZONES), st.times(), st.dates(dt.date(2026, 1, 1), dt.date(2030, 1, 1)), st.integers(2, 8))
def test_no_gap_and_no_overlap_in_any_zone_at_any_hour(zone: str, start: dt.time, day: dt.date, many: int):
    start, first, people = start.replace(second=0, microsecond=0), monday_from(day), list(range(1, many + 1))
    is_whole(days_and_weekends(people, first, start), zone)
    is_whole(regions([("A", people[:1]), ("B", people), ("C", people[1:])], people, first, start), zone)


@pytest.mark.parametrize("many", range(2, 10))
def test_nobody_goes_from_one_watch_into_the_next_and_everybody_carries_as_much(many: int):
    rule, begins, _ = year_of(days_and_weekends(list(range(many)), MONDAY, NINE), "Europe/Berlin")
    verdict = judge(rule, begins, begins + many * 8 * 7 * DAY, Facts(zones=dict.fromkeys(range(many), "Europe/Berlin")))
    assert verdict.gaps == ()
    # two people cannot but share every weekend: a Friday night goes into Saturday
    assert {finding.kind for finding, _ in verdict.warnings} <= (set() if many > 2 else {"weekends"})
    if many > 2:
        hours = {load.person_id: load.weekends for load in verdict.loads}
        assert max(hours.values()) - min(hours.values()) <= 1


def test_the_turns_of_a_week_are_days_nights_then_a_weekend():
    day, night, weekend = days_and_weekends([1, 2, 3, 4], MONDAY, NINE)
    assert (day.days, day.start, day.order[0]) == (("mon", "tue", "wed", "thu", "fri"), NINE, (1,))
    assert (night.days, night.start, night.order[0]) == (("mon", "tue", "wed", "thu", "fri"), dt.time(21), (3,))
    assert (weekend.days, weekend.start, weekend.length, weekend.order[0]) == (("sat",), NINE, "48h", (4,))
    late = days_and_weekends([1, 2], MONDAY, dt.time(14))[1]
    assert (late.days, late.start, late.starting) == (("tue", "wed", "thu", "fri", "sat"), dt.time(2), MONDAY + DAY)


def test_a_region_is_told_what_its_own_clock_shows():
    asia, europe, america = regions([("Asia", [1]), ("Europe", [2]), ("America", [3])], [1], MONDAY, dt.time(1))[:3]
    assert (europe.start, america.start, america.days) == (NINE, dt.time(17), ("mon", "tue", "wed", "thu", "fri"))
    assert local_hours(europe, "Europe/Berlin", "Europe/Berlin") == [Local(MONDAY, NINE, dt.time(17))]
    assert local_hours(america, "Europe/Berlin", "America/New_York") == [
        Local(MONDAY, dt.time(11), dt.time(19)),
        Local(dt.date(2027, 3, 15), dt.time(12), dt.time(20)),  # New York has changed its clocks, Berlin has not
        Local(dt.date(2027, 3, 29), dt.time(11), dt.time(19)),
        Local(dt.date(2027, 11, 1), dt.time(12), dt.time(20)),
        Local(dt.date(2027, 11, 8), dt.time(11), dt.time(19)),
    ]
    assert [local.start for local in local_hours(asia, "Europe/Berlin", "Asia/Tokyo")] == [NINE, dt.time(8), NINE]


def test_a_backup_is_whoever_had_the_turn_before_and_never_has_both():
    main = week_by_week([1, 2, 3], MONDAY, NINE)
    (second,) = backup_of([Version(spec, "UTC", False, 0, spec.starting) for spec in main], MONDAY)
    assert (second.starting, second.order) == (MONDAY, ((3,), (1,), (2,)))
    assert second.length == "1w"


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["1w", "2 weeks", "1 shift", "3 days", "1 month"]),
    st.integers(0, 400),
    st.integers(0, 3),
    st.integers(2, 5),
    st.sampled_from(ZONES),
)
def test_a_backup_of_a_rotation_that_runs_and_was_edited_never_has_both(turn: str, later: int, index: int, many: int, zone: str):
    specs = [
        LayerSpec("Day", ("mon", "tue", "wed", "thu", "fri"), NINE, "12h", turn, MONDAY, tuple((n,) for n in range(many))),
        LayerSpec("Week", ("mon",), NINE, "1w", turn, MONDAY, tuple((n,) for n in range(many, 2 * many))),
    ]
    versions = [Version(spec, zone, False, place, MONDAY, index % many) for place, spec in enumerate(specs)]
    day = MONDAY + later * DAY
    second = backup_of(versions, day)
    assert all(day <= spec.starting for spec in second)
    main, other = (ScheduleRule((rule_of(versions[place]),), zone=zone) for place in (0, 1)), schedule(second, zone)
    start = dt.datetime.combine(max(spec.starting for spec in second), dt.time(), tzinfo=UTC) + 14 * HOUR
    for place, rule in enumerate(main):
        backup = ScheduleRule((other.layers[place],), zone=zone)
        rows, beside = ([row for row in final_shifts(each, start, start + 300 * DAY) if row.start > start] for each in (rule, backup))
        assert list(doubles(rows, beside)) == []
        assert [(row.start, row.end) for row in rows] == [(row.start, row.end) for row in beside]
    assert parse_turn(turn)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: days_and_weekends([1], MONDAY, NINE), "expected one more"),
        (lambda: regions([("A", [1]), ("B", []), ("C", [2])], [1], MONDAY, NINE), "expected somebody in each"),
        (lambda: regions([("A", [1]), ("B", [2]), ("C", [3])], [], MONDAY, NINE), "somebody for the weekends"),
        (lambda: week_by_week([], MONDAY, NINE), "expected somebody"),
        (
            lambda: backup_of([Version(spec, "UTC", False, 0, MONDAY) for spec in week_by_week([1], MONDAY, NINE)], MONDAY),
            "two turns or more",
        ),
    ],
)
def test_too_few_people_are_asked_for_in_a_sentence(make, said: str):
    with pytest.raises(ValueError, match=said):
        make()


def test_turns_change_on_mondays():
    assert [monday_from(MONDAY + n * DAY) - MONDAY for n in (0, 1, 6, 7)] == [0 * DAY, 7 * DAY, 7 * DAY, 7 * DAY]
