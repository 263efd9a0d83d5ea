"""How long is a while? Table and properties of people.rules, durations and clock times."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.people.rules import Duration, WorkingTime, add, add_months, clock_time, format_duration, parse_duration, parse_time, zone_of

UTC = dt.UTC
HARD_ZONES = (
    "America/Havana",
    "America/Chicago",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Africa/Cairo",
)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("30s", Duration(elapsed=dt.timedelta(seconds=30))),
        ("0s", Duration(elapsed=dt.timedelta(0))),
        ("15m", Duration(elapsed=dt.timedelta(minutes=15))),
        ("12h", Duration(elapsed=dt.timedelta(hours=12))),
        ("90d", Duration(elapsed=dt.timedelta(days=90))),
        ("1w", Duration(elapsed=dt.timedelta(days=7))),
        ("1h30m", Duration(elapsed=dt.timedelta(minutes=90))),
        ("1 day", Duration(days=1)),
        ("3 days", Duration(days=3)),
        ("2 weeks", Duration(days=14)),
        ("1 month", Duration(months=1)),
        ("10 business days", Duration(business_days=10)),
        ("1 shift", Duration(shifts=1)),
    ],
)
def test_a_duration_means_what_it_says(text, means):
    assert parse_duration(text) == means


@pytest.mark.parametrize(
    "text",
    [
        "",
        "15",
        "m",
        "-1h",
        "1.5h",
        "15 m",
        "15M",
        "1 business  day",
        "1 fortnight",
        " 1h",
        "1h ",
        "١h",
        "1y",
        "101 months and a day",
        "99999999999w",
    ],
)
def test_what_is_no_duration_is_refused_with_a_sentence(text):
    with pytest.raises(ValueError, match=r"is no duration; expected a duration such as .*\.$"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["9999999w", "9999999999s", "36601 days", "1201 months", "9999999999 business days", "9999999999 shifts"])
def test_a_duration_longer_than_a_hundred_years_is_refused(text):
    with pytest.raises(ValueError, match="longer than a hundred years"):
        parse_duration(text)


@given(
    st.one_of(
        st.builds(Duration, elapsed=st.integers(0, 10**9).map(lambda n: dt.timedelta(seconds=n))),
        st.builds(Duration, days=st.integers(0, 10_000)),
        st.builds(Duration, months=st.integers(0, 1200)),
        st.builds(Duration, business_days=st.integers(0, 1000)),
        st.builds(Duration, shifts=st.integers(0, 1000)),
    )
)
def test_a_duration_is_read_back_as_it_was_written(duration):
    assert parse_duration(format_duration(duration)) == duration
    assert str(duration) == format_duration(duration)


@pytest.mark.parametrize(
    ("start", "text", "zone", "end"),
    [
        ("2026-03-08T01:30-06:00", "24h", "America/Chicago", "2026-03-09T02:30-05:00"),  # elapsed: the clock moves
        ("2026-03-07T09:00-06:00", "1 day", "America/Chicago", "2026-03-08T09:00-05:00"),  # of the calendar: it does not
        ("2026-03-07T02:30-06:00", "1 day", "America/Chicago", "2026-03-08T03:00-05:00"),  # the night skips it
        ("2026-03-07T02:30-06:00", "2 days", "America/Chicago", "2026-03-09T02:30-05:00"),
        ("2026-10-31T01:30-05:00", "1 day", "America/Chicago", "2026-11-01T01:30-05:00"),  # comes twice: the first
        ("2026-01-31T10:00+00:00", "1 month", "UTC", "2026-02-28T10:00+00:00"),
        ("2028-01-31T10:00+00:00", "1 month", "UTC", "2028-02-29T10:00+00:00"),
        ("2028-02-29T10:00+00:00", "12 months", "UTC", "2029-02-28T10:00+00:00"),
        ("2026-03-06T18:00+01:00", "1 business day", "Europe/Berlin", "2026-03-10T09:00+01:00"),  # Friday evening: from Monday 09:00
        ("2026-03-05T11:00+01:00", "2 business days", "Europe/Berlin", "2026-03-09T11:00+01:00"),
        ("2026-03-08T01:59:59-06:00", "0s", "America/Chicago", "2026-03-08T01:59:59-06:00"),
    ],
)
def test_adding_follows_the_sort_of_the_duration(start, text, zone, end):
    assert add(at(start), parse_duration(text), zone=zone) == at(end)


def test_business_days_are_those_of_whoever_works():
    late = WorkingTime("UTC", days=frozenset({5, 6}), start=dt.time(10), end=dt.time(12))
    assert add(at("2026-03-06T18:00+00:00"), parse_duration("1 business day"), zone="UTC", working=late) == at("2026-03-08T10:00+00:00")


def test_shifts_have_no_end_without_a_schedule():
    with pytest.raises(ValueError, match="only on a schedule"):
        add(at("2026-03-06T18:00+00:00"), parse_duration("1 shift"), zone="UTC")


@given(st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1)), st.integers(-500, 500))
def test_months_end_on_their_last_day_at_the_latest(day, months):
    later = add_months(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later.day < day.day and (later + dt.timedelta(days=1)).day == 1)


@pytest.mark.req("S2", "S3")
@pytest.mark.parametrize(
    ("zone", "local", "instant"),
    [
        ("America/Chicago", "2026-03-08T02:30", "2026-03-08T08:00"),  # skipped: the end of the gap
        ("America/Chicago", "2026-11-01T01:30", "2026-11-01T06:30"),  # twice: the first
        ("America/Havana", "2026-03-08T00:00", "2026-03-08T05:00"),  # the day begins at 01:00
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30"),  # half an hour
        ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00"),  # a day that never was
        ("Asia/Kathmandu", "2026-01-01T00:00", "2025-12-31T18:15"),
    ],
)
def test_a_clock_time_is_one_instant_in_every_night(zone, local, instant):
    assert clock_time(at(local), zone_of(zone)) == at(instant).replace(tzinfo=UTC)


@pytest.mark.req("S2", "S3", "S12")
@pytest.mark.parametrize("zone", HARD_ZONES)
def test_a_clock_time_is_the_first_minute_at_which_the_clock_has_come_so_far(zone):
    """Walks the minutes of the nights around every change of the clocks, in years of which one lost a day (Apia, 2011)."""
    tz = zoneinfo.ZoneInfo(zone)
    for change in (*changes(tz, 2011, 2012), *changes(tz, 2026, 2028)):
        minutes = [change + dt.timedelta(minutes=n) for n in range(-36 * 60, 36 * 60)]
        shown = [minute.astimezone(tz).replace(tzinfo=None) for minute in minutes]
        for half_hour in range(-20, 20):
            local = minutes[36 * 60].astimezone(tz).replace(tzinfo=None) + dt.timedelta(minutes=30 * half_hour)
            walked = next(minute for minute, clock in zip(minutes, shown, strict=True) if clock >= local)
            assert clock_time(local, tz) == walked


def changes(tz: zoneinfo.ZoneInfo, first: int, last: int) -> list[dt.datetime]:
    """The instants at which the clocks of a zone change: days whose offsets differ, walked by minutes."""
    found = []
    day, end = dt.datetime(first, 1, 1, tzinfo=UTC), dt.datetime(last, 1, 1, tzinfo=UTC)
    while day < end:
        after = day + dt.timedelta(days=1)
        if day.astimezone(tz).utcoffset() != after.astimezone(tz).utcoffset():
            minutes = (day + dt.timedelta(minutes=n) for n in range(1, 1441))
            found.append(next(m for m in minutes if m.astimezone(tz).utcoffset() != day.astimezone(tz).utcoffset()))
        day = after
    return found


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        ("2026-11-02T09:00:00Z", "Europe/Berlin", "2026-11-02T09:00+00:00"),
        ("2026-11-02T09:00:00+05:45", "Europe/Berlin", "2026-11-02T03:15+00:00"),
        ("2026-11-02T09:00", "Europe/Berlin", "2026-11-02T08:00+00:00"),
        ("2026-11-02 09:00:30.5", "UTC", "2026-11-02T09:00:30.500+00:00"),
        ("2026-11-02", "Asia/Tokyo", "2026-11-01T15:00+00:00"),
        ("2026-03-08T02:30", "America/Chicago", "2026-03-08T08:00+00:00"),
    ],
)
def test_a_time_without_a_zone_belongs_to_the_schedule(text, zone, instant):
    assert parse_time(text, zone) == at(instant)


@pytest.mark.parametrize(
    "text", ["", "now", "2026-11-02T25:00", "2026-13-01", "20261102", "2026-W10-1", "2026-11-02T09", "09:00", "2026-11-02T09:00+2"]
)
def test_what_is_no_time_is_refused_with_a_sentence(text):
    with pytest.raises(ValueError, match=r"is no time; expected one such as"):
        parse_time(text, "UTC")
