"""Maintenance and heartbeats over HTTP: what is published is what happens, and a restricted service is not betrayed by them."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from tests.factories import HOUR, actor
from watchbill.audit.models import Record
from watchbill.intake.actions import NewMaintenance, add_maintenance
from watchbill.intake.actions.heartbeats import watch_in
from watchbill.intake.models import Maintenance
from watchbill.kernel.clock import database_now
from watchbill.paging.models import Page

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.urls")]


def body(**more: object) -> dict[str, object]:
    return {"service": "S", "reason": "new disks", "ends_at": (database_now() + HOUR).isoformat(), **more}


def secret_one(desk, reason: str = "the cat is out") -> Maintenance:
    now = database_now()
    return add_maintenance(NewMaintenance(desk.secret_service, now, now + HOUR, reason), by=actor(desk.alice), now=now)


@pytest.mark.req("P19")
def test_a_responder_adds_moves_and_ends_one(desk):
    incident = desk.open()
    made = desk.post("/maintenances", desk.alice, body(when={}))
    assert made.status == 201
    assert (made.body["state"], made.body["by"], made.body["holds"], made.body["every"]) == ("running", "alice", 1, "")
    assert Page.objects.get(incident=incident).status == "paused"
    address = f"/maintenances/{made.body['id']}"
    assert desk.get(address, desk.charlie).body == made.body
    assert desk.get("/maintenances", desk.charlie).body == {"items": [made.body], "next": None}
    later = (database_now() + 2 * HOUR).replace(microsecond=0)
    moved = desk.post(f"{address}/extend", desk.bob, {"ends_at": later.isoformat()})
    assert dt.datetime.fromisoformat(moved.body["ends_at"]) == later
    assert Page.objects.get(incident=incident).due_at == later
    ended = desk.post(f"{address}/end", desk.bob)
    assert (ended.status, ended.body["state"], ended.body["ended_by"], ended.body["holds"]) == (200, "over", "bob", 0)
    assert desk.post(f"{address}/end", desk.bob).status == 409
    assert desk.get("/maintenances", desk.bob).body["items"] == []
    assert [one["id"] for one in desk.get("/maintenances?over=true", desk.bob).body["items"]] == [made.body["id"]]
    rows = Record.objects.filter(kind="maintenance").exclude(actor="engine").order_by("id").values_list("action", "actor", "via")
    assert list(rows) == [("maintenance.add", "alice", "api"), ("maintenance.extend", "bob", "api"), ("maintenance.end", "bob", "api")]


def test_one_that_recurs_comes_again_when_this_time_is_ended(desk):
    start, end = (database_now() + n * HOUR for n in (-1, 1))
    made = desk.post("/maintenances", desk.alice, body(starts_at=start.isoformat(), ends_at=end.isoformat(), every="1 day"))
    ended = desk.post(f"/maintenances/{made.body['id']}/end", desk.alice, {"this_time": True})
    assert (ended.body["state"], ended.body["every"]) == ("coming", "1 day")
    assert dt.datetime.fromisoformat(ended.body["starts_at"]) > end


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"service": "Nowhere"}, "service"),
        ({"reason": " "}, "reason"),
        ({"ends_at": "2001-01-01T00:00:00Z"}, "to"),
        ({"when": {"summary": "/(/"}}, "when"),
        ({"timezone": "Mars/Base"}, "zone"),
        ({"until": "2199-01-01T00:00:00Z"}, "until"),
    ],
)
def test_what_breaks_a_rule_is_named(desk, more, field):
    got = desk.post("/maintenances", desk.alice, body(**more))
    assert (got.status, got.body["error"], got.body["details"]["field"]) == (422, "invalid", field)
    assert Maintenance.objects.count() == 0


@pytest.mark.parametrize("act", ["end", "extend"])
def test_whoever_is_no_responder_of_the_team_changes_nothing(desk, act):
    made = desk.post("/maintenances", desk.alice, body()).body["id"]
    refused = desk.post(f"/maintenances/{made}/{act}", desk.charlie, {"ends_at": "2199-01-01T00:00:00Z"} if act == "extend" else {})
    assert (refused.status, refused.body["error"]) == (403, "not_allowed")
    assert desk.post("/maintenances", desk.charlie, body()).status == 403
    assert list(Maintenance.objects.values_list("state", flat=True)) == ["running"]


def test_charlie_learns_nothing_of_the_maintenance_of_a_restricted_service(desk):
    one = secret_one(desk)
    later = {"ends_at": "2199-01-01T00:00:00Z"}
    for ask in (
        lambda number: desk.get(f"/maintenances/{number}", desk.charlie),
        lambda number: desk.post(f"/maintenances/{number}/end", desk.charlie),
        lambda number: desk.post(f"/maintenances/{number}/extend", desk.charlie, later),
    ):
        secret, never = ask(one.id), ask(999_999)
        assert (secret.status, never.status) == (404, 404)
        assert json.dumps(secret.body).replace(str(one.id), "N") == json.dumps(never.body).replace("999999", "N")
    secret, never = (desk.post("/maintenances", desk.charlie, body(service=name)) for name in ("Secret", "Nothing"))
    assert (secret.status, never.status) == (422, 422)
    assert json.dumps(secret.body).replace("Secret", "N") == json.dumps(never.body).replace("Nothing", "N")
    assert desk.get("/maintenances", desk.charlie).body["items"] == []
    assert desk.get(f"/maintenances/{one.id}", desk.bob).body["reason"] == "the cat is out"
    one.refresh_from_db()
    assert one.state == "running"


def test_held_incidents_are_counted_only_for_those_who_may_see_them(desk):
    desk.open("the cat is out", restricted=True, by=desk.alice)
    one = secret_one(desk)
    assert desk.get(f"/maintenances/{one.id}", desk.alice).body["holds"] == 1
    assert desk.get(f"/maintenances/{one.id}", desk.bob).body["holds"] == 0
    assert desk.get("/maintenances", desk.bob).body["items"][0]["holds"] == 0


@pytest.mark.req("P20")
def test_heartbeats_are_listed_but_for_those_of_a_restricted_service(desk):
    now = database_now()
    for name, service in (("backup", desk.service), ("cat flap", desk.secret_service)):
        watch_in(name, {"service_id": service.id, "every_seconds": 300, "grace_seconds": 0, "severity": "high"}, now=now)
    (seen,) = desk.get("/heartbeats", desk.charlie).body["items"]
    assert (seen["name"], seen["service"], seen["state"], seen["last_at"]) == ("backup", "S", "waits", None)
    assert {one["name"] for one in desk.get("/heartbeats", desk.bob).body["items"]} == {"backup", "cat flap"}
