"""The same rotation in every zone of the world, for ten years: no second without somebody, no overlap, one answer for all who ask."""

from __future__ import annotations

import datetime as dt
import random
import zoneinfo
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.live import report
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


def ask(schedule: ScheduleRule, rows: list[Shift], seed: str, times: int) -> int:
    """Whoever asks for a moment, a day or a month hears what the ten years say, to the second. Answers how many questions were asked."""
    chance = random.Random(seed)
    changes = [row.start for before, row in pairwise(rows) if row.end - row.start != before.end - before.start][:400]
    moments = [TEN_YEARS[0] + chance.randrange(3600 * 24 * 60) * dt.timedelta(minutes=1) for _ in range(times)]
    asked = (*moments, *chance.sample(changes, min(times, len(changes))))
    for moment in asked:
        for instant in (moment, moment - dt.timedelta(microseconds=1)):
            assert on_call_at(schedule, instant) == [row for row in around(rows, instant) if row.start <= instant < row.end]
    for start in moments[:3]:
        for length in (DAY, 31 * DAY):
            holding = [row for row in around(rows, start + length / 2) if row.end > start and row.start < start + length]
            assert final_shifts(schedule, start, start + length) == holding
    return 2 * len(asked) + 2 * len(moments[:3])


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


@pytest.fixture(scope="module")
def counted() -> Iterator[Counter[str]]:
    """What the long run looked at; its table is written when it has looked at every zone."""
    found: Counter[str] = Counter()
    yield found
    if found["zones"] == len(ALL):
        report.write(
            "ten years in every zone",
            "The example of two desks, and a hand-over at 00:00, 02:30 and 23:45, in every zone of the tz database; then whoever asks for a "
            "moment, a day or a month hears what the ten years say.",
            [
                ("zones", found["zones"]),
                ("schedules", found["schedules"]),
                ("shifts", found["shifts"]),
                ("of them longer or shorter than their clock says, since it changed", found["odd"]),
                ("questions", found["questions"]),
                ("seconds without somebody, or with two", 0),
                ("answers that disagree", 0),
            ],
        )


@pytest.mark.long
@pytest.mark.req("S1", "S2", "S3", "S12")
@pytest.mark.parametrize("zone", ALL)
def test_every_zone_for_ten_years(zone: str, counted: Counter[str]):
    for schedule, lengths in [(two_desks(zone), {12.0, 48.0}), *((nightly(zone, start), {24.0}) for start in NIGHTLY)]:
        rows = check(schedule, lengths)
        counted["questions"] += ask(schedule, rows, zone, times=100)
        counted["schedules"] += 1
        counted["shifts"] += len(rows)
        counted["odd"] += sum((row.end - row.start) / HOUR not in lengths for row in rows)
    counted["zones"] += 1  # only where all of it held
