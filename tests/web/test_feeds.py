"""A calendar reads the same shifts as everybody else, and knows what is newer."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import icalendar
import pytest
import recurring_ical_events
from django.test import Client

from tests import factories as make
from tests.factories import actor
from tests.web.conftest import Desk
from watchbill.audit.models import Record
from watchbill.kernel.logs import mask
from watchbill.people.models import Person
from watchbill.schedules.actions import Change, add_override, edit_layers_in, withdraw_override
from watchbill.schedules.models import Feed, Schedule
from watchbill.schedules.rules import LayerSpec
from watchbill.schedules.selectors import shift_objects, versions_of

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def watch(desk: Desk) -> Schedule:
    """Alice and Bob by days of 24 hours from 09:00 Berlin."""
    return rota("Watch", desk, [desk.alice.id], [desk.bob.id])


def rota(name: str, desk: Desk, *order: list[int], length: str = "24h") -> Schedule:
    made = Schedule.objects.create(name=name, team=desk.team, timezone="Europe/Berlin")
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    spec = LayerSpec("day", days, dt.time(9), length, "1 shift", dt.date(2026, 1, 5), tuple(tuple(each) for each in order))
    edit_layers_in(made, [spec], now=desk.now)
    return Schedule.objects.get(pk=made.pk)


def opened(desk: Desk, name: str, schedule: Schedule | None = None) -> str:
    """The path of a new feed, from the page that shows it once."""
    answer = desk.as_(name).post("/you/calendars", {"schedule": schedule.id if schedule else ""})
    assert answer.status_code == 200
    address = answer.context["address"]
    assert address in answer.content.decode()
    return "/calendar/" + address.rpartition("/")[2]


def read(path: str) -> icalendar.Calendar:
    answer = Client().get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    return icalendar.Calendar.from_ical(answer.content)


def events(path: str) -> dict[str, Any]:
    return {str(event["UID"]): event for event in read(path).walk("VEVENT")}


def spans(calendar: icalendar.Calendar, start: dt.datetime, end: dt.datetime) -> list[tuple[dt.datetime, dt.datetime, str]]:
    found = recurring_ical_events.of(calendar).between(start, end)
    return sorted((e["DTSTART"].dt, e["DTEND"].dt, str(e["SUMMARY"]).partition(":")[0]) for e in found)


@pytest.mark.req("K42", "S11", "S12")
def test_the_feed_of_a_schedule_is_what_shifts_says_over_a_change_of_clocks(desk: Desk, watch: Schedule):
    path = opened(desk, "vera", watch)
    start, end = desk.now, desk.now + dt.timedelta(days=340)
    said = sorted((row["start"], row["end"], row["person"]["name"]) for row in shift_objects(watch.id, start, end))
    assert spans(read(path), start, end) == said
    assert {(b - a) for a, b, _ in said} == {24 * HOUR, 23 * HOUR, 25 * HOUR}


@pytest.mark.req("K42", "S11")
def test_my_own_feed_has_my_shifts_on_every_schedule_and_nobody_elses(desk: Desk, watch: Schedule):
    other, soon = make.schedule("Backup", desk.team, desk.bob), (desk.now + 48 * HOUR).replace(microsecond=0)
    add_override(
        other,
        Change("take", desk.alice, soon, soon + 2 * HOUR),
        by=actor(desk.bob),
        now=desk.now,
    )
    path = opened(desk, "alice")
    found = events(path)
    summaries = {str(event["SUMMARY"]) for event in found.values()}
    assert summaries >= {"On call: Watch", "On call: Backup"}
    backup = [e for e in found.values() if e["SUMMARY"] == "On call: Backup"]
    assert [(e["DTSTART"].dt, e["DTEND"].dt) for e in backup] == [(soon, soon + 2 * HOUR)]
    mine = [r for r in shift_objects(watch.id, desk.now, desk.now + dt.timedelta(days=300)) if r["person"]["handle"] == "alice"]
    starts = {e["DTSTART"].dt for e in found.values() if e["SUMMARY"] == "On call: Watch"}
    assert {row["start"] for row in mine} <= starts


@pytest.mark.req("S11")
def test_a_shift_keeps_its_uid_and_is_newer_after_each_change_also_when_it_is_cut_and_taken_back(desk: Desk, watch: Schedule):
    path = opened(desk, "vera", watch)
    before = events(path)
    target = next(e for e in before.values() if e["DTSTART"].dt > desk.now + 72 * HOUR)
    uid, start, end = str(target["UID"]), target["DTSTART"].dt, target["DTEND"].dt
    person = desk.bob if "Alice" in target["SUMMARY"] else desk.alice
    seen = [target["SEQUENCE"]]
    stamp = [target["LAST-MODIFIED"].dt]

    def again() -> Any:
        event = events(path)[uid]
        seen.append(event["SEQUENCE"])
        stamp.append(event["LAST-MODIFIED"].dt)
        return event

    whole = add_override(watch, Change("take", person, start, end), by=actor(person), now=desk.now)
    assert person.name in again()["SUMMARY"]
    withdraw_override(whole.id, by=actor(person), now=desk.now + HOUR / 60)
    assert person.name not in again()["SUMMARY"]
    add_override(watch, Change("take", person, end - HOUR, end), by=actor(person), now=desk.now + HOUR / 30)
    assert again()["DTEND"].dt == end - HOUR
    add_override(watch, Change("take", person, start + 2 * HOUR, start + 3 * HOUR, layer=""), by=actor(person), now=desk.now + HOUR / 20)
    assert again()["DTEND"].dt == start + 2 * HOUR
    specs = [version.spec for version in versions_of(watch)]
    changed = [type(spec)(**{**{f: getattr(spec, f) for f in spec.__dataclass_fields__}, "order": spec.order[::-1]}) for spec in specs]
    edit_layers_in(watch, changed, now=desk.now + HOUR / 10)
    again()
    assert seen == sorted(set(seen)), seen
    assert stamp[1:] == sorted(set(stamp[1:])), stamp
    far = [u for u, e in before.items() if abs(e["DTSTART"].dt - start) > 10 * 24 * HOUR]
    assert len(far) > 100


def test_two_at_once_are_two_entries_and_a_gap_is_said(desk: Desk):
    both = rota("Both", desk, [desk.alice.id, desk.bob.id], length="8h")
    calendar = read(opened(desk, "vera", both))
    uids = [str(event["UID"]) for event in calendar.walk("VEVENT")]
    assert len(uids) == len(set(uids))
    assert {str(e["SUMMARY"]).partition(":")[0] for e in calendar.walk("VEVENT")} == {"Alice", "Bob", "Gap, nobody"}


def test_what_a_person_or_a_schedule_is_called_breaks_no_calendar(desk: Desk):
    Person.objects.filter(pk=desk.alice.pk).update(name="Al;ice, the\nEND:VCALENDAR\u202e first")
    odd = make.schedule("Wa,tch;\\", desk.team, desk.alice)
    calendar = read(opened(desk, "vera", odd))
    assert str(calendar["X-WR-CALNAME"]) == "Wa,tch;\\"
    assert len(calendar.walk("VCALENDAR")) == 1


def test_the_address_is_shown_once_kept_as_a_hash_replaced_and_ended(desk: Desk, watch: Schedule):
    first = opened(desk, "alice")
    token = first.removeprefix("/calendar/").removesuffix(".ics")
    page = desk.as_("alice").get("/you/calendars").content.decode()
    assert token not in page
    assert "Not read yet" in page
    assert Client().get(first).status_code == 200
    assert re.search(r"Read \d s ago", desk.as_("alice").get("/you/calendars").content.decode().replace("\xa0", " "))
    assert not Feed.objects.filter(digest=token.encode()).exists()
    assert mask(f"GET {first} 200") == "GET /calendar/*** 200"
    second = opened(desk, "alice")
    assert (Client().get(first).status_code, Client().get(second).status_code) == (404, 200)
    schedule_feed = opened(desk, "alice", watch)  # of something else: both live
    assert (Client().get(second).status_code, Client().get(schedule_feed).status_code) == (200, 200)
    live = Feed.objects.get(person=desk.alice, schedule=None, ended_at=None)
    assert desk.as_("charlie").post(f"/you/calendars/{live.id}/end").status_code == 404
    assert Client().get(second).status_code == 200
    done = desk.as_("alice").post(f"/you/calendars/{live.id}/end", follow=True).content.decode()
    assert "its address reads nothing" in done
    assert Client().get(second).status_code == 404
    assert "ended already" in desk.as_("alice").post(f"/you/calendars/{live.id}/end", follow=True).content.decode()
    assert set(Record.objects.filter(kind="calendar").values_list("action", flat=True)) == {"calendar.open", "calendar.end"}


@pytest.mark.parametrize("path", ["/calendar/nothing.ics", "/calendar/" + "x" * 300 + ".ics", "/calendar/%00.ics", "/calendar/é.ics"])
def test_an_unknown_address_is_not_found_and_says_nothing(desk: Desk, path: str):
    answer = Client().get(path)
    assert answer.status_code == 404


def test_whoever_left_and_a_schedule_that_is_gone_are_read_no_more(desk: Desk, watch: Schedule):
    mine, theirs = opened(desk, "alice"), opened(desk, "bob", watch)
    Person.objects.filter(pk=desk.alice.pk).update(is_active=False)
    assert Client().get(mine).status_code == 404
    Schedule.objects.filter(pk=watch.pk).update(is_active=False)
    assert Client().get(theirs).status_code == 404


def test_what_has_not_changed_is_not_sent_again_and_only_reading_is_possible(desk: Desk, watch: Schedule):
    path = opened(desk, "alice", watch)
    first = Client().get(path)
    again = Client().get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["Referrer-Policy"] == "no-referrer"
    assert "no-cache" in first.headers["Cache-Control"]
    assert Client().post(path).status_code == 405


def test_nobody_makes_a_feed_without_signing_in(desk: Desk):
    assert Client().post("/you/calendars").status_code == 302
    assert not Feed.objects.exists()
    assert desk.as_("alice").post("/you/calendars", {"schedule": "999999"}).status_code == 404
