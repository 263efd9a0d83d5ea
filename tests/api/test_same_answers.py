"""The command line and the API answer with the same words."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import cli, nobody_is_named  # noqa: F401  fixtures
from watchbill.api.app import api

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.urls")]
AT = "2026-11-04T10:00:00Z"


def test_incidents(desk, cli):  # noqa: F811
    for title in ("one", "two", "three"):
        desk.open(title)
    first = desk.get("/incidents", desk.alice).body["items"][0]["number"]
    desk.post(f"/incidents/{first}/acknowledge", desk.alice)
    assert cli("incidents", "--json").json() == desk.get("/incidents", desk.alice).body["items"]
    assert cli("incidents", "--all", "--json").json() == desk.get("/incidents?status=all", desk.alice).body["items"]
    assert cli("show", first, "--json").json() == desk.get(f"/incidents/{first}", desk.alice).body


def test_acts(desk, cli):  # noqa: F811
    number = desk.open().number
    acted = cli("ack", number, "--as", "alice", "--json").json()
    assert acted == desk.get(f"/incidents/{number}", desk.alice).body
    made = cli("page", "by hand", "--service", "S", "--as", "bob", "--json").json()
    assert made == desk.get(f"/incidents/{made['number']}", desk.alice).body


def test_who_has_the_watch(desk, cli):  # noqa: F811
    said = cli("who", "--at", AT, "--json").json()
    assert said == desk.get(f"/oncall?at={AT}", desk.alice).body["items"]
    assert cli("who", "First", "--at", AT, "--json").json() == desk.get(f"/oncall?schedule=First&at={AT}", desk.alice).body["items"]
    assert said[0]["on_call"][0]["person"] == {"handle": "alice", "name": "Alice"}


def test_whom_a_policy_reaches(desk, cli):  # noqa: F811
    policy = desk.get("/policies", desk.alice).body["items"][0]["name"]
    said = cli("preview", policy, "--at", AT, "--json").json()
    assert said == desk.get(f"/policies/{policy}/preview?at={AT}", desk.alice).body
    assert said["firings"][0]["people"]
    assert desk.get("/policies/none/preview", desk.alice).status == 404
    assert desk.get(f"/policies/{policy}/preview?urgency=loud", desk.alice).status == 422


def test_shifts(desk, cli):  # noqa: F811
    said = cli("shifts", "First", "--from", "2025-12-20T00:00:00Z", "--to", "2026-02-01T00:00:00Z", "--json").json()
    assert said == desk.get("/schedules/First/shifts?from=2025-12-20T00:00:00Z&to=2026-02-01T00:00:00Z", desk.alice).body["items"]
    assert len(said) == 4


def test_every_answer_has_the_fields_that_are_published(desk):
    """In their order, at every depth that the description names."""
    number = desk.open().number
    desk.post(f"/incidents/{number}/acknowledge", desk.alice)
    desk.post(f"/incidents/{number}/page", desk.alice, {"to": ["bob"], "reason": "you know the disk"})
    schemas = json.loads(json.dumps(api.get_openapi_schema()))["components"]["schemas"]

    def fields(model: str) -> list[str]:
        return list(schemas[model]["properties"])

    def first(path: str) -> dict:
        return desk.get(path, desk.root).body["items"][0]

    assert list(desk.get(f"/incidents/{number}", desk.alice).body) == fields("IncidentOut")
    assert list(first(f"/incidents/{number}/timeline")) == fields("EntryOut")
    assert list(first(f"/notifications?incident={number}")) == fields("NotificationOut")
    assert list(first("/audit")) == fields("RecordOut")
    assert list(first("/people")) == fields("HumanOut")
    assert list(first("/teams")) == fields("TeamOut")
    assert list(first("/services")) == fields("ServiceOut")
    assert list(first("/schedules")) == fields("ScheduleOut")
    assert list(first("/oncall")) == fields("WatchOut")
    assert list(first("/oncall")["on_call"][0]) == fields("OnCallOut")
    assert list(first("/oncall")["next"][0]) == fields("NextOut")
    assert [*first("/schedules/First/shifts?from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z"), "shadow"] == fields(
        "ShiftOut"
    )  # of nobody else
