"""Low urgency keeps to working hours; daylight asks those who work or are awake first. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from tests.paging.pure import (
    ADA,
    BRUNO,
    CHEN,
    DANA,
    EMEKA,
    FUMI,
    GRACE,
    HOUR,
    MIN,
    SEC,
    T0,
    TEAM,
    Walked,
    copy,
    hours,
    person,
    schedule,
    start,
    team,
    walked,
    watch,
    world,
)
from watchbill.paging.rules import Human, Squad, World
from watchbill.paging.rules.daylight import daylight

FRIDAY_18 = dt.datetime(2026, 4, 3, 18, 0, tzinfo=dt.UTC) - dt.timedelta(days=28)  # 6 March 2026
LONDON, SINGAPORE, NEW_YORK = "Europe/London", "Asia/Singapore", "America/New_York"


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)


def queue(**fields) -> World:
    values = {
        "teams": {TEAM: Squad("SRC", "queue", (ADA, BRUNO))},
        "working": {ADA: hours(LONDON), BRUNO: hours("Europe/Berlin"), GRACE: hours()},
    }
    return world(**{**values, **fields})


def low(*steps, in_: World, now: dt.datetime) -> Walked:
    page = walked(copy(*steps), in_)
    page.walk = start(copy(*steps), now=now, urgency="low")
    return page


@pytest.mark.req("P23")
def test_friday_evening_waits_for_monday_morning_in_that_persons_zone() -> None:
    page = low(([person(BRUNO)], "1 business day"), in_=queue(), now=FRIDAY_18)
    assert page.tick(FRIDAY_18) == []
    assert page.walk.due_at == utc(2026, 3, 9, 8, 0)  # Monday 09:00 in Berlin
    assert page.said == ["Step 1 waits until Monday 9 March 08:00 UTC, when the working hours of Bruno begin."]
    assert page.tick(utc(2026, 3, 9, 8, 0) - SEC) == []
    assert page.tick(utc(2026, 3, 9, 8, 0)) == [BRUNO]
    assert page.walk.due_at == utc(2026, 3, 10, 8, 0)


@pytest.mark.req("P23")
def test_a_public_holiday_is_no_working_day() -> None:
    in_ = queue(working={ADA: hours(LONDON, off_dates=frozenset({dt.date(2026, 3, 9)}))})
    page = low(([person(ADA)], "1 business day"), in_=in_, now=FRIDAY_18)
    page.tick(FRIDAY_18)
    assert page.walk.due_at == utc(2026, 3, 10, 9, 0)  # Tuesday


@pytest.mark.req("P23")
def test_critical_anyway_is_high_urgency_and_pages_at_any_hour() -> None:
    in_ = queue(schedules={7: watch(ADA, business=True)})
    page = low(([schedule(7)], "15m"), in_=in_, now=FRIDAY_18)
    page.walk = replace(page.walk, urgency="high")
    assert page.tick(FRIDAY_18) == [ADA]
    assert page.walk.due_at == FRIDAY_18 + 15 * MIN


@pytest.mark.req("P23")
def test_a_schedule_in_business_hours_holds_low_urgency_on_a_paged_desk_too() -> None:
    in_ = world(schedules={7: watch(ADA, business=True), 8: watch(BRUNO)}, working={ADA: hours(), BRUNO: hours()})
    assert low(([schedule(7)], "15m"), in_=in_, now=FRIDAY_18).tick(FRIDAY_18) == []
    assert low(([schedule(8)], "15m"), in_=in_, now=FRIDAY_18).tick(FRIDAY_18) == [BRUNO]


def test_low_urgency_counts_only_hours_in_which_the_target_works() -> None:
    thursday_16 = utc(2026, 3, 5, 16, 0)
    page = low(([person(ADA)], "2h"), ([person(BRUNO)], "2h"), in_=queue(), now=thursday_16)
    assert page.tick(thursday_16) == [ADA]
    assert page.walk.due_at == utc(2026, 3, 6, 10, 0)  # one hour on Thursday, one on Friday


@pytest.mark.req("P23")
def test_whoever_does_not_work_yet_is_asked_when_their_hours_begin_and_nobody_is_left_out() -> None:
    in_ = queue(working={ADA: hours(LONDON), DANA: hours(NEW_YORK), GRACE: hours()})
    monday_10 = utc(2026, 3, 2, 10, 0)
    page = low(([person(ADA), person(DANA)], "1 business day"), in_=in_, now=monday_10)
    assert page.tick(monday_10) == [ADA]
    assert page.walk.due_at == utc(2026, 3, 2, 14, 0)  # 09:00 in New York
    assert page.tick(page.walk.due_at) == [DANA]
    assert page.fired[-1][1].kind == "held"
    assert page.walk.due_at == utc(2026, 3, 3, 10, 0)  # the wait went on as it was


def test_the_last_resort_of_a_queue_desk_keeps_its_hours_for_low_urgency() -> None:
    page = low(in_=queue(), now=FRIDAY_18)
    assert page.tick(FRIDAY_18) == []
    assert page.walk.status == "exhausted"
    assert page.walk.due_at == utc(2026, 3, 9, 9, 0)
    assert page.tick(page.walk.due_at) == [GRACE]
    assert page.walk.due_at == utc(2026, 3, 9, 9, 15)


def test_a_human_who_escalates_does_not_wait_for_monday() -> None:
    page = low(([person(ADA)], "1 business day"), in_=queue(), now=FRIDAY_18)
    page.tick(FRIDAY_18)
    page.walk = replace(page.walk, due_at=FRIDAY_18, urged=True)
    assert page.tick(FRIDAY_18) == [ADA]
    assert not page.walk.urged


@pytest.mark.parametrize(("wait", "due"), [("1 business day", utc(2026, 3, 9, 16, 0)), ("2 business days", utc(2026, 3, 10, 16, 0))])
def test_business_days_of_high_urgency_are_those_of_whoever_was_asked(wait: str, due: dt.datetime) -> None:
    friday_16 = utc(2026, 3, 6, 16, 0)
    page = walked(copy(([person(ADA)], wait)), queue())
    page.walk = start(copy(([person(ADA)], wait)), now=friday_16)
    assert page.tick(friday_16) == [ADA]
    assert page.walk.due_at == due


# --- daylight ---------------------------------------------------------------------------------------------------------------------------

ZONES = {ADA: LONDON, BRUNO: "Europe/Berlin", CHEN: SINGAPORE, DANA: NEW_YORK, EMEKA: "Africa/Lagos", FUMI: "Asia/Tokyo"}
REGIONS = {ADA: "EMEA", BRUNO: "EMEA", CHEN: "APAC", DANA: "AMER", EMEKA: "EMEA", FUMI: "APAC"}
NAMES = {ADA: "Ada", BRUNO: "Bruno", CHEN: "Chen", DANA: "Dana", EMEKA: "Emeka", FUMI: "Fumi"}


def planet(**off: frozenset[dt.date]) -> World:
    return world(
        people={**{id_: Human(name, True, REGIONS[id_]) for id_, name in NAMES.items()}, GRACE: Human("Grace")},
        teams={TEAM: Squad("SecOps", "paged", tuple(ZONES))},
        working={id_: hours(zone) for id_, zone in ZONES.items()},
        schedules={7: watch(EMEKA)},
    )


@pytest.mark.req("G41")
@pytest.mark.parametrize(
    ("at", "order"),
    [
        # Wednesday 09:30 UTC: London, Berlin and Lagos work; Singapore (17:30) and Tokyo (18:30) are awake; New York (04:30) sleeps
        (utc(2026, 3, 4, 9, 30), [ADA, BRUNO, EMEKA, CHEN, FUMI, DANA]),
        # Wednesday 02:00 UTC: Asia works; New York (21:00) is awake; of those asleep the one whose morning is nearest
        (utc(2026, 3, 4, 2, 0), [CHEN, FUMI, DANA, BRUNO, EMEKA, ADA]),
        # Sunday 29 March 03:23 UTC, clocks went forward: nobody works; Asia is awake
        (utc(2026, 3, 29, 3, 23), [CHEN, FUMI, BRUNO, ADA, EMEKA, DANA]),
    ],
)
def test_those_who_work_come_first_then_those_awake_then_the_rest(at: dt.datetime, order: list[int]) -> None:
    assert daylight(tuple(ZONES), last_on_call=EMEKA, now=at, world=planet()) == tuple(order)


@pytest.mark.req("G41")
def test_the_region_of_the_last_on_call_comes_first_among_equals() -> None:
    at = utc(2026, 3, 7, 12, 0)  # a Saturday: London, Berlin, Lagos, Singapore (20:00), Tokyo (21:00) and New York (07:00) are awake
    for last, region in ((EMEKA, "EMEA"), (CHEN, "APAC"), (DANA, "AMER")):
        order = daylight(tuple(ZONES), last_on_call=last, now=at, world=planet())
        inside = [REGIONS[p] == region for p in order]
        assert inside == sorted(inside, reverse=True)


@pytest.mark.req("G41")
def test_people_with_time_off_come_last() -> None:
    at = utc(2026, 3, 4, 9, 30)
    in_ = planet()
    in_ = replace(in_, working={**in_.working, ADA: hours(LONDON, time_off=((at - HOUR, at + HOUR),))})
    assert daylight(tuple(ZONES), last_on_call=EMEKA, now=at, world=in_)[-1] == ADA


@pytest.mark.req("G41", "P9")
def test_the_others_are_asked_one_after_the_other_and_the_wait_counts_from_the_last() -> None:
    at = utc(2026, 3, 4, 9, 30)
    others = copy(([schedule(7)], "15m"), ([team(order="daylight", each="5m")], "15m"))
    page = walked(others, planet())
    page.walk = start(others, now=at)
    assert page.tick(at) == [EMEKA]
    asked = []
    while page.walk.status == "triggered":
        now = page.walk.due_at
        page.walk = replace(page.walk, tried=tuple(p for _, f in page.fired for p in f.people))
        asked += [((now - at) // MIN, who) for who in page.tick(now)]
    assert asked == [(15, ADA), (20, BRUNO), (25, CHEN), (30, FUMI), (35, DANA), (50, GRACE)]
    assert [f.kind for _, f in page.fired] == ["step", "step", "daylight", "daylight", "daylight", "daylight", "last_resort"]


@pytest.mark.req("G41")
def test_when_all_of_the_team_were_asked_before_all_are_asked_again() -> None:
    page = walked(copy(([team(order="daylight", each="5m")], "15m")), planet())
    page.walk = replace(page.walk, tried=tuple(ZONES), step=0)
    assert len(page.tick(T0)) == 1
    assert len(page.walk.rest) == 5


@pytest.mark.req("P10")
def test_somebody_who_leaves_while_they_wait_for_their_turn_is_passed_over() -> None:
    page = walked(copy(([team(order="daylight", each="5m")], "15m")), planet())
    page.tick(T0)
    second, third = page.walk.rest[:2]
    page.world = replace(page.world, people={**page.world.people, second: Human("Second", active=False)})
    assert page.tick(T0 + 5 * MIN) == [third]
    assert page.fired[-1][1].skipped[0].why == "has left"


def test_people_beside_a_daylight_team_are_asked_with_the_first_of_it() -> None:
    page = walked(copy(([person(GRACE), team(order="daylight", each="2m")], "15m")), planet())
    first = page.tick(T0)
    assert first[0] == GRACE
    assert len(first) == 2
    assert page.walk.due_at == T0 + 2 * MIN
