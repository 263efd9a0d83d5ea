"""A calendar month on the pages: the watches as the one answer says them, gaps with their word, absence, and one's own on all schedules."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils.html import strip_tags

from tests import factories as make
from tests.web.conftest import Desk
from watchbill.people.absences import add_time_off
from watchbill.people.models import Person
from watchbill.schedules.actions import Change, add_override
from watchbill.schedules.models import Schedule

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture
def turns(desk: Desk) -> Schedule:
    return make.schedule("Turns", desk.team, desk.alice, desk.bob)


def day_of(html: str, date: dt.date) -> str:
    """What one day says."""
    found = re.search(rf'<time datetime="{date}">(.*?)(?=<p class="date">|<ul class="key)', html, re.DOTALL)
    assert found, date
    return re.sub(r"\s+", " ", strip_tags(found[1]))


def month(desk: Desk, name: str, schedule: Schedule, at: dt.datetime, more: str = "") -> str:
    answer = desk.as_(name).get(f"/schedules/{schedule.id}/month?month={at:%Y-%m}{more}")
    assert answer.status_code == 200
    return answer.content.decode()


def monday(desk: Desk, weeks: int) -> dt.datetime:
    """Midnight of a Monday to come, in UTC."""
    day = desk.now.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - day.weekday() * DAY + weeks * 7 * DAY


def test_a_month_says_who_has_each_part_of_each_day(desk: Desk, turns: Schedule):
    at = monday(desk, 3) + 2 * DAY
    add_override(turns, Change("remove", desk.alice, at + 4 * HOUR, at + 6 * HOUR), by=make.actor(desk.alice), now=desk.now)
    add_override(turns, Change("remove", desk.bob, at + 4 * HOUR, at + 6 * HOUR), by=make.actor(desk.alice), now=desk.now)
    add_override(turns, Change("take", desk.grace, at + 22 * HOUR, at + 26 * HOUR), by=make.actor(desk.alice), now=desk.now)
    html = month(desk, "charlie", turns, at)
    said = day_of(html, at.date())
    assert "04:00 to 06:00 Gap: nobody" in said
    assert "from 22:00 Grace override" in said
    assert "until 02:00 Grace override" in day_of(month(desk, "charlie", turns, at + DAY), (at + DAY).date())
    assert "1 gap: nobody" in re.sub(r"\s+", " ", strip_tags(html))
    assert "data-give" not in html  # Charlie is of another team: nothing to swap
    assert "swapping.js" not in html


def test_absence_and_public_holidays_of_the_people_concerned_stand_on_their_days(desk: Desk, turns: Schedule):
    Person.objects.filter(handle="bob").update(holidays="DE", timezone="Asia/Tokyo")
    christmas = dt.date(desk.now.year + 1, 12, 25)
    html = month(desk, "alice", turns, dt.datetime(christmas.year, 12, 1))
    assert "holiday Bob (DE)" in day_of(html, christmas)  # on its date, though its hours are Tokyo's
    assert "holiday" not in day_of(html, christmas - DAY)
    at = monday(desk, 2)
    add_time_off(desk.alice, at, at + DAY, by=make.actor(desk.alice), now=desk.now)
    assert "away Alice" in day_of(month(desk, "vera", turns, at), at.date())


def test_in_my_time_the_days_begin_at_my_midnights(desk: Desk, turns: Schedule):
    Person.objects.filter(handle="alice").update(timezone="Asia/Tokyo")
    at = monday(desk, 2)
    mine = day_of(month(desk, "alice", turns, at, "&zone=mine"), at.date())
    assert "until 09:00" in mine
    assert "from 09:00" in mine
    assert "until 09:00" not in day_of(month(desk, "alice", turns, at), at.date())


def test_ones_own_month_has_every_schedule(desk: Desk, turns: Schedule):
    at = monday(desk, 2)
    html = desk.as_("alice").get(f"/you/month?month={at:%Y-%m}").content.decode()
    assert "Responder" in day_of(html, at.date())
    assert "Managers" not in html
    assert f'href="/schedules/{turns.id}/month?month={at:%Y-%m}"' in html
    assert "Managers" in desk.as_("grace").get("/you/month").content.decode()


def test_a_manager_looks_at_the_month_of_their_people_in_the_time_of_those(desk: Desk, turns: Schedule):
    Person.objects.filter(handle="bob").update(timezone="Asia/Tokyo")
    at = monday(desk, 2)
    html = desk.as_("grace").get(f"/you/month?month={at:%Y-%m}&person=bob").content.decode()
    assert "Watches of Bob" in html
    assert "shown in Asia/Tokyo" in html
    assert "Turns" in html
    assert ">you<" not in html
    assert f"month={at:%Y-%m}" in html
    assert "person=bob" in html  # the arrows keep whose it is
    assert '<option value="bob" selected>' in html
    assert "Whose watches" not in desk.as_("alice").get("/you/month").content.decode()
    for name in ("alice", "vera", "charlie"):
        assert desk.as_(name).get("/you/month?person=bob").status_code == 403
    assert desk.as_("root").get("/you/month?person=bob").status_code == 200
    assert desk.as_("root").get("/you/month?person=nobody").status_code == 403


def test_my_watches_to_come_lead_to_the_form_of_a_swap(desk: Desk, turns: Schedule):
    at = monday(desk, 8)
    html = month(desk, "alice", turns, at) + month(desk, "alice", turns, at + 10 * DAY)
    give = re.search(r'data-give="([^"]+)"', html)
    take = re.search(r'data-take="([^"]+)"', html)
    assert give is not None
    assert take is not None
    assert give[1].endswith(" alice")
    assert take[1].endswith(" bob")
    form = desk.as_("alice").get("/swaps", {"give": give[1], "take": take[1]}).content.decode()
    assert form.count(" selected>") == 2  # both, although they begin after the six weeks of the lists
    assert form.count('aria-label="Then: ') == 2
    assert "Nothing is saved yet" in form
    assert "No new gap, no new strain" in form or "state is-amber" in form
    done = desk.as_("alice").post("/swaps", {"give": give[1], "take": take[1]}, follow=True)
    assert "Bob is asked" in strip_tags(done.content.decode())


def test_a_swap_that_cannot_be_is_refused_before_it_is_asked(desk: Desk, turns: Schedule):
    said = ""
    for weeks in (3, 4):  # Alice has one of them
        watch = f"{turns.id} {monday(desk, weeks).isoformat()} alice"
        said += strip_tags(desk.as_("bob").get("/swaps", {"give": watch, "take": watch}).content.decode())
        assert desk.as_("charlie").get("/swaps", {"give": watch, "take": watch}).status_code == 200
    assert "nobody gives another" in said
    text = strip_tags(desk.as_("bob").get("/swaps", {"give": "x", "take": "1 2026-13-01 bob"}).content.decode())
    assert "Choose both watches from the lists" in text


def test_what_begins_between_two_seconds_is_still_found(desk: Desk, turns: Schedule):
    start = monday(desk, 2) + 3 * DAY + dt.timedelta(microseconds=123_456)
    for who in (desk.alice, desk.bob):
        add_override(turns, Change("remove", who, start - 5 * HOUR, start), by=make.actor(who), now=desk.now)
    html = desk.as_("alice").get("/swaps").content.decode() + desk.as_("bob").get("/swaps").content.decode()
    value = re.search(rf'value="({turns.id} {start:%Y-%m-%dT%H:%M}:00.123456Z (?:alice|bob))"', html)
    assert value is not None


def test_a_month_that_is_none_is_said(desk: Desk, turns: Schedule):
    for path in (f"/schedules/{turns.id}/month", "/you/month"):
        answer = desk.as_("alice").get(path, {"month": "soon"})
        assert answer.status_code in (400, 422)
        assert "expected for example month=2026-03" in answer.content.decode()


def test_one_that_ended_or_never_was_is_not_found(desk: Desk, turns: Schedule):
    Schedule.objects.filter(pk=turns.pk).update(is_active=False)
    assert desk.as_("alice").get(f"/schedules/{turns.id}/month").status_code == 404
    assert desk.as_("alice").get("/schedules/999999/month").status_code == 404
