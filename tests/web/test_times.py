"""Times are said twice, mine first; lengths in two units; a countdown in figures."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from watchbill.web import times

LAGOS, LONDON, SINGAPORE, KOLKATA = (ZoneInfo(name) for name in ("Africa/Lagos", "Europe/London", "Asia/Singapore", "Asia/Kolkata"))
NOW = dt.datetime(2026, 3, 29, 2, 47, 20, tzinfo=dt.UTC)


def test_a_zone_without_letters_is_said_by_its_distance_from_utc():
    assert times.zone_word(NOW, LAGOS) == "WAT"
    assert times.zone_word(NOW, SINGAPORE) == "UTC+8"
    assert times.zone_word(NOW, KOLKATA) == "IST"
    assert times.zone_word(NOW, ZoneInfo("Asia/Kathmandu")) == "UTC+5:45"
    assert times.zone_word(NOW, ZoneInfo("America/Sao_Paulo")) == "UTC-3"


def test_the_zone_changes_its_name_with_the_clocks():
    assert times.zone_word(NOW - dt.timedelta(hours=2), LONDON) == "GMT"
    assert times.zone_word(NOW, LONDON) == "BST"


def test_a_moment_names_its_day_only_when_it_is_not_today():
    assert times.moment(NOW, LAGOS, now=NOW) == "03:47 WAT"
    assert times.moment(NOW + dt.timedelta(hours=30), LAGOS, now=NOW) == "Mon 30 Mar, 09:47 WAT"
    assert times.moment(NOW - dt.timedelta(days=200), LAGOS, now=NOW) == "Wed 10 Sep 2025, 03:47 WAT"


def test_the_twin_in_utc_names_the_day_when_it_is_another_one_and_is_silent_for_utc():
    late = dt.datetime(2026, 3, 29, 23, 30, tzinfo=dt.UTC)
    assert times.twin(late, LAGOS) == "Sun 23:30 UTC"
    assert times.twin(NOW, LAGOS, seconds=True) == "02:47:20 UTC"
    assert times.twin(NOW, dt.UTC) == ""


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (38, "38 s"),
        (555, "9 min 15 s"),
        (600, "10 min"),
        (105180, "29 h 13 min"),
        (3 * 86400 + 14400, "3 days 4 h"),
        (41 * 86400, "41 days"),
        (-5, "0 s"),
    ],
)
def test_a_length_in_words(seconds: int, said: str):
    assert times.span(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(345, "5:45"), (344.2, "5:45"), (3945, "1:05:45"), (59, "0:59"), (0, "0:00"), (-7, "0:00"), (34 * 3600, "34 h")]
)
def test_a_countdown_in_figures(seconds: float, said: str):
    assert times.countdown(seconds) == said


def test_an_unknown_zone_is_utc():
    assert times.zone_of("Mars/Olympus") is dt.UTC
    assert times.zone_of("") is not None
