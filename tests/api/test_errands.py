"""Tasks, stakeholders, queues, steps and merging over HTTP: what each answers, and that it is what the pages do."""

from __future__ import annotations

import pytest

from watchbill.duties.actions.asking import look_after_duties
from watchbill.duties.models import Duty, Queue
from watchbill.incidents.models import Incident
from watchbill.kernel.clock import database_now
from watchbill.trackers.models import Issue, Tracker

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.urls")]


def test_tasks_and_stakeholders_answer_as_their_lists(desk):
    path = f"/incidents/{desk.open().number}"
    made = desk.post(f"{path}/tasks", desk.alice, {"what": "call them", "assignee": "bob"})
    assert made.status == 201
    assert made.body == desk.get(f"{path}/tasks", desk.alice).body
    (task,) = made.body["items"]
    assert (task["what"], task["assignee"]["handle"], task["done_by"]) == ("call them", "bob", None)
    done = desk.post(f"{path}/tasks/{task['id']}/done", desk.bob)
    assert done.body["items"][0]["done_by"]["handle"] == "bob"
    assert desk.post(f"{path}/tasks/{task['id']}/done", desk.bob).status == 409
    named = desk.post(f"{path}/stakeholders", desk.alice, {"name": "Legal", "every_minutes": 30}).body["items"][0]
    assert (named["name"], named["updated_at"]) == ("Legal", None)
    assert desk.post(f"{path}/stakeholders/told", desk.alice, {"text": "contained"}).body["items"][0]["updated_at"]
    assert desk.post(f"{path}/stakeholders/{named['id']}/remove", desk.alice).body["items"] == []
    assert {each["person"]["handle"] for each in desk.get(f"{path}/participants", desk.alice).body["items"]} == {"alice", "bob"}
    assert desk.post(f"{path}/tasks", desk.alice, {"what": "x", "assignee": "nobody"}).status == 422


def test_steps_are_answered_and_an_incident_is_merged(desk):
    one, other = desk.open().number, desk.open("no space left").number
    got = desk.post(f"/incidents/{one}/steps", desk.alice, {"step": "supported", "answer": "no", "why": "a fork"})
    assert got.body == desk.get(f"/incidents/{one}/steps", desk.alice).body
    states = {each["step"]: each["answer"] for each in got.body["items"]}
    assert (states["supported"], "contacts" in states, "experts" in states) == ("no", True, False)
    assert desk.post(f"/incidents/{one}/steps", desk.alice, {"step": "experts", "answer": "done"}).status == 422
    assert desk.post(f"/incidents/{other}/merge", desk.alice, {"into": one}).body["status"] == "resolved"
    assert desk.post(f"/incidents/{other}/reopen", desk.alice, {"reason": "no"}).status == 409
    assert desk.post(f"/incidents/{other}/merge", desk.alice, {"into": 999_999}).status == 404


@pytest.mark.req("G14")
def test_an_item_is_taken_given_back_and_becomes_an_incident(desk):
    now = database_now()
    tracker = Tracker.objects.create(name="main", kind="gitlab", url="https://gitlab.example.org", token_env="NO_SUCH_TOKEN")
    path = f"/queues/{Queue.objects.create(name='oncall', team=desk.team, tracker=tracker, projects=['sec/desk']).id}"
    times = {"created_at": now, "updated_at": now, "seen_at": now, "words_to": now}
    row = {"tracker": tracker, "project": "sec/desk", "url": "https://x.example.org", **times}
    item = Issue.objects.create(number=7, title="odd login", **row).id
    hidden = Issue.objects.create(number=8, title="a secret", confidential=True, **row).id
    assert desk.get("/queues", desk.alice).body["items"][0]["items"] == 2
    assert [each["title"] for each in desk.get(path, desk.charlie).body["items"]] == ["odd login"]
    assert desk.post(f"{path}/items/{hidden}/take", desk.charlie).status == 404
    assert desk.post(f"{path}/items/{item}/take", desk.charlie).status == 403
    taken = desk.post(f"{path}/items/{item}/take", desk.alice).body["items"]
    assert {each["id"]: each["taken_by"] and each["taken_by"]["handle"] for each in taken} == {item: "alice", hidden: None}
    assert desk.post(f"{path}/items/{item}/take", desk.bob).status == 409
    assert desk.post(f"{path}/items/{item}/give-back", desk.alice, {"reason": " "}).status == 422
    assert desk.post(f"{path}/items/{item}/give-back", desk.alice, {"reason": "I am away"}).status == 200
    assert desk.post(f"{path}/pass", desk.bob, {"note": "seen"}).body["last_pass"]["note"] == "seen"
    made = desk.post(f"{path}/items/{item}/promote", desk.alice, {"service": desk.service.name, "severity": "high"})
    assert (made.status, made.body["owner"]["handle"]) == (201, "alice")
    assert Incident.objects.get(number=made.body["number"]).title == "odd login"
    assert desk.get(path, desk.bob).body["items"][-1]["incident"] == made.body["number"]


@pytest.mark.req("G5")
def test_duties_are_listed_and_proved(desk):
    now = database_now()
    values = {"team": desk.team, "schedule": desk.schedule, "since": now, "every": "day"}
    one = Duty.objects.create(name="Note what should be better", position=1, **values)
    tracker = Tracker.objects.create(name="main", kind="gitlab", url="https://gitlab.example.org", token_env="NO_SUCH_TOKEN")
    queue = Queue.objects.create(name="oncall", team=desk.team, tracker=tracker, projects=["sec/desk"])
    other = Duty.objects.create(name="Review", position=2, queue=queue, **values)
    look_after_duties(now=now)
    first, second = desk.get("/duties", desk.alice).body["items"]
    assert (first["name"], first["queue"], second["queue"]) == ("Note what should be better", None, "oncall")
    assert [each["state"] for each in first["asked"]] == ["open"]
    assert desk.post(f"/duties/{one.id}/prove", desk.charlie, {"text": "x"}).status == 403
    assert desk.post(f"/duties/{one.id}/prove", desk.alice, {}).status == 422
    assert desk.post(f"/duties/{other.id}/prove", desk.alice, {"text": "x"}).status == 409
    assert desk.post(f"/duties/{one.id + 99}/prove", desk.alice, {"text": "x"}).status == 404
    (asked,) = desk.post(f"/duties/{one.id}/prove", desk.alice, {"nothing": True}).body["items"][0]["asked"]
    assert (asked["state"], asked["done_by"]["handle"]) == ("done", "alice")
