"""Time off that meets a shift: found by a pure rule, said on saving, in lists and by `verify`."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import actor, organization, person, schedule, team
from tests.schedules.cast import ADA, BRUNO, DAY, HOUR, at, layer, override
from watchbill.audit.models import Record
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import AlreadyDone, Invalid, Refused
from watchbill.people.absences import add_time_off, end_time_off
from watchbill.people.models import TimeOff
from watchbill.schedules.actions import Change, add_override
from watchbill.schedules.rules import ScheduleRule, clashes, final_shifts
from watchbill.schedules.selectors import meetings_of

MONDAY = at("2026-01-05T08:00")
pytestmark = pytest.mark.req("S10", "K2")


def found(away: dict[int, list[tuple[dt.datetime, dt.datetime]]], *, rule: ScheduleRule | None = None) -> list[tuple[int | None, str, str]]:
    rule = rule or ScheduleRule(layers=(layer([ADA, BRUNO], turn="1 shift"),))
    rows = final_shifts(rule, MONDAY, MONDAY + 4 * DAY)
    return [(each.shift.person_id, f"{each.start:%d %H}", f"{each.end:%d %H}") for each in clashes(rows, away)]


def test_only_the_shifts_of_whoever_is_away_are_met_and_only_for_the_time_away():
    assert found({ADA: [(MONDAY + 12 * HOUR, MONDAY + 3 * DAY)]}) == [(ADA, "05 20", "06 08"), (ADA, "07 08", "08 08")]


def test_time_off_that_touches_a_shift_or_is_split_over_a_border_meets_it_rightly():
    assert found({ADA: [(MONDAY + DAY, MONDAY + 2 * DAY)]}) == []
    assert found({ADA: [(MONDAY, MONDAY + HOUR), (MONDAY + HOUR, MONDAY + 2 * HOUR)]}) == [(ADA, "05 08", "05 10")]


def test_whoever_was_replaced_has_no_clash_and_a_shadow_never_has():
    covered = ScheduleRule(
        layers=(layer([ADA]),), overrides=(override("replace", BRUNO, "2026-01-05T08:00", "2026-01-06T08:00", replaced_id=ADA),)
    )
    assert found({ADA: [(MONDAY, MONDAY + DAY)]}, rule=covered) == []
    assert found({ADA: [(MONDAY, MONDAY + DAY)]}, rule=ScheduleRule(layers=(layer([ADA], shadow=True),))) == []


@pytest.fixture
def watch(db):
    ada, bruno, grace = (person(handle) for handle in ("ada", "bruno", "grace"))
    organization(grace)
    person("charlie")
    return schedule("Watch", team("SecOps", ada, bruno, managers=(grace,)), ada, bruno)


def whoever_is_on(watch) -> tuple[TimeOff, dt.datetime]:
    """Time off of whoever has the watch now, for a day from now on."""
    now = database_now()
    ada = watch.team.memberships.get(person__handle="ada").person
    made = add_time_off(ada, now, now + 21 * DAY, "  at the\tsea ", by=actor(ada), now=now)
    return made, now


def test_saving_names_what_it_meets_and_an_override_solves_it(watch):
    made, now = whoever_is_on(watch)
    met = meetings_of([made], now=now)
    assert met
    assert {each.person_id for each in met} == {made.person_id}
    bruno = watch.team.memberships.get(person__handle="bruno").person
    add_override(watch, Change("replace", bruno, now, now + 22 * DAY, replaced=made.person), by=actor(bruno), now=now)
    assert meetings_of([made], now=now) == []


def test_it_is_audited_and_what_ran_ends_now(watch):
    made, now = whoever_is_on(watch)
    assert made.reason == "at the sea"
    later = now + HOUR
    end_time_off(made.id, by=actor(made.person), now=later)
    assert TimeOff.objects.get().end == later
    with pytest.raises(Refused, match="The past stays"):
        end_time_off(made.id, by=actor(made.person), now=later)
    coming = add_time_off(made.person, later + DAY, later + 2 * DAY, by=actor(made.person), now=later)
    end_time_off(coming.id, by=actor(made.person), now=later)
    assert TimeOff.objects.count() == 1
    actions = Record.objects.filter(kind="time_off").order_by("id").values_list("action", flat=True)
    assert list(actions) == ["time_off.add", "time_off.end", "time_off.add", "time_off.end"]


@pytest.mark.parametrize(
    ("begins", "ends", "reason", "says"),
    [
        (2, 1, "", "end after it begins"),
        (-3, -1, "", "still to come"),
        (1, 400, "", "a year at most"),
        (725, 735, "", "two years"),
        (1, 2, "x" * 201, "200 characters"),
        (1, 2, "a\x00b", "200 characters"),
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_changes(watch, begins, ends, reason, says):
    now = database_now()
    ada = watch.team.memberships.get(person__handle="ada").person
    with pytest.raises(Invalid, match=says):
        add_time_off(ada, now + begins * DAY, now + ends * DAY, reason, by=actor(ada), now=now)
    assert not TimeOff.objects.exists()


def test_the_same_time_off_twice_is_one(watch):
    made, now = whoever_is_on(watch)
    with pytest.raises(AlreadyDone):
        add_time_off(made.person, made.start, made.end, by=actor(made.person), now=now)


def test_the_command_line_names_the_clash_and_verify_does_too(cli, watch):
    start, end = ((database_now() + n * DAY).date().isoformat() for n in (1, 20))
    made = cli("timeoff", "add", "--from", start, "--to", end, "--reason", "sea", "--as", "ada", "--json")
    assert "Ada has the watch Watch then" in made.err
    assert made.json()["clashes"][0]["schedule"] == "Watch"
    assert made.json()["by"] == "ada"
    assert "Ada has time off" in cli("verify", "--months", "1").out
    assert cli("timeoff", "list", "--json").json() == [made.json()]
    assert "Watch" in cli("timeoff", "list").out
    number = str(made.json()["id"])
    assert cli("timeoff", "remove", number, "--as", "charlie").code == 1
    assert cli("timeoff", "remove", number, "--as", "grace").code == 0
    assert cli("timeoff", "list", "--all", "--as", "ada", "--json").json() == []


def test_managers_keep_the_time_off_of_their_people_and_nobody_else_does(cli, watch):
    span = ("--from", (database_now() + DAY).isoformat(), "--to", (database_now() + 2 * DAY).isoformat())
    assert cli("timeoff", "add", *span, "--person", "ada", "--as", "grace").code == 0
    assert "takes a manager" in cli("timeoff", "add", *span, "--person", "ada", "--as", "bruno").err
    assert cli("timeoff", "list", "--person", "ada", "--as", "charlie").code == 1
    assert cli("timeoff", "add", *span).code == 2
    assert cli("timeoff", "add", "--from", "soon", "--to", "later", "--as", "ada").code == 2
