"""A schedule's page: the picture, the list and the engine give one answer; gaps have words, length and a way out."""

from __future__ import annotations

import datetime as dt
import re
from itertools import pairwise

import pytest
from django.utils.html import strip_tags

from tests import factories as make
from tests.web.conftest import Desk
from watchbill.people.selectors import viewer_of
from watchbill.schedules.actions import Change, add_override
from watchbill.schedules.models import Layer, Override, Schedule
from watchbill.schedules.selectors import shifts_of
from watchbill.web import calendars, times
from watchbill.web.visit import Visit

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def schedule(name: str = "Responder") -> Schedule:
    return Schedule.objects.get(name=name)


def page(desk: Desk, name: str, of: Schedule, query: str = "") -> str:
    answer = desk.as_(name).get(f"/schedules/{of.id}{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def visit(desk: Desk, name: str, zone: str = "UTC") -> Visit:
    return Visit(desk.people[name], viewer_of(desk.people[name]), desk.now, times.zone_of(zone))


def test_every_schedule_is_listed_with_who_has_it(desk: Desk):
    html = desk.as_("charlie").get("/schedules").content.decode()
    assert html.index("Responder") < html.index("Managers")
    assert "Alice" in html
    assert "Grace" in html


def test_the_list_equals_the_picture_and_the_one_answer(desk: Desk):
    of = schedule()
    add_override(
        of, Change("take", desk.bob, desk.now + 5 * HOUR, desk.now + 9 * HOUR, reason="dentist"), by=make.actor(desk.bob), now=desk.now
    )
    who = visit(desk, "alice")
    picture = calendars.two_weeks(of, calendars.first_day(who, dt.UTC, 0), dt.UTC, who)
    shifts = shifts_of(of.id, picture.start, picture.end)
    assert [row.shift for row in picture.rows] == shifts
    assert len(picture.final.segments) == len(shifts)
    window = picture.end - picture.start
    for segment, shift in zip(picture.final.segments, shifts, strict=True):
        start = max(shift.start, picture.start)
        assert segment.x == pytest.approx(100 * (start - picture.start) / window, abs=0.6)
    assert "swap" in " ".join(segment.kind for segment in picture.final.segments)
    assert [lane.name for lane in picture.lanes] == ["All", "Changes"]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_days_are_as_wide_as_they_are_long_when_the_clocks_change(desk: Desk, zone: str):
    who = visit(desk, "alice", zone)
    tz = times.zone_of(zone)
    change = next(found for n in range(60) if (found := calendars.clock_change(tz, desk.now + n * 7 * DAY, desk.now + (n + 1) * 7 * DAY)))
    first = change[0].astimezone(tz).date() - dt.timedelta(days=4)
    picture = calendars.two_weeks(schedule(), first, tz, who)
    hours = [(b - a) / HOUR for a, b in pairwise(calendars.midnights(first, 14, tz))]
    assert [each for each in hours if each != 24] == [24 - change[1] / 3600]
    lines = [line.x for line in picture.final.lines]
    widths = [b - a for a, b in pairwise(lines)]
    assert widths == pytest.approx([100 * each / sum(hours) for each in hours])
    assert any("Clocks go" in text for text in picture.changed_clocks)


def test_a_phone_gets_one_strip_a_day_from_yesterday_on(desk: Desk):
    who = visit(desk, "alice")
    days = calendars.two_weeks(schedule(), calendars.first_day(who, dt.UTC, 0), dt.UTC, who).days
    today = [day.is_today for day in days].index(True)
    assert today == (1 if desk.now.weekday() else 0)
    assert len(calendars.two_weeks(schedule(), calendars.first_day(who, dt.UTC, 2), dt.UTC, who).days) == 14


def test_before_today_and_after(desk: Desk):
    html = page(desk, "alice", schedule(), "?weeks=2")
    assert 'href="?weeks=4"' in html
    assert 'href="?"' in html
    for odd in ("?weeks=x", "?weeks=-99999", "?weeks=104"):
        page(desk, "alice", schedule(), odd)


def test_a_gap_says_its_length_and_whoever_may_cover_takes_it(desk: Desk):
    of = schedule()
    start = (desk.now + 2 * DAY).replace(minute=0, second=0, microsecond=0)
    add_override(of, Change("remove", desk.alice, start, start + 12 * HOUR), by=make.actor(desk.alice), now=desk.now)
    html = page(desk, "bob", of)
    text = re.sub(r"\s+", " ", strip_tags(html))
    assert "12 h: nobody." in text
    assert "1 gap" in text
    assert 'class="seg gap"' in html
    fields = dict(re.findall(r'name="(start|end)" value="([^"]+)"', html))
    answer = desk.as_("bob").post(f"/schedules/{of.id}", fields, follow=True)
    assert "You have the watch from" in answer.content.decode()
    override = Override.objects.get(kind="take")
    assert (override.person, override.start, override.end) == (desk.bob, start, start + 12 * HOUR)
    assert "No gap" in answer.content.decode()


def test_whoever_may_not_cover_reads_why_and_is_refused(desk: Desk):
    of = schedule()
    add_override(of, Change("remove", desk.alice, desk.now + DAY, desk.now + DAY + HOUR), by=make.actor(desk.alice), now=desk.now)
    assert 'aria-disabled="true" aria-describedby="no-cover"' in page(desk, "vera", of)
    fields = {"start": times.iso(desk.now + DAY), "end": times.iso(desk.now + DAY + HOUR)}
    assert desk.as_("vera").post(f"/schedules/{of.id}", fields).status_code == 403
    assert not Override.objects.filter(kind="take").exists()
    for bad in ({}, {"start": "x", "end": "y"}, {"start": "2026-01-01T00:00", "end": "2026-01-02T00:00"}):
        assert "were not understood" in desk.as_("bob").post(f"/schedules/{of.id}", bad, follow=True).content.decode()


@pytest.mark.req("S9")
def test_who_had_the_watch_at_a_moment_and_why(desk: Desk):
    of = schedule()
    past = (desk.now - 10 * DAY).strftime("%Y-%m-%dT%H:%M")
    assert "<b>Alice</b>: layer all; no override" in page(desk, "bob", of, f"?at={past}")
    add_override(of, Change("take", desk.bob, desk.now + DAY, desk.now + 2 * DAY), by=make.actor(desk.bob), now=desk.now)
    coming = (desk.now + 30 * HOUR).strftime("%Y-%m-%dT%H:%M")
    html = page(desk, "bob", of, f"?at={coming}")
    assert "<b>Bob</b>: override on" in html
    told = " ".join(re.sub(r"<[^>]+>", " ", html.partition("Layer by layer")[2]).split())
    assert told.startswith("all : Alice, ")
    assert "takes the watch : Alice → became Bob" in told
    assert "So: Bob" in told
    assert "By plan; it may still change." in html
    assert "Nobody" in page(desk, "bob", of, "?at=2020-01-01T00:00")
    for odd in ("tomorrow", "9999-99-99T00:00", "0001-01-01T00:00"):
        assert "was not understood" in page(desk, "bob", of, f"?at={odd}")


def test_in_my_time_moves_the_picture_and_not_the_shifts(desk: Desk):
    desk.bob.timezone = "Asia/Tokyo"
    desk.bob.save()
    html = page(desk, "bob", schedule(), "?zone=mine")
    assert "schedule in UTC, shown in JST" in html


def test_one_that_ended_or_never_was_is_not_found(desk: Desk):
    Schedule.objects.filter(name="Managers").update(is_active=False)
    assert desk.as_("bob").get(f"/schedules/{schedule('Managers').id}").status_code == 404
    assert desk.as_("bob").get("/schedules/999999").status_code == 404


def test_names_of_layers_and_people_cannot_bring_markup(desk: Desk):
    Layer.objects.update(name="<i>x</i>")
    desk.alice.name = "<b>Alice</b>"
    desk.alice.save()
    html = page(desk, "bob", schedule())
    assert "<i>x</i>" not in html
    assert "<b>Alice</b>" not in html
