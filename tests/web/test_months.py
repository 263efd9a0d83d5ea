"""A month is cut at the midnights of its zone: days of 23, 25 and no hours, times that come twice or never, watches over midnight."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from watchbill.kernel.errors import Invalid
from watchbill.web.months import Day, Entry, borders_of, days_of, first_of, later

BERLIN, UTC = ZoneInfo("Europe/Berlin"), dt.UTC
HOUR = dt.timedelta(hours=1)
NOW = dt.datetime(2026, 3, 27, 12, tzinfo=UTC)


def at(day: int, hour: int = 0, minute: int = 0, *, month: int = 3, zone: dt.tzinfo = UTC) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=zone).astimezone(UTC)


def watch(start: dt.datetime, end: dt.datetime, kind: str = "watch", label: str = "Ada") -> Entry:
    return Entry(start, end, kind, label)


def month(*entries: Entry, zone: dt.tzinfo = UTC, first: dt.date = dt.date(2026, 3, 1), now: dt.datetime = NOW) -> dict[dt.date, Day]:
    return {day.date: day for day in days_of(first, zone, entries, now=now)}


def said(day: Day) -> list[tuple[str, str]]:
    return [(part.entry.label, part.when) for part in day.parts]


def march(days: dict[dt.date, Day], number: int) -> Day:
    return days[dt.date(2026, 3, number)]


def test_a_month_has_whole_weeks_and_says_which_days_are_its_own():
    days = days_of(dt.date(2026, 3, 1), UTC, (), now=NOW)
    assert (days[0].date, days[-1].date, len(days)) == (dt.date(2026, 2, 23), dt.date(2026, 4, 5), 42)
    assert [day.date.day for day in days if day.is_inside] == list(range(1, 32))
    assert [day.date.day for day in days if day.is_today] == [27]
    assert [day.date.day for day in days if not day.is_over][:1] == [26]
    assert len(days_of(dt.date(2027, 2, 1), UTC, (), now=NOW)) == 28  # it begins on a Monday


def test_a_watch_over_midnight_is_in_both_days_and_says_from_and_until():
    days = month(watch(at(10, 20), at(11, 8)), watch(at(12), at(14)), watch(at(15, 9), at(15, 17)))
    assert said(march(days, 10)) == [("Ada", "from 20:00")]
    assert said(march(days, 11)) == [("Ada", "until 08:00")]
    assert said(march(days, 12)) == said(march(days, 13)) == [("Ada", "")]
    assert said(march(days, 14)) == []  # it ended with the midnight
    assert said(march(days, 15)) == [("Ada", "09:00 to 17:00")]


def test_gaps_stand_in_their_order_and_absence_below():
    away, free = watch(at(10), at(11), "off", "Chen"), watch(at(10), at(11), "holiday", "Bruno")
    days = month(free, away, watch(at(10, 12), at(11), label="Bruno"), watch(at(10, 8), at(10, 12), "gap", "nobody"))
    assert [label for label, _ in said(march(days, 10))] == ["nobody", "Bruno", "Chen", "Bruno"]
    assert march(days, 10).has_gap
    assert not march(days, 11).has_gap


@pytest.mark.req("S1")
def test_the_day_on_which_clocks_go_forward_has_23_hours_and_its_times_name_their_zone():
    days = month(watch(at(28, 20, zone=BERLIN), at(29, 8, zone=BERLIN)), watch(at(29, 8, zone=BERLIN), at(30, zone=BERLIN)), zone=BERLIN)
    day = march(days, 29)
    assert (day.end - day.start) / HOUR == 23
    assert day.note == "Clocks go forward: 23 h"
    assert said(day) == [("Ada", "until 08:00 CEST"), ("Ada", "from 08:00 CEST")]
    assert said(march(days, 28)) == [("Ada", "from 20:00")]
    assert march(days, 28).note == ""


@pytest.mark.req("S1")
def test_a_watch_that_begins_in_the_skipped_hour_begins_when_the_clock_jumps():
    skipped = dt.datetime(2026, 3, 29, 2, 30, tzinfo=BERLIN).astimezone(UTC)  # 01:30 UTC is 03:30 there
    day = march(month(watch(skipped, at(30, zone=BERLIN)), zone=BERLIN), 29)
    assert said(day) == [("Ada", "from 03:30 CEST")]


@pytest.mark.req("S1")
def test_the_hour_that_comes_twice_is_told_apart():
    twice = [dt.datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=fold).astimezone(UTC) for fold in (0, 1)]
    days = month(watch(*twice), zone=BERLIN, first=dt.date(2026, 10, 1))
    day = days[dt.date(2026, 10, 25)]
    assert day.note == "Clocks go back: 25 h"
    assert said(day) == [("Ada", "02:30 CEST to 02:30 CET")]


def test_a_day_that_the_zone_skipped_is_empty_and_says_so():
    apia = ZoneInfo("Pacific/Apia")
    whole = watch(dt.datetime(2011, 12, 1, tzinfo=UTC), dt.datetime(2012, 1, 30, tzinfo=UTC))
    days = month(whole, zone=apia, first=dt.date(2011, 12, 1))
    assert days[dt.date(2011, 12, 30)].parts == ()
    assert "skipped" in days[dt.date(2011, 12, 30)].note
    assert said(days[dt.date(2011, 12, 31)]) == [("Ada", "")]


def test_midnights_that_do_not_exist_begin_with_the_jump():
    cairo = ZoneInfo("Africa/Cairo")  # on 24 April 2026 the clocks jump from 00:00 to 01:00
    day = month(zone=cairo, first=dt.date(2026, 4, 1))[dt.date(2026, 4, 24)]
    assert (day.end - day.start) / HOUR == 23


def test_the_same_watch_falls_on_other_days_in_another_zone():
    shift = watch(at(10), at(11))  # a day of the schedule in UTC
    tokyo = month(shift, zone=ZoneInfo("Asia/Tokyo"))
    assert said(march(tokyo, 10)) == [("Ada", "from 09:00")]
    assert said(march(tokyo, 11)) == [("Ada", "until 09:00")]


def test_months_are_counted_over_the_year():
    assert later(dt.date(2026, 12, 1), 1) == dt.date(2027, 1, 1)
    assert later(dt.date(2026, 1, 1), -1) == dt.date(2025, 12, 1)
    assert borders_of(dt.date(2026, 12, 1), UTC)[-1] == dt.datetime(2027, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize("text", ["soon", "2026-13", "0001-01", "9999-12", "2026-01-01", "2199-01"])
def test_a_month_that_is_none_or_out_of_reach_is_said(text: str):
    with pytest.raises(Invalid, match="expected for example month=2026-03"):
        first_of(text, dt.date(2026, 3, 1), "month")


def test_a_month_is_read_or_is_the_current_one():
    assert first_of("2026-04", dt.date(2026, 3, 1), "month") == dt.date(2026, 4, 1)
    assert first_of("", dt.date(2026, 3, 1), "month") == dt.date(2026, 3, 1)
