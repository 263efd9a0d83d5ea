"""Queues on the pages: each act leads back with one sentence, and what is refused says why."""

from __future__ import annotations

import pytest

from tests.web.conftest import Desk
from watchbill.duties.models import Queue, Quiet, Stale, Taking
from watchbill.incidents.models import Incident
from watchbill.trackers.models import Issue, Tracker

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def item(desk: Desk) -> Issue:
    tracker = Tracker.objects.create(name="main", kind="gitlab", url="https://gl.example.org", token_env="T")
    Queue.objects.create(name="oncall", team=desk.team, tracker=tracker, projects=["sec/desk"])
    desk.team.issue = {"tracker": "main", "project": "sec/desk", "labels": [], "confidential": True}
    desk.team.save()
    times = dict.fromkeys(("created_at", "updated_at", "seen_at", "words_to"), desk.now)
    return Issue.objects.create(
        tracker=tracker, project="sec/desk", number=7, title=HOSTILE, url="", labels=[HOSTILE], severity="high", **times
    )


def do(desk: Desk, name: str, item: Issue, act: str, /, **data: object) -> str:
    queue = Queue.objects.get()
    path = f"/queues/{queue.id}/pass" if act == "pass" else f"/queues/{queue.id}/items/{item.id}/{act}"
    answer = desk.as_(name).post(path, data, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.req("G19")
def test_an_item_is_taken_given_back_with_a_reason_and_done(desk: Desk, item: Issue):
    html = do(desk, "alice", item, "take")
    assert "It is yours until it is done" in html
    assert HOSTILE not in html
    assert "Alice has it since" in do(desk, "bob", item, "take").replace("&#x27;", "'")
    assert "Yours until done" in desk.as_("alice").get("/queues").content.decode()
    assert "Say why you give it back" in do(desk, "alice", item, "give-back")
    assert "Given back. The managers of the team hear of it." in do(desk, "alice", item, "give-back", reason="I am away")
    assert "I am away" in desk.as_("bob").get(f"/queues/{Queue.objects.get().id}").content.decode()
    do(desk, "bob", item, "take")
    assert "Done." in do(desk, "grace", item, "done")
    assert list(Taking.objects.order_by("id").values_list("end", flat=True)) == ["given_back", "done"]


def test_going_through_a_queue_makes_nothing_of_it_new(desk: Desk, item: Issue):
    assert "1 new" in desk.as_("bob").get("/queues").content.decode()
    html = do(desk, "alice", item, "pass", note="known")
    assert "you went through 1 items" in html
    assert "Nothing new" in html
    assert "known" in html


def test_another_team_counts_no_confidential_item_of_a_pass(desk: Desk, item: Issue):
    times = dict.fromkeys(("created_at", "updated_at", "seen_at", "words_to"), desk.now)
    Issue.objects.create(tracker=item.tracker, project="sec/desk", number=8, title="secret", url="", confidential=True, **times)
    assert "2 items" in do(desk, "alice", item, "pass")
    seen = {name: desk.as_(name).get(f"/queues/{Queue.objects.get().id}").content.decode() for name in ("bob", "charlie")}
    assert "2 items" in seen["bob"]
    assert "1 item" in seen["charlie"]
    assert "2 items" not in seen["charlie"]


@pytest.mark.req("G14")
def test_an_item_becomes_an_incident_or_says_why_not(desk: Desk, item: Issue):
    assert "Severity is" in do(desk, "alice", item, "promote", service="Detections")
    html = do(desk, "alice", item, "promote", service="Detections", severity="high", title="a strange picture", restricted="no")
    made = Incident.objects.get()
    assert (made.title, made.owner, made.restricted) == ("a strange picture", desk.alice, False)
    assert "It is your incident now. Nobody was woken." in html
    assert "sec/desk#7" in html
    assert f"#{made.number}" in desk.as_("bob").get(f"/queues/{Queue.objects.get().id}").content.decode()


def test_what_is_silent_is_left_alone_for_a_while_with_a_reason(desk: Desk, item: Issue):
    Stale.objects.create(team=desk.team, severity="high", after="0s")
    assert "Nobody was asked yet" in desk.as_("bob").get("/stale").content.decode()
    refused = desk.as_("bob").post("/stale", {"issue": item.id, "days": "3"})
    assert refused.status_code == 422
    assert "Say why it may stay silent" in refused.content.decode()
    for wrong in ({"days": "9"}, {"issue": "x", "days": "3"}, {"number": "-1", "days": "3"}):
        assert desk.as_("bob").post("/stale", {"reason": "r", **wrong}).status_code == 422
    html = desk.as_("bob").post("/stale", {"issue": item.id, "days": "3", "reason": "waits for upstream"}, follow=True).content.decode()
    assert "Left alone until" in html
    assert "waits for upstream" in html
    assert Quiet.objects.get().snoozed_by == desk.bob
