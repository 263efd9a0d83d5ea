"""A picture is true: percent of real seconds, also when the clocks change; words that do not fit are not cut into other words."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from watchbill.web.calendars import clock_change
from watchbill.web.pictures import Bar, Window, day_lines, midnights, strip

BERLIN = ZoneInfo("Europe/Berlin")
DAY = dt.timedelta(days=1)
START = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def drawn(*bars: Bar, days: int = 2, room: float = 400, now: dt.datetime = START):
    return strip("Final", bars, Window(START, START + days * DAY, room), now=now)


def test_a_bar_stands_where_its_seconds_are():
    (segment,) = drawn(Bar(START + 12 * HOUR, START + 36 * HOUR, ("Ada",))).segments
    assert (segment.x, segment.width) == (25, 50)


def test_bars_are_cut_at_the_window_and_those_outside_are_left_out():
    strips = drawn(Bar(START - DAY, START + DAY, ("Ada",)), Bar(START + 3 * DAY, START + 4 * DAY, ("Chen",)))
    assert [(each.x, each.width, each.label) for each in strips.segments] == [(0, 50, "Ada")]


@pytest.mark.req("S1")
def test_a_day_of_23_hours_is_narrower_than_one_of_24():
    borders = midnights(dt.date(2026, 3, 28), 3, BERLIN)
    assert [round((b - a) / HOUR) for a, b in pairwise(borders)] == [24, 23, 24]
    window = Window(borders[0], borders[-1], 800)
    assert window.place(borders[2]) - window.place(borders[1]) == pytest.approx(100 * 23 / 71)
    assert [line.heavy for line in day_lines(borders, window, BERLIN)] == [False, False, True, False]


def test_a_shift_of_twelve_hours_is_as_wide_before_as_after_the_clocks_change():
    borders = midnights(dt.date(2026, 3, 23), 14, BERLIN)
    window = Window(borders[0], borders[-1], 800)
    bars = [Bar(at, at + 12 * HOUR, ("Ada",)) for at in (borders[1], borders[10])]
    one, other = strip("Final", bars, window, now=borders[0]).segments
    assert one.width == pytest.approx(other.width)


def test_a_short_gap_is_still_seen():
    (segment,) = drawn(Bar(START + HOUR, START + HOUR + dt.timedelta(seconds=5), ("GAP",), "gap"), days=60).segments
    assert segment.width >= 0.5
    assert "gap" in segment.kind


def test_the_longest_label_that_fits_is_taken():
    labels = ("Emeka Obi (you)", "Emeka")
    assert drawn(Bar(START, START + 2 * DAY, labels)).segments[0].label == "Emeka Obi (you)"
    assert drawn(Bar(START, START + DAY, labels), room=120).segments[0].label == "Emeka"
    tight = drawn(Bar(START, START + DAY, labels), room=60).segments[0]
    assert (tight.label, tight.squeeze) == ("Emeka", True)
    assert drawn(Bar(START, START + DAY, labels), room=36).segments[0].label == "Em"


def test_half_of_the_word_nobody_is_never_written():
    (segment,) = drawn(Bar(START, START + DAY, ("Nobody",), "gap"), room=40).segments
    assert segment.label == ""
    assert segment.words == "Nobody"


def test_the_now_line_is_drawn_only_inside_and_the_label_keeps_clear_of_it():
    strips = drawn(Bar(START, START + 2 * DAY, ("Emeka",)), now=START + HOUR)
    assert strips.now == pytest.approx(100 / 48)
    assert strips.segments[0].label_x > strips.now
    assert drawn(Bar(START, START + DAY, ("Ada",)), now=START - HOUR).now is None


def test_what_is_over_is_past_but_a_gap_stays_a_gap():
    strips = drawn(Bar(START, START + HOUR, ("Ada",), "me"), Bar(START + HOUR, START + 2 * HOUR, ("GAP",), "gap"), now=START + DAY)
    assert [each.kind for each in strips.segments] == ["me past", "gap"]


def test_the_picture_says_the_same_in_words():
    assert drawn(Bar(START, START + DAY, ("Ada",), words="Ada Osei, 00:00 to 24:00")).words == "Final: Ada Osei, 00:00 to 24:00"
    assert drawn().words == "Final: nothing"


def test_the_change_of_the_clocks_is_found_to_the_second():
    found = clock_change(BERLIN, START, START + 60 * DAY)
    assert found == (dt.datetime(2026, 3, 29, 1, tzinfo=dt.UTC), 3600)
    assert clock_change(ZoneInfo("Africa/Lagos"), START, START + 60 * DAY) is None
