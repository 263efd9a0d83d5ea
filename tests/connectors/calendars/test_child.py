"""What the files of calendars say, and what is hostile in them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.connectors.calendars.files import BERLIN, calendar, days, event
from watchbill.connectors.calendars.child import MOST_AWAY, MOST_EVENTS, Unreadable, away

pytestmark = pytest.mark.req("S10")
YEAR = {"start": "2026-12-01T12:00:00+00:00", "end": "2027-12-01T12:00:00+00:00"}


def spans(raw: bytes, **more: Any) -> list[tuple[str, str]]:
    said = away(raw, **{**YEAR, "zone": "UTC", "everything": False, **more})
    return sorted((start, end) for _, start, end, _ in said["away"])


def test_days_are_those_of_the_persons_zone():
    raw = calendar(days("a", "Vacation", "20261224", "20270102"))
    assert spans(raw, zone="Europe/Berlin") == [("2026-12-23T23:00:00+00:00", "2027-01-01T23:00:00+00:00")]
    assert spans(raw, zone="America/New_York") == [("2026-12-24T05:00:00+00:00", "2027-01-02T05:00:00+00:00")]


def test_clock_times_keep_the_zone_of_the_file():
    exchange = event("a", "Private", "DTSTART;TZID=W. Europe Standard Time:20270712T120000", "DTEND;TZID=W. Europe Standard Time:20270712T180000",
                     "X-MICROSOFT-CDO-BUSYSTATUS:OOF")  # fmt: skip
    floating = event("b", "OOO", "DTSTART:20270713T120000", "DURATION:PT6H")
    assert spans(calendar(exchange, floating, head=BERLIN), zone="Asia/Tokyo") == [
        ("2027-07-12T10:00:00+00:00", "2027-07-12T16:00:00+00:00"),
        ("2027-07-13T03:00:00+00:00", "2027-07-13T09:00:00+00:00"),
    ]


def test_only_what_says_so_counts_unless_everything_does():
    raw = calendar(
        days("a", "Vacation", "20261224", "20261225"),
        days("b", "Conference", "20270110", "20270112"),
        days("c", "Vacation", "20270201", "20270202", "STATUS:CANCELLED"),
        event("d", "Vacation", "DTSTART:20270301T000000Z"),  # no length
        days("e", "Vacation", "20200101", "20200110"),  # over
    )
    assert [start[:10] for start, _ in spans(raw)] == ["2026-12-24"]
    assert [start[:10] for start, _ in spans(raw, everything=True)] == ["2026-12-24", "2027-01-10"]


def test_a_series_with_one_moved_one_left_out_and_one_that_is_work():
    raw = calendar(
        days("a", "Day off", "20261204", "20261205", "RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE;VALUE=DATE:20261211"),
        days("a", "Day off", "20261221", "20261222", "RECURRENCE-ID;VALUE=DATE:20261218"),
        days("a", "Release", "20261225", "20261226", "RECURRENCE-ID;VALUE=DATE:20261225"),
    )
    assert [start[:10] for start, _ in spans(raw)] == ["2026-12-04", "2026-12-21"]


def names(raw: bytes) -> dict[str, str]:
    said = away(raw, **YEAR, zone="UTC", everything=False)
    return {name: start[:10] for name, start, _, _ in said["away"]}


def test_an_event_keeps_its_name_when_it_is_moved_and_the_name_says_nothing():
    (first,) = names(calendar(days("salamander", "Vacation", "20261224", "20261225")))
    (second,) = names(calendar(days("salamander", "Vacation", "20270124", "20270125")))
    assert first == second
    assert "salamander" not in first
    series = days("a", "Day off", "20261204", "20261205", "RRULE:FREQ=WEEKLY;COUNT=2")
    before = names(calendar(series))
    after = names(calendar(series, days("a", "Day off", "20261214", "20261215", "RECURRENCE-ID;VALUE=DATE:20261211")))
    assert len(before) == 2
    assert before.keys() == after.keys()


def test_two_without_a_name_are_two():
    raw = calendar(
        *(days("", "Vacation", first, back).replace("UID:\n", "") for first, back in (("20261224", "20261225"), ("20270124", "20270125")))
    )
    assert len(names(raw)) == 2


def test_two_of_the_same_time_are_one():
    assert len(spans(calendar(*(days(uid, "Vacation", "20261224", "20261225") for uid in "ab")))) == 1


def test_what_is_longer_than_a_year_is_left_out_and_counted():
    said = away(calendar(days("a", "Vacation", "20200101", "20990101")), **YEAR, zone="UTC", everything=False)
    assert (said["away"], said["left"]) == ([], 1)


def test_a_rule_that_cannot_be_read_leaves_its_event_out_and_no_other():
    raw = calendar(days("a", "Vacation", "20261224", "20261225", "RRULE:FREQ=NEVER;X"), days("b", "Vacation", "20270124", "20270125"))
    said = away(raw, **YEAR, zone="UTC", everything=False)
    assert (len(said["away"]), said["left"]) == (1, 1)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"<!doctype html><p>Sign in", "is no calendar"),
        (b"", "is no calendar"),
        (calendar(*(event(str(n), "x", "DTSTART:20270101T000000Z") for n in range(MOST_EVENTS + 1))), "more than 10000 events"),
        (calendar(event("a", "Vacation", "DTSTART:20270101T000000Z", "DURATION:PT1S", "RRULE:FREQ=SECONDLY")), "more than once a day"),
        (calendar(event("a", "OOO", "DTSTART:20270101T000000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;BYHOUR=1,2,3")), "more than once a day"),
        (calendar(days("a", "OOO", "20261202", "20261203", "RRULE:FREQ=DAILY")), f"more than {MOST_AWAY} events that count"),
    ],
    ids=["a page", "nothing", "many events", "every second", "thrice a day", "every day"],
)  # fmt: skip
def test_a_bomb_ends_in_one_sentence(raw: bytes, why: str):
    began = time.monotonic()
    with pytest.raises(Unreadable, match=why):
        spans(raw)
    assert time.monotonic() - began < 5


def test_a_bomb_among_events_that_do_not_count_is_passed_by():
    bomb = event("b", "Tick", "DTSTART:19700101T000000Z", "DURATION:PT1S", "RRULE:FREQ=SECONDLY")
    assert len(spans(calendar(days("a", "Vacation", "20261224", "20261225"), bomb))) == 1
