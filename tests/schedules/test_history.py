"""Who was on call at any moment of the past, and who carried how much: edits and overrides of later leave it as it was."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import actor, organization, person, schedule, team
from tests.schedules.cast import ADA, BRUNO, DAY, HOUR, at, layer, two_desks
from watchbill.schedules.actions import Change, add_override, edit_layers_in, withdraw_override
from watchbill.schedules.models import Layer
from watchbill.schedules.rules import LayerSpec, ScheduleRule, carried, final_shifts, months_of, weeks_of
from watchbill.schedules.selectors import history_objects, history_of, on_call

T = at("2026-03-11T12:00")  # a Wednesday
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
pytestmark = pytest.mark.req("S9")


@pytest.fixture
def watch(db):
    ada, bruno, grace = (person(handle) for handle in ("ada", "bruno", "grace"))
    organization(grace)
    return schedule("Watch", team("SecOps", ada, bruno, managers=(grace,)), ada)


def people(watch):
    return {member.person.handle: member.person for member in watch.team.memberships.select_related("person")}


def who_was(watch, moment: dt.datetime) -> list[int]:
    return [one.person_id for one in on_call([watch.id], at=moment)[watch.id]]


def test_an_edit_and_overrides_of_the_past_answer_for_their_time_only(watch):
    ada, bruno = people(watch)["ada"], people(watch)["bruno"]
    add_override(watch, Change("take", bruno, T + DAY, T + 2 * DAY), by=actor(ada), now=T)
    cut = add_override(watch, Change("take", bruno, T + 4 * DAY, T + 6 * DAY), by=actor(ada), now=T)
    withdraw_override(cut.id, by=actor(ada), now=T + 5 * DAY)
    layer_ = Layer.objects.get()
    spec = LayerSpec(layer_.name, WEEK, layer_.start, layer_.length, layer_.turn, layer_.starting, ((bruno.id,),))
    edit_layers_in(watch, [spec], now=T + 20 * DAY)
    assert who_was(watch, T) == [ada.id]
    assert who_was(watch, T + DAY + HOUR) == [bruno.id]
    assert who_was(watch, T + 2 * DAY + HOUR) == [ada.id]
    assert who_was(watch, T + 5 * DAY - HOUR) == [bruno.id]  # it ran until it was withdrawn
    assert who_was(watch, T + 5 * DAY + HOUR) == [ada.id]
    assert who_was(watch, T + 19 * DAY) == [ada.id]
    assert who_was(watch, T + 40 * DAY) == [bruno.id]


def test_the_months_tell_what_was_and_the_current_one_only_until_now(watch):
    ada, bruno = people(watch)["ada"], people(watch)["bruno"]
    add_override(watch, Change("take", bruno, T + DAY, T + 2 * DAY), by=actor(ada), now=T)
    now = at("2026-04-02T00:00")
    rows = history_objects(watch, history_of(watch, dt.date(2026, 3, 1), 6, now=now))
    assert {(row["month"], row["person"]["handle"]): row["hours"] for row in rows} == {
        ("2026-03", "ada"): 30 * 24.0,
        ("2026-03", "bruno"): 24.0,
        ("2026-04", "ada"): 24.0,
    }
    assert history_of(watch, dt.date(2026, 5, 1), 2, now=now) == []


def test_a_shift_over_the_border_of_a_month_counts_for_both_by_the_clock_of_the_schedule():
    rule = ScheduleRule(layers=(layer([ADA], length="24h", zone="Asia/Tokyo"),), zone="Asia/Tokyo")
    months = months_of(dt.date(2026, 2, 17), 2, "Asia/Tokyo")
    assert [month.first for month in months] == [dt.date(2026, 2, 1), dt.date(2026, 3, 1)]
    rows = final_shifts(rule, months[0].start, months[-1].end)
    assert [month.loads[0].hours for month in carried(rows, months, {}, {})] == [28 * 24, 31 * 24]


def test_weeks_begin_on_the_monday_of_the_zone():
    weeks = weeks_of(dt.date(2026, 4, 1), 2, "Europe/Berlin")  # a Wednesday, in the week after the clocks went forward
    assert [week.first for week in weeks] == [dt.date(2026, 3, 30), dt.date(2026, 4, 6)]
    assert weeks[0].start == at("2026-03-29T22:00")
    (short,) = weeks_of(dt.date(2026, 3, 25), 1, "Europe/Berlin")
    assert (short.end - short.start) / HOUR == 7 * 24 - 1
    rule = ScheduleRule(layers=(layer([ADA, BRUNO], days="mon", start="00:00", length="1w", zone="Europe/Berlin"),))
    rows = final_shifts(rule, short.start, weeks[-1].end)
    assert [load.hours for week in carried(rows, [short, *weeks], {}, {}) for load in week.loads] == [167, 168, 168]


@settings(deadline=None, max_examples=40)
@given(st.dates(dt.date(2026, 2, 1), dt.date(2030, 1, 1)), st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Apia"]), st.integers(1, 14))
def test_nothing_is_lost_between_months(first: dt.date, zone: str, count: int):
    months = months_of(first, count, zone)
    assert all(one.end == other.start for one, other in pairwise(months))
    start, end = months[0].start, months[-1].end
    rows = final_shifts(two_desks(zone), start, end)
    inside = sum((min(row.end, end) - max(row.start, start) for row in rows), dt.timedelta())
    assert sum((load.watched for month in carried(rows, months, {BRUNO: zone}, {}) for load in month.loads), dt.timedelta()) == inside
