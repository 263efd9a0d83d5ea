"""When does a watch begin and end for a person? What is told, in a table of moments."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.schedules.cast import ADA, BRUNO, CHEN, HOUR, at, layer
from watchbill.people.rules import WorkingTime
from watchbill.schedules.rules import Point, ScheduleRule, final_shifts, points, spells, window

MIN = dt.timedelta(minutes=1)
TWELVE = ScheduleRule(layers=(layer([ADA, BRUNO], start="08:00", length="12h", turn="1 shift"),))  # a gap each night
ROUND = ScheduleRule(layers=(layer([ADA, BRUNO], start="08:00", length="24h", turn="2 days"),))
WEEKS = ScheduleRule(layers=(layer([ADA, BRUNO], days="mon", start="00:00", length="1w", turn="1 shift"),), hours="business")


def told(rule: ScheduleRule, now: str, working: dict[int, WorkingTime] | None = None) -> list[Point]:
    return list(points(final_shifts(rule, *window(at(now), business=working is not None)), at(now), working))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-01-05T06:59:59", []),
        ("2026-01-05T07:00:00", [("soon", ADA, "2026-01-05T08:00")]),
        ("2026-01-05T07:59:59", [("soon", ADA, "2026-01-05T08:00")]),
        ("2026-01-05T08:00:00", [("begun", ADA, "2026-01-05T08:00")]),
        ("2026-01-05T19:29:59", [("begun", ADA, "2026-01-05T08:00")]),
        ("2026-01-05T19:30:00", [("begun", ADA, "2026-01-05T08:00"), ("ending", ADA, "2026-01-05T20:00")]),
        ("2026-01-05T20:00:00", []),
        ("2026-01-06T07:30:00", [("soon", BRUNO, "2026-01-06T08:00")]),
    ],
)
def test_what_is_told_when(now: str, expected: list[tuple[str, int, str]]):
    assert [(point.what, point.spell.person_id, point.at) for point in told(TWELVE, now)] == [
        (what, who, at(when)) for what, who, when in expected
    ]


def test_whoever_goes_on_hears_nothing():
    """Two days of 24 h shifts are one watch: its middle is no beginning and no end."""
    assert told(ROUND, "2026-01-06T07:40") == []
    assert [(point.what, point.spell.person_id) for point in told(ROUND, "2026-01-07T07:40")] == [("ending", ADA), ("soon", BRUNO)]


def test_it_says_who_has_it_before_and_after():
    ending, soon = told(ROUND, "2026-01-07T07:40")
    assert (ending.spell.after, soon.spell.before) == ((BRUNO,), (ADA,))
    (alone,) = told(TWELVE, "2026-01-05T07:40")
    assert (alone.spell.before, alone.spell.after) == ((), ())


def test_after_an_outage_of_half_a_day_a_beginning_is_not_news_any_more():
    assert [point.what for point in told(ROUND, "2026-01-07T19:59")] == ["begun"]
    assert told(ROUND, "2026-01-07T20:00") == []


def test_shadows_and_gaps_have_nobody_to_tell():
    shadowed = ScheduleRule(
        layers=(layer([ADA], start="08:00", length="12h"), layer([CHEN], start="08:00", length="12h", shadow=True, name="s"))
    )
    assert {point.spell.person_id for point in told(shadowed, "2026-01-05T07:30")} == {ADA}


def test_several_at_once_are_told_each():
    pair = ScheduleRule(layers=(layer([(ADA, CHEN), (BRUNO,)], start="08:00", length="24h"),))
    found = told(pair, "2026-01-06T07:45")
    assert [(point.what, point.spell.person_id) for point in found] == [("ending", ADA), ("ending", CHEN), ("soon", BRUNO)]
    assert found[2].spell.before == (ADA, CHEN)


@pytest.mark.req("K1")
@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-01-12T00:00", []),  # Monday, midnight: nobody works
        ("2026-01-12T08:59", []),
        ("2026-01-12T09:00", [("begun", BRUNO)]),
        ("2026-01-16T16:29", [("begun", BRUNO)]),
        ("2026-01-16T16:30", [("begun", BRUNO), ("ending", BRUNO)]),  # Friday, the last half hour of work
        ("2026-01-16T17:00", []),
        ("2026-01-18T23:45", []),
    ],
)
def test_in_business_hours_it_is_told_while_they_work(now: str, expected: list[tuple[str, int]]):
    working = {ADA: WorkingTime(), BRUNO: WorkingTime()}
    assert [(point.what, point.spell.person_id) for point in told(WEEKS, now, working)] == expected


def test_every_beginning_of_a_year_is_told_once_looked_at_each_quarter_of_an_hour():
    """Whatever the window shows: the same moments, each for the person who has it then."""
    year = (at("2026-01-05T08:00"), at("2026-03-05T08:00"))
    seen: dict[str, set[tuple[int, dt.datetime]]] = {"soon": set(), "begun": set(), "ending": set()}
    now = year[0] - 2 * HOUR
    while now < year[1]:
        for point in points(final_shifts(ROUND, *window(now)), now):
            seen[point.what].add((point.spell.person_id, point.at))
        now += 15 * MIN
    whole = [spell for spell in spells(final_shifts(ROUND, year[0], year[1])) if spell.end < year[1]]
    assert {(spell.person_id, spell.start) for spell in whole} <= seen["begun"]
    assert seen["begun"] == {each for each in seen["soon"] if each[1] < year[1]}
    assert {(spell.person_id, spell.end) for spell in whole} == seen["ending"]
