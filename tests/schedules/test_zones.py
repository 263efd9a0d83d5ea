"""The same rotation in every zone of the world, for ten years: no second without somebody, no overlap, one answer for all who ask."""

from __future__ import annotations

import datetime as dt
import random
import zoneinfo
from itertools import pairwise

import pytest

from tests.schedules.cast import ADA, BRUNO, CHEN, DAY, HARD_ZONES, HOUR, at, layer, two_desks
from watchbill.schedules.rules import ScheduleRule, Shift, final_shifts, first_start, gaps, on_call_at

ALL = sorted(zoneinfo.available_timezones() - {"Factory", "localtime"})
RANDOM = random.Random(12).sample([zone for zone in ALL if zone not in HARD_ZONES], 200)
TEN_YEARS = (at("2026-01-20"), at("2036-01-20"))
YEAR = 365 * DAY
NIGHTLY = ("00:00", "02:30", "23:45")


def nightly(zone: str, start: str) -> ScheduleRule:
    return ScheduleRule((layer([ADA, BRUNO, CHEN], start=start, zone=zone),), zone=zone)


def check(schedule: ScheduleRule, lengths: set[float]) -> list[Shift]:
    """Every second covered once; shifts as long as they are by the clock, and as the clock makes them where it changes."""
    rows = final_shifts(schedule, *TEN_YEARS)
    assert rows[0].start <= TEN_YEARS[0]
    assert rows[-1].end >= TEN_YEARS[1]
    assert all(before.end == after.start for before, after in pairwise(rows))
    for row in rows:
        hours = (row.end - row.start) / HOUR
        assert hours in lengths or min(abs(hours - length) for length in lengths) <= 2.0  # Troll moves its clocks by two hours
    return rows


def ask(schedule: ScheduleRule, rows: list[Shift], seed: str, times: int) -> None:
    """Whoever asks for a moment, a day or a month hears what the ten years say, to the second."""
    chance = random.Random(seed)
    changes = [row.start for before, row in pairwise(rows) if row.end - row.start != before.end - before.start][:400]
    moments = [TEN_YEARS[0] + chance.randrange(3600 * 24 * 60) * dt.timedelta(minutes=1) for _ in range(times)]
    for moment in (*moments, *chance.sample(changes, min(times, len(changes)))):
        for instant in (moment, moment - dt.timedelta(microseconds=1)):
            assert on_call_at(schedule, instant) == [row for row in around(rows, instant) if row.start <= instant < row.end]
    for start in moments[:3]:
        for length in (DAY, 31 * DAY):
            holding = [row for row in around(rows, start + length / 2) if row.end > start and row.start < start + length]
            assert final_shifts(schedule, start, start + length) == holding


def around(rows: list[Shift], moment: dt.datetime) -> list[Shift]:
    """Two hundred rows, of three months or more: to look at ten years for each moment takes longer than all the rest."""
    place = int(len(rows) * ((moment - TEN_YEARS[0]) / (TEN_YEARS[1] - TEN_YEARS[0])))
    return rows[max(0, place - 100) : place + 100]


@pytest.mark.req("S1", "S12", "G1", "G2", "G3")
@pytest.mark.parametrize("zone", HARD_ZONES)
def test_the_example_covers_every_second_of_ten_years_in_hard_zones(zone):
    schedule = two_desks(zone)
    rows = check(schedule, {12.0, 48.0})
    ask(schedule, rows, zone, times=30)
    assert gaps(schedule, *TEN_YEARS) == []
    assert first_start(schedule) == final_shifts(schedule, at("2025-12-01"), at("2026-02-01"))[0].start


@pytest.mark.req("S2", "S3", "S12")
@pytest.mark.parametrize("start", NIGHTLY)
@pytest.mark.parametrize("zone", HARD_ZONES)
def test_a_hand_over_at_night_leaves_no_second_in_hard_zones(zone, start):
    schedule = nightly(zone, start)
    rows = check(schedule, {24.0})
    assert len({row.start for row in rows}) == len(rows)  # an hour that comes twice hands over once


@pytest.mark.req("S1", "S2", "S12")
@pytest.mark.parametrize("part", range(8))
def test_two_hundred_zones_for_ten_years(part):
    """Every second zone has the example, the others a hand-over at 02:30."""
    for number, zone in enumerate(RANDOM[part::8]):
        schedule, lengths = (nightly(zone, "02:30"), {24.0}) if number % 2 else (two_desks(zone), {12.0, 48.0})
        ask(schedule, check(schedule, lengths), zone, times=3)


@pytest.mark.long
@pytest.mark.req("S1", "S2", "S3", "S12")
@pytest.mark.parametrize("zone", ALL)
def test_every_zone_for_ten_years(zone):
    for schedule, lengths in [(two_desks(zone), {12.0, 48.0}), *((nightly(zone, start), {24.0}) for start in NIGHTLY)]:
        ask(schedule, check(schedule, lengths), zone, times=100)
