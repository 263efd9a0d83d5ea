"""Time off by a subscribed calendar, from outside: on the page, over the API and on the command line."""

from __future__ import annotations

import html

import pytest

from tests import factories as make
from tests.cli.conftest import cli
from tests.factories import DAY, HOUR
from tests.web.conftest import Desk
from tests.web.test_time_off import watch
from watchbill.people.calendars import claim_calendars
from watchbill.people.models import AwayCalendar, DismissedEvent, Membership, TimeOff
from watchbill.people.rules.away import Away, Reading
from watchbill.schedules.actions import record_reading
from watchbill.schedules.models import Cover, Schedule

__all__ = ["cli", "watch"]
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
    assert "change it there, or dismiss it" in html.unescape(answer.content.decode())


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


def test_a_wrong_hit_is_dismissed_and_counted_again_on_the_page(desk: Desk):
    desk.as_("alice").post("/you/time-off/calendars", {"address": ADDRESS})
    read(desk, Reading(away=(Away("a", desk.now + DAY, desk.now + 2 * DAY), Away("b", desk.now + 3 * DAY, desk.now + 4 * DAY, "s"))))
    one, two = TimeOff.objects.order_by("start")
    assert page(desk).count("It is no time off") == 2
    assert page(desk).count("None of its series is") == 1
    assert "It is no time off" not in page(desk, "grace", "?person=alice")
    assert desk.as_("grace").post(f"/you/time-off/{one.id}/dismiss").status_code == 404
    assert desk.as_("alice").post(f"/you/time-off/{one.id}/dismiss", {"what": "one"}).status_code == 303
    assert desk.as_("alice").post(f"/you/time-off/{two.id}/dismiss", {"what": "series"}).status_code == 303
    assert not TimeOff.objects.exists()
    assert "Dismissed: 2" in page(desk)
    assert "and its series" in page(desk)
    row = DismissedEvent.objects.get(whole=False)
    assert desk.as_("bob").post(f"/you/time-off/dismissed/{row.id}/end").status_code == 404
    assert desk.as_("alice").post(f"/you/time-off/dismissed/{row.id}/end").status_code == 303
    assert "Dismissed: 1" in page(desk)


def test_a_calendar_that_cannot_be_read_is_seen_by_its_person_their_manager_and_the_operator(desk: Desk, cli):
    desk.as_("alice").post("/you/time-off/calendars", {"address": ADDRESS})
    read(desk, Reading(why="It answered 500."))
    assert "cannot be read for" in html.unescape(desk.as_("alice").get("/you").content.decode())
    assert "A calendar of Alice cannot be read" in page(desk, "grace")
    assert "A calendar of Alice cannot be read" in page(desk, "grace", "?person=alice")
    assert "It answered 500." not in page(desk, "grace", "?person=alice")
    assert "cannot be read" not in page(desk, "bob")
    said = cli("doctor", "--json").out
    assert "calendar of alice" in said
    assert "It answered 500." in said


def test_the_same_by_commands_and_over_the_api(desk: Desk, cli):
    desk.as_("alice").post("/you/time-off/calendars", {"address": ADDRESS})
    read(desk, Reading(away=(Away("a", desk.now + DAY, desk.now + 2 * DAY),)))
    number = TimeOff.objects.get().id
    assert "its person's own" in cli("timeoff", "dismiss", number, "--as", "grace").err
    made = cli("timeoff", "dismiss", number, "--as", "alice", "--json").json()
    assert [row["id"] for row in cli("timeoff", "dismissed", "--as", "alice", "--json").json()] == [made["id"]]
    assert "You dismissed no such event" in cli("timeoff", "count", made["id"], "--as", "bob").err
    assert cli("timeoff", "count", made["id"], "--as", "alice").code == 0
    assert not DismissedEvent.objects.exists()
