"""Duties on the pages: what is mine, a queue gone through, a note, how they were kept, and what the next one reads."""

from __future__ import annotations

import pytest
from django.db.models import F

from tests.factories import DAY, HOUR, actor
from tests.web.conftest import Desk
from watchbill.duties.actions.asking import look_after_duties
from watchbill.duties.actions.proving import record_pass
from watchbill.duties.models import Asked, Duty, Queue
from watchbill.handoff.selectors.drafting import draft_words
from watchbill.schedules.models import Layer, Schedule
from watchbill.trackers.models import Issue, Tracker

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def review(desk: Desk) -> Duty:
    return make(desk)


def make(desk: Desk) -> Duty:
    """A review of a queue with two items, and a note; both are asked for now."""
    tracker = Tracker.objects.create(name="main", kind="gitlab", url="https://gl.example.org", token_env="T")
    queue = Queue.objects.create(name="oncall", team=desk.team, tracker=tracker, projects=["sec/desk"])
    times = dict.fromkeys(("created_at", "updated_at", "seen_at", "words_to"), desk.now - HOUR)
    for number, title in ((7, HOSTILE), (8, "Certificate inventory misses the edge nodes")):
        Issue.objects.create(tracker=tracker, project="sec/desk", number=number, title=title, url="https://gl.example.org/x", **times)
    of = {"team": desk.team, "schedule": Schedule.objects.get(name="Responder"), "since": desk.now - 3 * DAY}
    Duty.objects.create(name="Note what should be better", every="day", position=1, **of)
    made = Duty.objects.create(name="Review oncall issues", every="shift", times=2, queue=queue, **of)
    look_after_duties(now=desk.now)
    return made


def do(desk: Desk, name: str, duty: Duty, act: str, **data: object) -> str:
    answer = desk.as_(name).post(f"/duties/{duty.id}/{act}", data, follow=True)
    assert answer.status_code in (200, 422)
    return answer.content.decode()


@pytest.mark.req("G15", "G5")
def test_what_is_mine_stands_on_now_until_the_queue_is_gone_through(desk: Desk, review: Duty):
    assert "Review oncall issues" in desk.as_("alice").get("/").content.decode()
    assert "Review oncall issues" not in desk.as_("bob").get("/").content.decode()
    html = do(desk, "alice", review, "begin")
    assert "This pass: 0 of 2 seen" in html
    assert HOSTILE not in html
    first, second = Issue.objects.order_by("number")
    assert "1 of 2 seen" in do(desk, "bob", review, "seen", item=first.id)
    assert "That was the last one" in do(desk, "alice", review, "seen", item=second.id)
    assert Asked.objects.filter(duty=review, state="met").exists()
    assert "Went through the queue" in desk.as_("vera").get(f"/duties/{review.id}").content.decode()


@pytest.mark.req("G5")
def test_two_who_share_the_shift_both_see_it_as_theirs_until_one_did_it(desk: Desk, review: Duty):
    alice, bob = desk.people["alice"], desk.people["bob"]
    Layer.objects.filter(schedule=review.schedule).update(order=[[alice.id, bob.id]])
    look_after_duties(now=desk.now)
    for name in ("alice", "bob"):
        assert "Review oncall issues" in desk.as_(name).get("/").content.decode()
        assert f"{alice.name} or {bob.name}" in desk.as_(name).get("/duties").content.decode()
    assert f"{alice.name} and {bob.name} have the watch" in desk.as_("vera").get(f"/duties/{review.id}").content.decode()
    note = Duty.objects.get(name="Note what should be better")
    do(desk, "bob", note, "prove", text="a page should name its region")
    for name in ("alice", "bob"):
        assert note.name not in desk.as_(name).get("/").content.decode()
    assert f"{bob.name}, " in desk.as_("alice").get(f"/duties/{note.id}").content.decode()


def test_what_nothing_asks_for_now_is_folded_away(desk: Desk, review: Duty):
    html = desk.as_("alice").get("/duties").content.decode()
    assert "not asked for now" not in html
    of = {"team": desk.team, "schedule": Schedule.objects.get(name="Responder")}
    Duty.objects.create(name="Read the monthly report", every="month", position=3, since=desk.now + 3 * DAY, **of)
    html = desk.as_("alice").get("/duties").content.decode()
    running, fold, idle = html.partition("1 not asked for now")
    assert fold
    assert "Review oncall issues" in running
    assert "Read the monthly report" not in running
    assert "Read the monthly report" in idle


def test_a_note_or_nothing_proves_the_other_one(desk: Desk, review: Duty):
    note = Duty.objects.get(name="Note what should be better")
    assert "or say that there was nothing to do" in do(desk, "alice", note, "prove", text=" ")
    assert desk.as_("alice").post(f"/duties/{note.id}/begin").status_code == 404
    assert "It counts for your watch" in do(desk, "alice", note, "prove", text=HOSTILE)
    assert HOSTILE not in do(desk, "alice", note, "prove", nothing="yes")
    assert Asked.objects.get(duty=note, settled_at=None).state == "met"


@pytest.mark.req("H8")
def test_what_is_not_done_stands_in_the_hand_over(desk: Desk, review: Duty):
    incident = desk.page()
    pending = draft_words(incident, desk.alice).pending
    assert any(line.startswith("Duty not done: Review oncall issues, ") for line in pending)
    assert draft_words(incident, desk.bob).pending == ()
    assert "Duties that are not done" in desk.as_("alice").get("/handoffs").content.decode()


def test_how_they_were_kept_is_drawn_said_and_downloaded(desk: Desk, review: Duty):
    record_pass(review.queue, person=desk.alice, actor=actor(desk.alice), now=desk.now)
    look_after_duties(now=desk.now + 9 * DAY)
    Asked.objects.filter(settled_at__isnull=False).update(start=F("start") - 14 * DAY, due=F("due") - 14 * DAY)
    html = desk.as_("charlie").get("/duties").content.decode()
    assert "kept: " in html
    assert 'role="img"' in html
    answer = desk.as_("bob").get("/duties?format=csv")
    assert answer["Content-Type"].startswith("text/csv")
    assert answer.content.decode().splitlines()[0] == "duty,part,from,due,person,state,done_at,done_by"
    assert desk.as_("bob").get("/duties?from=nonsense").status_code in (400, 422)
