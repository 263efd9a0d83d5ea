"""Time off by hand, from outside: kept, flagged at once, ended; for oneself and for whoever one manages."""

from __future__ import annotations

import datetime as dt
import html

import pytest

from tests.web.conftest import Desk
from watchbill.people.models import TimeOff
from watchbill.schedules.actions import edit_layers_in
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import LayerSpec

pytestmark = [pytest.mark.django_db, pytest.mark.req("S10", "K2")]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@pytest.fixture
def watch(desk: Desk) -> Schedule:
    """Alice and Bob by days of 24 hours."""
    made = Schedule.objects.create(name="Night watch", team=desk.team, timezone="UTC")
    spec = LayerSpec("day", DAYS, dt.time(9), "24h", "1 shift", dt.date(2026, 1, 5), ((desk.alice.id,), (desk.bob.id,)))
    edit_layers_in(made, [spec], now=desk.now)
    return made


def days(desk: Desk, first: int, last: int) -> dict[str, str]:
    return {name: f"{desk.now + dt.timedelta(days=n):%Y-%m-%d}" for name, n in (("first", first), ("last", last))}


def page(desk: Desk, name: str = "alice", query: str = "") -> str:
    return html.unescape(desk.as_(name).get(f"/you/time-off{query}").content.decode())


def test_a_clash_is_said_on_saving_and_shown_on_both_pages(desk: Desk, watch: Schedule):
    answer = desk.as_("alice").post("/you/time-off", {**days(desk, 2, 4), "reason": "sea"}, follow=True)
    text = html.unescape(answer.content.decode())
    assert "You have the watch Night watch then" in text
    assert "Meets a watch" in text
    row = TimeOff.objects.get()
    assert (row.person, row.reason, row.end - row.start) == (desk.alice, "sea", dt.timedelta(days=3))
    shown = html.unescape(desk.as_("bob").get(f"/schedules/{watch.id}").content.decode())
    assert "Alice is away" in shown
    assert "Is it fair?" in shown
    assert "sea" not in shown
    assert "time off" in shown
    assert "meet" in shown
    desk.as_("alice").post(f"/you/time-off/{row.id}/end")
    assert not TimeOff.objects.exists()


def test_without_a_watch_it_says_so(desk: Desk):
    answer = desk.as_("charlie").post("/you/time-off", days(desk, 2, 2), follow=True)
    assert "You have no watch then" in answer.content.decode()
    assert "Meets no watch" in page(desk, "charlie")


@pytest.mark.parametrize("form", [{}, {"first": "soon", "last": "9999-12-31"}, {"first": "2026-01-02", "last": "2026-01-01"}])
def test_what_is_no_time_off_changes_nothing_and_keeps_what_was_typed(desk: Desk, form: dict[str, str]):
    answer = desk.as_("alice").post("/you/time-off", {**form, "reason": "<sea>"})
    assert answer.status_code == 422
    assert "&lt;sea&gt;" in answer.content.decode()
    assert not TimeOff.objects.exists()


def test_a_manager_keeps_that_of_their_people_and_others_do_not(desk: Desk):
    assert desk.as_("grace").post("/you/time-off", {**days(desk, 2, 2), "person": "bob"}).status_code == 303
    row = TimeOff.objects.get()
    assert (row.person, row.created_by) == (desk.bob, desk.grace)
    assert "Time off of Bob" in page(desk, "grace", "?person=bob")
    assert desk.as_("alice").get("/you/time-off?person=bob").status_code == 403
    assert desk.as_("charlie").post("/you/time-off", {**days(desk, 3, 3), "person": "bob"}).status_code == 403
    assert desk.as_("charlie").post(f"/you/time-off/{row.id}/end").status_code == 404
    assert "Time off of" not in page(desk)
