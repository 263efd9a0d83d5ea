"""Time off by a subscribed calendar, from outside: on the page, over the API and on the command line."""

from __future__ import annotations

import html

import pytest

from tests import factories as make
from tests.factories import DAY, HOUR
from tests.web.conftest import Desk
from tests.web.test_time_off import watch
from watchbill.people.calendars import claim_calendars
from watchbill.people.models import AwayCalendar, Membership, TimeOff
from watchbill.people.rules.away import Away, Reading
from watchbill.schedules.actions import record_reading
from watchbill.schedules.models import Cover, Schedule

__all__ = ["watch"]
pytestmark = [pytest.mark.django_db, pytest.mark.req("S10")]
ADDRESS = "https://calendar.example.org/salamander/basic.ics"


def page(desk: Desk, name: str = "alice", query: str = "") -> str:
    return html.unescape(desk.as_(name).get(f"/you/time-off{query}").content.decode())


def read(desk: Desk, reading: Reading) -> None:
    AwayCalendar.objects.update(due_at=desk.now)
    (claim,) = claim_calendars(now=desk.now, limit=9)
    record_reading(claim, reading, now=desk.now)


def test_one_subscribes_sees_its_host_alone_and_unsubscribes(desk: Desk):
    answer = desk.as_("alice").post("/you/time-off/calendars", {"address": ADDRESS, "counts": "every"}, follow=True)
    text = answer.content.decode()
    assert "is read within a minute" in text
    assert "calendar.example.org" in text
    assert "salamander" not in text
    row = AwayCalendar.objects.get()
    assert (row.person, row.everything, row.created_by) == (desk.alice, True, desk.alice)
    assert "calendar.example.org" not in page(desk, "grace", "?person=alice")
    assert desk.as_("bob").post(f"/you/time-off/calendars/{row.id}/end").status_code == 404
    assert desk.as_("alice").post(f"/you/time-off/calendars/{row.id}/end").status_code == 303
    assert not AwayCalendar.objects.exists()


@pytest.mark.parametrize("address", ["", "http://calendar.example.org/a", "calendar", "https://ada:secret@calendar.example.org/<a>"])
def test_what_is_no_address_changes_nothing_and_is_kept_in_the_form(desk: Desk, address: str):
    answer = desk.as_("alice").post("/you/time-off/calendars", {"address": address, "counts": "every"})
    assert answer.status_code == 422
    assert "Nothing was changed." in answer.content.decode()
    assert f'value="{html.escape(address)}"' in answer.content.decode()
    assert desk.as_("alice").get("/you/time-off/calendars").status_code == 200  # for whoever reloads it
    assert not AwayCalendar.objects.exists()


def test_what_it_says_is_seen_as_away_without_a_word_of_it(desk: Desk, watch: Schedule):
    desk.as_("alice").post("/you/time-off/calendars", {"address": ADDRESS})
    read(desk, Reading(away=(Away("a", desk.now + 2 * DAY, desk.now + 4 * DAY),), left=1))
    text = page(desk)
    assert "from a calendar at calendar.example.org" in text
    assert "Meets a watch" in text
    assert "1 event left out: longer than a year" in text
    assert "Take it back" not in text
    assert "from a calendar at" in page(desk, "grace", "?person=alice")
    shown = html.unescape(desk.as_("bob").get(f"/schedules/{watch.id}").content.decode())
    assert "Alice is away" in shown
    assert "calendar.example.org" not in shown
    answer = desk.as_("alice").post(f"/you/time-off/{TimeOff.objects.get().id}/end", follow=True)
    assert "change it there, or unsubscribe" in html.unescape(answer.content.decode())


def test_cover_is_asked_for_by_one_press(desk: Desk, watch: Schedule):
    desk.as_("alice").post("/you/time-off/calendars", {"address": ADDRESS})
    read(desk, Reading(away=(Away("a", desk.now + 2 * DAY, desk.now + 4 * DAY),)))
    Membership.objects.create(team=desk.team, person=make.person("rested"))
    body = desk.as_("alice").get("/you/time-off").content.decode()
    value = html.unescape(body.split('name="watch" value="')[1].split('"')[0])
    answer = desk.as_("alice").post("/covers", {"watch": value, "reason": "Time off"}, follow=True)
    assert Cover.objects.get().asker == desk.alice, answer.content.decode()
    assert "Cover is asked for" in page(desk)
    assert 'name="watch"' not in desk.as_("grace").get("/you/time-off?person=alice").content.decode()


def test_that_it_cannot_be_read_is_said_to_its_person(desk: Desk):
    desk.as_("alice").post("/you/time-off/calendars", {"address": ADDRESS})
    desk.now -= 2 * HOUR
    read(desk, Reading(why="It answered 404."))
    text = page(desk)
    assert "Cannot be read for 2" in text
    assert "It answered 404. Tried 1 time." in text
