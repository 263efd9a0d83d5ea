"""When does somebody work? Rules by table and property, and what is read from the database."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import person, team
from watchbill.people.models import TimeOff
from watchbill.people.rules import WorkingTime, parse_hours
from watchbill.people.working import holiday_dates, prepare_holidays, team_calendar, working_times

UTC = dt.UTC
HOUR = dt.timedelta(hours=1)
BERLIN = WorkingTime("Europe/Berlin")
FRIDAY = dt.datetime(2026, 3, 6, 17, tzinfo=UTC)  # 18:00 in Berlin


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("moment", "works"),
    [
        ("2026-03-06T09:00+01:00", True),  # the opening belongs to the hours
        ("2026-03-06T08:59:59+01:00", False),
        ("2026-03-06T16:59:59+01:00", True),
        ("2026-03-06T17:00+01:00", False),  # the closing does not
        ("2026-03-07T12:00+01:00", False),  # Saturday
    ],
)
def test_working_hours_are_half_open(moment, works):
    assert BERLIN.is_working(at(moment)) is works


@pytest.mark.parametrize(("hour", "wakes"), [(6, False), (7, True), (22, True), (23, False)])
def test_waking_hours_are_from_seven_to_eleven(hour, wakes):
    assert BERLIN.is_waking(dt.datetime(2026, 3, 7, hour - 1, tzinfo=UTC)) is wakes


@pytest.mark.req("P23")
def test_friday_evening_waits_for_monday_and_for_the_day_after_a_holiday():
    assert BERLIN.next_opening(FRIDAY) == at("2026-03-09T09:00+01:00")
    assert WorkingTime("Europe/Berlin", off_dates=frozenset({dt.date(2026, 3, 9)})).next_opening(FRIDAY) == at("2026-03-10T09:00+01:00")
    assert BERLIN.next_opening(at("2026-03-06T12:34+01:00")) == at("2026-03-06T12:34+01:00")


def test_time_off_is_cut_out_of_the_hours():
    away = WorkingTime("UTC", time_off=((at("2026-03-09T10:00+00:00"), at("2026-03-09T12:00+00:00")),))
    assert away.is_working(at("2026-03-09T09:59+00:00"))
    assert not away.is_working(at("2026-03-09T10:00+00:00"))
    assert away.next_opening(at("2026-03-09T11:00+00:00")) == at("2026-03-09T12:00+00:00")
    assert away.add_working(at("2026-03-09T09:30+00:00"), HOUR) == at("2026-03-09T12:30+00:00")


def test_whoever_is_away_for_ever_is_treated_as_back_so_that_no_wait_hangs():
    gone = WorkingTime("UTC", time_off=((at("2026-03-01T00:00+00:00"), at("2190-01-01T00:00+00:00")),))
    assert gone.next_opening(FRIDAY) < at("2030-01-01T00:00+00:00")
    assert gone.add_business_days(FRIDAY, 2) > FRIDAY


def test_hours_over_midnight_belong_to_the_day_on_which_they_open():
    nights = WorkingTime("UTC", days=frozenset({4}), start=dt.time(22), end=dt.time(6))
    assert nights.is_working(at("2026-03-07T05:59+00:00"))
    assert not nights.is_working(at("2026-03-07T06:00+00:00"))
    assert not nights.is_working(at("2026-03-06T05:00+00:00"))
    assert nights.add_business_days(at("2026-03-07T01:00+00:00"), 1) == at("2026-03-14T01:00+00:00")


def test_equal_hours_are_the_whole_day():
    always = WorkingTime("UTC", days=frozenset(range(7)), start=dt.time(), end=dt.time())
    assert always.is_working(FRIDAY)
    assert always.add_working(FRIDAY, 100 * HOUR) == FRIDAY + 100 * HOUR


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-03-05T11:00+01:00", 1, "2026-03-06T11:00+01:00"),
        ("2026-03-06T11:00+01:00", 1, "2026-03-09T11:00+01:00"),
        ("2026-03-06T18:00+01:00", 1, "2026-03-10T09:00+01:00"),  # from outside: counted from the next opening
        ("2026-03-06T18:00+01:00", 0, "2026-03-09T09:00+01:00"),
        ("2026-03-27T11:00+01:00", 1, "2026-03-30T11:00+02:00"),  # the clocks change on Sunday, the clock time stays
    ],
)
def test_a_business_day_is_the_same_clock_time_on_the_next_working_day(start, days, end):
    assert BERLIN.add_business_days(at(start), days) == at(end)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-03-06T16:50+01:00", 15, "2026-03-09T09:05+01:00"),
        ("2026-03-06T16:45+01:00", 15, "2026-03-06T17:00+01:00"),  # all of it done: over, though the hours end
        ("2026-03-07T12:00+01:00", 15, "2026-03-09T09:15+01:00"),
        ("2026-03-06T09:00+01:00", 16 * 60, "2026-03-09T17:00+01:00"),
        ("2026-03-07T12:00+01:00", 0, "2026-03-07T12:00+01:00"),
    ],
)
def test_working_time_counts_only_hours_of_work(start, minutes, end):
    assert BERLIN.add_working(at(start), dt.timedelta(minutes=minutes)) == at(end)


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"])
MOMENTS = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2028, 1, 1)).map(
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=UTC)
)
WORKING = st.builds(
    WorkingTime,
    zone=ZONES,
    days=st.frozensets(st.integers(0, 6), min_size=1),
    start=st.sampled_from([dt.time(h, m) for h in (0, 2, 9, 22) for m in (0, 30)]),
    end=st.sampled_from([dt.time(h, m) for h in (0, 3, 17, 23) for m in (0, 30)]),
    off_dates=st.frozensets(st.dates(dt.date(2026, 1, 1), dt.date(2028, 1, 1)), max_size=5),
    time_off=st.lists(st.tuples(MOMENTS, st.integers(1, 500)), max_size=3).map(
        lambda spans: tuple((start, start + dt.timedelta(hours=hours)) for start, hours in spans)
    ),
)


@settings(max_examples=60, deadline=None)
@given(WORKING, MOMENTS)
def test_the_next_opening_is_the_first_minute_of_work(working, moment):
    opening = working.next_opening(moment)
    assert working.is_working(opening)
    minutes = min(int((opening - moment) / dt.timedelta(minutes=1)), 4000)
    assert not any(working.is_working(moment + dt.timedelta(minutes=n)) for n in range(minutes - 1, 0, -7))


@settings(max_examples=60, deadline=None)
@given(WORKING, MOMENTS, st.integers(1, 3000))
def test_as_much_work_lies_between_as_was_asked(working, moment, minutes):
    end = working.add_working(moment, dt.timedelta(minutes=minutes))
    walked = int((end - moment) / dt.timedelta(minutes=1))
    if walked < 30_000:
        assert sum(working.is_working(moment + dt.timedelta(minutes=n)) for n in range(walked)) == minutes


@settings(max_examples=60, deadline=None)
@given(WORKING, MOMENTS, st.integers(0, 5))
def test_business_days_end_at_work_and_later_ones_later(working, moment, days):
    end = working.add_business_days(moment, days)
    assert working.is_working(end)
    assert moment <= end <= working.add_business_days(moment, days + 1)


def test_hours_of_the_file_have_defaults():
    assert parse_hours(None) == (frozenset(range(5)), dt.time(9), dt.time(17))
    assert parse_hours({"days": ["sun"], "from": "08:30", "to": "12:00"}) == (frozenset({6}), dt.time(8, 30), dt.time(12))
    assert parse_hours({"days": []})[0] == frozenset(range(5))


def test_holidays_of_a_country_and_of_a_part_of_it():
    around = dt.datetime(2026, 6, 1, tzinfo=UTC)
    assert dt.date(2026, 12, 25) in holiday_dates("GB", around=around)
    assert dt.date(2026, 1, 6) in holiday_dates("DE-BY", around=around)  # Epiphany: in Bavaria
    assert dt.date(2026, 1, 6) not in holiday_dates("DE", around=around)
    assert holiday_dates("", around=around) == holiday_dates("ATLANTIS", around=around) == frozenset()


@pytest.mark.django_db
@pytest.mark.req("P23")
def test_working_times_are_read_in_two_queries(django_assert_num_queries):
    bruno = person("bruno", timezone="Europe/Berlin", holidays="DE")
    ada = person("ada", timezone="UTC", hours={"days": ["sat"], "from": "10:00", "to": "12:00"})
    TimeOff.objects.create(person=ada, start=at("2026-03-07T10:00+00:00"), end=at("2026-03-07T11:00+00:00"))
    holiday_dates("DE", around=FRIDAY)
    with django_assert_num_queries(2):
        found = working_times([bruno.id, ada.id], around=FRIDAY)
    assert found[ada.id].next_opening(FRIDAY) == at("2026-03-07T11:00+00:00")
    assert found[bruno.id].next_opening(at("2026-04-02T18:00+02:00")) == at("2026-04-07T09:00+02:00")  # over Good Friday and Easter Monday


@pytest.mark.django_db
def test_a_team_has_a_calendar_or_none():
    calendar = {"timezone": "Europe/London", "days": ["mon"], "from": "08:00", "to": "10:00", "holidays": "GB", "closed": ["2026-03-09"]}
    desk = team("Committee", calendar=calendar)
    found = team_calendar(desk, around=FRIDAY)
    assert found is not None
    assert found.next_opening(FRIDAY) == at("2026-03-16T08:00+00:00")
    assert team_calendar(team("Other"), around=FRIDAY) is None
    prepare_holidays(now=FRIDAY)
