"""What a schedule asks of people, and what a change would make worse. Pure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.factories import organization, person, schedule, team
from tests.schedules.cast import ADA, BRUNO, DAY, HOUR, at, layer, override, two_desks
from watchbill.schedules.rules import Facts, ScheduleRule, final_shifts, judge, news

MONDAY = at("2026-03-02T00:00")
MONTH = MONDAY + 28 * DAY
pytestmark = pytest.mark.req("G1")


def kinds(rule: ScheduleRule, facts: Facts = Facts(), *, days: int = 28) -> list[tuple[str, int, str]]:  # noqa: B008  frozen
    return [(found.kind, found.person_id, other) for found, other in judge(rule, MONDAY, MONDAY + days * DAY, facts).warnings]


def week_by_week(*order: int, **more: object) -> ScheduleRule:
    return ScheduleRule(layers=(layer(list(order), start="09:00", length="24h", turn="1w", starting="2026-01-05", **more),))


def test_a_week_of_nights_is_usual_and_more_are_said():
    assert ("nights", ADA, "") not in kinds(week_by_week(ADA, BRUNO))
    longer = override("replace", ADA, "2026-03-09T09:00", "2026-03-16T09:00", replaced_id=BRUNO)
    assert ("nights", ADA, "") in kinds(replace(week_by_week(ADA, BRUNO), overrides=(longer,)))


def test_nights_are_of_the_clock_of_the_person():
    days = ScheduleRule(layers=(layer([ADA], start="00:00", length="8h"),))
    load = judge(days, MONDAY, MONDAY + 7 * DAY, Facts(zones={ADA: "UTC"})).loads[0]
    assert (load.nights, load.hours) == (7, 56)
    tokyo = judge(days, MONDAY, MONDAY + 7 * DAY, Facts(zones={ADA: "Asia/Tokyo"})).loads[0]
    assert tokyo.nights == 0


def test_three_weekends_in_a_row_are_said():
    weekend = ScheduleRule(layers=(layer([ADA], days="sat", length="48h", starting="2026-01-10"),))
    assert ("weekends", ADA, "") in kinds(weekend)
    assert ("weekends", ADA, "") not in kinds(weekend, days=6)
    shared = ScheduleRule(layers=(layer([ADA, BRUNO], days="sat", length="48h", starting="2026-01-10"),))
    assert not [each for each in kinds(shared) if each[0] == "weekends"]


def test_the_load_of_everybody_the_heaviest_first():
    verdict = judge(two_desks(), MONDAY, MONTH, Facts(free={ADA: [(at("2026-03-03T00:00"), at("2026-03-04T00:00"))] * 2}))
    assert [load.watched for load in verdict.loads] == sorted((load.watched for load in verdict.loads), reverse=True)
    assert {load.person_id: load.holidays for load in verdict.loads}[ADA] in (0, 1)
    assert sum(load.hours for load in verdict.loads) >= 28 * 24


@pytest.mark.req("S10")
def test_one_answer_holds_everything():
    rule, day = week_by_week(ADA, BRUNO), (MONDAY, MONDAY + 9 * DAY)
    facts = Facts(
        beside=[("Backup", final_shifts(week_by_week(ADA), MONDAY, MONTH))],
        away={ADA: [day], BRUNO: [day]},
        free={ADA: [day], BRUNO: [day]},
        gone={BRUNO},
    )
    found = {kind for kind, _, _ in kinds(rule, facts)}
    assert {"double", "time_off", "holiday", "inactive"} <= found
    assert ("double", ADA, "Backup") in kinds(rule, facts)
    assert judge(rule, MONDAY, MONTH, facts).gaps


def test_where_nobody_is_woken_nights_are_rest():
    assert not [each for each in kinds(replace(week_by_week(ADA), hours="business")) if each[0] in ("nights", "weekends", "long")]


def test_only_what_is_new_is_said():
    rule = ScheduleRule(layers=(layer([ADA], length="12h", name="day"), layer([BRUNO], start="20:00", length="12h", name="night")))
    before = judge(rule, MONDAY, MONTH, Facts())
    assert {found.kind for found, _ in before.warnings} == {"nights", "weekends"}  # they have it every day: that stood before
    assert news(before, before).gaps == news(before, before).warnings == ()
    taken = replace(rule, overrides=(override("take", BRUNO, "2026-03-04T08:00", "2026-03-06T08:00"),))
    fresh = news(before, judge(taken, MONDAY, MONTH, Facts()))
    assert fresh.gaps == ()
    assert [(found.kind, found.person_id, found.end - found.start) for found, _ in fresh.warnings] == [("long", BRUNO, 60 * HOUR)]
    removed = replace(rule, overrides=(override("remove", ADA, "2026-03-04T08:00", "2026-03-04T20:00"),))
    assert news(before, judge(removed, MONDAY, MONTH, Facts())).gaps == ((at("2026-03-04T08:00"), at("2026-03-04T20:00")),)


def test_a_gap_that_grows_is_new_where_it_grew():
    rule = week_by_week(ADA)
    removed = replace(rule, overrides=(override("remove", ADA, "2026-03-04T09:00", "2026-03-05T09:00"),))
    longer = replace(rule, overrides=(override("remove", ADA, "2026-03-04T09:00", "2026-03-06T09:00"),))
    before, after = (judge(each, MONDAY, MONTH, Facts()) for each in (removed, longer))
    assert news(before, after).gaps == ((at("2026-03-05T09:00"), at("2026-03-06T09:00")),)
    assert news(after, before).gaps == ()


def test_a_rest_that_becomes_shorter_is_new_and_one_that_grows_is_not():
    def resting(hours: int) -> ScheduleRule:
        second = layer([ADA], days="mon", start=f"{8 + hours:02}:00", length="2h", name="late")
        return ScheduleRule(layers=(layer([ADA], days="mon", start="06:00", length="2h"), second))

    short, shorter = (judge(resting(hours), MONDAY, MONDAY + 2 * DAY, Facts()) for hours in (8, 5))
    assert [found.end - found.start for found, _ in news(short, shorter).warnings] == [5 * HOUR]
    assert news(shorter, short).warnings == ()


def test_the_command_line_says_what_an_override_makes_worse_and_no_more(cli, db):
    ada, bruno, grace = (person(handle) for handle in ("ada", "bruno", "grace"))
    organization(grace)
    people = team("SecOps", ada, bruno, managers=(grace,))
    schedule("Watch", people, ada)
    schedule("Backup", people, bruno)
    first = cli("override", "add", "Backup", "--add", "ada", "--from", "2030-01-02", "--to", "2030-01-03", "--as", "grace")
    assert first.code == 0
    assert "New:" not in first.err  # beyond what is looked at
    report = cli("verify", "Watch", "--months", "1", "--json").json()[0]
    assert report["hours"][0]["nights"] >= 27
    assert "nights/weekends/holidays: Ada" in cli("verify", "Watch").out
