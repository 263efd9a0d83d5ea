"""The same change by hand every week: at the same hours of the clock, all of them or none, ended together."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import DAY, HOUR, T0, actor
from tests.schedules.cast import HARD_ZONES, at
from tests.schedules.test_actions import Desk, desk  # noqa: F401  a fixture
from watchbill.audit.models import Record
from watchbill.kernel.errors import Invalid, Refused
from watchbill.notifications.models import Notification
from watchbill.people.rules import clock_time, zone_of
from watchbill.schedules.actions import Change, NewGap, add_override, add_series, repeated, withdraw_override, withdraw_series
from watchbill.schedules.models import Override
from watchbill.schedules.rules import weekly
from watchbill.schedules.selectors import on_call

WEEK = 7 * DAY
pytestmark = pytest.mark.req("K44")


def test_it_keeps_its_hours_when_the_clocks_change():
    spans = weekly(at("2026-03-20T17:00"), at("2026-03-20T21:00"), dt.date(2026, 4, 3), "Europe/Berlin")
    assert spans == [
        (at("2026-03-20T17:00"), at("2026-03-20T21:00")),
        (at("2026-03-27T17:00"), at("2026-03-27T21:00")),
        (at("2026-04-03T16:00"), at("2026-04-03T20:00")),
    ]


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(HARD_ZONES),
    st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2030, 1, 1)),
    st.integers(1, 7 * 24 * 4),
    st.integers(1, 25),
)
def test_no_two_of_them_overlap_and_each_shows_the_same_clock(zone: str, local: dt.datetime, quarters: int, weeks: int):
    here = zone_of(zone)
    start = clock_time(local.replace(second=0, microsecond=0), here)
    end = start + quarters * dt.timedelta(minutes=15)
    begins = start.astimezone(here)
    if end.astimezone(here).replace(tzinfo=None) - begins.replace(tzinfo=None) > WEEK:
        return
    spans = weekly(start, end, begins.date() + weeks * WEEK, zone)
    assert spans[0] == (start, end)
    assert len(spans) in (weeks, weeks + 1)  # one may fall into the hour that a night leaves out
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    shown = [span[0].astimezone(here) for span in spans]
    assert all(one.weekday() == begins.weekday() for one in shown)


@pytest.mark.parametrize(
    ("end", "until", "said"),
    [
        (T0 + 8 * DAY, T0.date() + 4 * WEEK, "lasts a week at most"),
        (T0 + HOUR, T0.date() + 6 * DAY, "it happens once"),
        (T0 + HOUR, T0.date() + 26 * WEEK, "27 times, and 26 are the most"),
        (T0 + HOUR, dt.date.max, "are the most"),
    ],
)
def test_what_makes_no_sense_is_said(end: dt.datetime, until: dt.date, said: str):
    with pytest.raises(ValueError, match=said):
        weekly(T0, end, until, "UTC")


def every_week(desk: Desk, kind: str = "take", times: int = 4, **more) -> list[Change]:  # noqa: F811
    change = Change(kind, more.pop("person", desk.chen), T0 + HOUR, T0 + 3 * HOUR, **more)
    return repeated(desk.watch, change, (T0 + (times - 1) * WEEK).date())


def test_all_of_them_are_ordinary_overrides_told_once_and_ended_together(desk):  # noqa: F811
    made = add_series(desk.watch, every_week(desk, reason="a course"), by=desk.by, now=T0)
    assert [each.start for each in made] == [T0 + HOUR + n * WEEK for n in range(4)]
    assert {each.series for each in Override.objects.all()} == {made[0].id}
    assert all(desk.on(T0 + 2 * HOUR + n * WEEK) == [desk.chen.id] for n in range(4))
    assert desk.on(T0 + 2 * HOUR + 4 * WEEK) != [desk.chen.id]
    assert Record.objects.filter(action="override.add", detail__series=made[0].id).count() == 4
    assert Notification.objects.filter(person=desk.chen).count() == 1
    withdraw_override(made[2].id, by=desk.by, now=T0 + DAY)
    ended = withdraw_series(made[3].id, by=desk.by, now=T0 + DAY)
    assert [each.id for each in ended] == [made[1].id, made[3].id]
    assert desk.on(T0 + 2 * HOUR) == [desk.chen.id]  # the first one is over, and stays
    assert not any(desk.on(T0 + 2 * HOUR + n * WEEK) == [desk.chen.id] for n in range(1, 4))
    assert Record.objects.filter(action="override.withdraw").count() == 3
    with pytest.raises(Refused, match="over or was ended"):
        withdraw_series(made[0].id, by=desk.by, now=T0 + 2 * DAY)


def test_one_that_cannot_be_refuses_all(desk):  # noqa: F811
    add_override(desk.watch, Change("add", desk.chen, T0 + 2 * WEEK, T0 + 2 * WEEK + 2 * HOUR), by=desk.by, now=T0)
    with pytest.raises(Refused, match="overlaps this one"):
        add_series(desk.watch, every_week(desk), by=desk.by, now=T0)
    assert Override.objects.count() == 1
    assert desk.on(T0 + 2 * HOUR) != [desk.chen.id]


def test_a_gap_in_any_of_them_asks_once_also_at_their_end(desk):  # noqa: F811
    (usual,) = desk.on(T0 + HOUR)
    person = desk.ada if usual == desk.ada.id else desk.bruno
    removed = every_week(desk, "remove", times=3, person=person)
    with pytest.raises(NewGap):
        add_series(desk.watch, removed, by=desk.by, now=T0, allow_gap=False)
    assert not Override.objects.exists()
    add_series(desk.watch, removed, by=desk.by, now=T0)
    covering = add_series(desk.watch, every_week(desk, times=3), by=desk.by, now=T0, allow_gap=False)
    with pytest.raises(NewGap):
        withdraw_series(covering[0].id, by=desk.by, now=T0, allow_gap=False)
    assert not Override.objects.filter(withdrawn_at__isnull=False).exists()


def test_one_that_was_made_alone_is_ended_alone(desk):  # noqa: F811
    alone = add_override(desk.watch, desk.change("take", desk.chen), by=desk.by, now=T0)
    with pytest.raises(Refused, match="End it alone"):
        withdraw_series(alone.id, by=desk.by, now=T0)
    with pytest.raises(Invalid, match="it happens once"):
        repeated(desk.watch, desk.change("take", desk.chen), T0.date())
    assert [one.person_id for one in on_call([desk.watch.id], at=T0 + HOUR)[desk.watch.id]] == [desk.chen.id]
    assert actor(desk.chen)
