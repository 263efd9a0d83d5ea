"""Swaps on the pages: offered from lists, seen with what they do, answered by the other, and shown where one looks anyway."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils.html import strip_tags

from tests import factories as make
from tests.web.conftest import Desk
from watchbill.people.models import Membership
from watchbill.schedules.models import Cover, Override, Schedule, Swap
from watchbill.schedules.selectors import on_call, shifts_of

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture
def turns(desk: Desk) -> Schedule:
    return make.schedule("Turns", desk.team, desk.alice, desk.bob)


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode()))


def offered(desk: Desk) -> Swap:
    """By the form, as Alice: her first watch for Bob's first."""
    html = desk.as_("alice").get("/swaps").content.decode()
    give, take = (re.search(rf'<select id="{name}".*?<option value="([^"]+)"', html, re.DOTALL) for name in ("sw-g", "sw-t"))
    assert give
    assert take
    mine = [value for value in re.findall(r'<option value="([^"]+)"', html) if value.endswith(" alice")]
    theirs = [value for value in re.findall(r'<option value="([^"]+)"', html) if value.endswith(" bob")]
    turns = [value for value in mine if value.split(" ")[0] == theirs[0].split(" ")[0]]
    fields = {"give": turns[0], "take": theirs[0], "reason": "a wedding"}
    answer = desk.as_("alice").post("/swaps", fields, follow=True)
    assert "Bob is asked. Nothing changes before they accept." in text_of(answer)
    return Swap.objects.get()


def on(schedule: Schedule, at: dt.datetime) -> list[str]:
    return [str(one.person_id) for one in on_call([schedule.id], at=at)[schedule.id]]


@pytest.mark.req("S7", "K2", "K43", "K45")
def test_an_offer_stands_where_the_other_looks_and_is_accepted_there(desk: Desk, turns: Schedule):
    swap = offered(desk)
    assert not Override.objects.exists()
    for path in ("/", "/you", "/swaps"):
        assert "Alice offers a swap" in text_of(desk.as_("bob").get(path)), path
        assert "offers a swap" not in text_of(desk.as_("alice").get(path)), path
    page = desk.as_("bob").get(f"/swaps/{swap.id}")
    assert "a wedding" in text_of(page)
    assert "Both halves or neither" in text_of(page)
    assert page.content.decode().count('aria-label="Then: ') == 2
    done = desk.as_("bob").post(f"/swaps/{swap.id}/accept", follow=True)
    assert "Both watches have changed hands" in text_of(done)
    assert on(turns, swap.given_start) == [str(desk.bob.id)]
    assert on(turns, swap.taken_start) == [str(desk.alice.id)]
    assert [row.source for row in shifts_of(turns.id, swap.given_start, swap.given_end)] == ["swap"]
    assert "swap" in text_of(desk.as_("alice").get(f"/schedules/{turns.id}?weeks=1"))
    assert "Alice offers a swap" not in text_of(desk.as_("bob").get("/"))
    undone = desk.as_("alice").post(f"/swaps/{swap.id}/undo", follow=True)
    assert "Undone: both watches are back" in text_of(undone)
    assert on(turns, swap.given_start) == [str(desk.alice.id)]


def test_declined_with_a_reason_that_the_asker_reads(desk: Desk, turns: Schedule):
    swap = offered(desk)
    desk.as_("bob").post(f"/swaps/{swap.id}/decline", {"why": "I am away"})
    assert "Bob: I am away" in text_of(desk.as_("alice").get(f"/swaps/{swap.id}"))
    assert "is declined already" in text_of(desk.as_("bob").post(f"/swaps/{swap.id}/accept", follow=True))
    assert not Override.objects.exists()


@pytest.mark.req("K43")
def test_a_manager_answers_for_somebody_and_nobody_else_does(desk: Desk, turns: Schedule):
    swap = offered(desk)
    for name in ("alice", "vera", "charlie"):
        assert desk.as_(name).post(f"/swaps/{swap.id}/accept").status_code == 403
        assert "Accept" not in text_of(desk.as_(name).get(f"/swaps/{swap.id}"))
    assert "Accept for Bob" in text_of(desk.as_("grace").get(f"/swaps/{swap.id}"))
    desk.as_("grace").post(f"/swaps/{swap.id}/accept")
    swap.refresh_from_db()
    assert (swap.state, swap.ended_by) == ("accepted", desk.grace)


def test_nonsense_and_what_is_gone_is_said(desk: Desk, turns: Schedule):
    assert "Choose both watches" in text_of(desk.as_("alice").post("/swaps", {"give": "x", "take": "y"}))
    assert desk.as_("alice").get("/swaps/999999").status_code == 404
    swap = offered(desk)
    assert desk.as_("alice").post(f"/swaps/{swap.id}/juggle").status_code == 404
    desk.as_("alice").post(f"/swaps/{swap.id}/withdraw")
    assert "withdrawn" in text_of(desk.as_("alice").get(f"/swaps/{swap.id}"))
    assert "You have no watch to give" in text_of(desk.as_("vera").get("/swaps"))


@pytest.mark.req("K2")
def test_cover_is_asked_for_by_the_form_and_taken_by_the_first(desk: Desk, turns: Schedule):
    html = desk.as_("bob").get("/swaps").content.decode()
    watch = next(
        value for value in re.findall(r'<option value="([^"]+)"', html) if value.startswith(f"{turns.id} ") and value.endswith(" bob")
    )
    nobody = desk.as_("bob").post("/covers", {"watch": watch}, follow=True)
    assert "Nobody of SecOps is free then with 11 hours of rest" in text_of(nobody)  # Alice and Grace have a watch at every hour
    for name in ("dora", "emil"):
        desk.people[name] = make.person(name, contacts=("email",))
        Membership.objects.create(team=desk.team, person=desk.people[name], role="responder")
    asked = desk.as_("bob").post("/covers", {"watch": watch, "reason": "ill"}, follow=True)
    assert "2 people are asked. The watch is yours until somebody takes it" in text_of(asked)
    assert "asked for already" in text_of(desk.as_("bob").post("/covers", {"watch": watch}, follow=True))
    cover = Cover.objects.get()
    for path in ("/", "/you", "/swaps"):
        assert "Bob asks for cover" in text_of(desk.as_("dora").get(path)), path
        assert "asks for cover" not in text_of(desk.as_("alice").get(path)), path
    assert "Take it" not in text_of(desk.as_("vera").get(f"/covers/{cover.id}"))
    assert "is not free then" in text_of(desk.as_("alice").post(f"/covers/{cover.id}/take", follow=True))
    assert "The watch is yours." in text_of(desk.as_("dora").post(f"/covers/{cover.id}/take", follow=True))
    assert on(turns, cover.start + HOUR) == [str(desk.dora.id)]
    assert "Dora was first and has that watch" in text_of(desk.as_("emil").post(f"/covers/{cover.id}/take", follow=True))
    assert "asks for cover" not in text_of(desk.as_("emil").get("/"))
    assert desk.as_("bob").post(f"/covers/{cover.id}/juggle").status_code == 404
    assert "Choose" in text_of(desk.as_("bob").post("/covers", {"watch": "x"}, follow=True))


def test_a_request_is_withdrawn(desk: Desk, turns: Schedule):
    desk.people["dora"] = make.person("dora", contacts=("email",))
    Membership.objects.create(team=desk.team, person=desk.dora, role="responder")
    html = desk.as_("bob").get("/swaps").content.decode()
    watch = next(
        value for value in re.findall(r'<option value="([^"]+)"', html) if value.startswith(f"{turns.id} ") and value.endswith(" bob")
    )
    desk.as_("bob").post("/covers", {"watch": watch})
    cover = Cover.objects.get()
    assert "Cover: Turns" in text_of(desk.as_("bob").get("/swaps"))
    assert desk.as_("dora").post(f"/covers/{cover.id}/withdraw").status_code == 403
    assert "Withdrawn. The watch stays" in text_of(desk.as_("bob").post(f"/covers/{cover.id}/withdraw", follow=True))
