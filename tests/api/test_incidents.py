"""Each operation on incidents: what it does, what it answers, what it refuses."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.api.conftest import Desk
from watchbill.incidents.models import Incident
from watchbill.kernel.clock import database_now
from watchbill.response import actions

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.urls")]
FIELDS = [
    "number",
    "title",
    "status",
    "severity",
    "service",
    "owner",
    "acting",
    "opened_at",
    "acknowledged_at",
    "resolved_at",
    "page",
    "pages",
    "alerts",
    "handoff",
    "restricted",
    "url",
]


def act(desk: Desk, number: int, word: str, who=None, **body):
    return desk.post(f"/incidents/{number}/{word}", who or desk.alice, body)


def soon(**delta: int) -> str:
    return (database_now() + dt.timedelta(**delta)).isoformat()


def test_an_incident_answers_with_the_fields_of_the_contract_in_their_order(desk):
    got = desk.get(f"/incidents/{desk.open().number}", desk.alice)
    assert list(got.body) == FIELDS
    assert got.body["page"].keys() == {"purpose", "status", "step", "next_at"}
    assert got.body["opened_at"].endswith("Z")
    assert got.headers["Cache-Control"] == "no-store, private"


@pytest.mark.req("P3", "G7")
def test_acknowledge_makes_an_owner_and_answers_the_incident(desk):
    number = desk.open().number
    got = act(desk, number, "acknowledge")
    assert got.status == 200
    assert got.body["owner"] == {"handle": "alice", "name": "Alice"}
    assert got.body == desk.get(f"/incidents/{number}", desk.alice).body


@pytest.mark.req("P4")
def test_whoever_acknowledges_second_reads_who_has_it(desk):
    number = desk.open().number
    act(desk, number, "acknowledge", desk.bob)
    got = act(desk, number, "acknowledge", desk.alice)
    assert (got.status, got.body["owner"]["handle"]) == (200, "bob")


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain", "application/octet-stream"]
)
def test_an_act_without_fields_needs_no_body(desk, content_type):
    got = desk.ask("POST", f"/api/v1/incidents/{desk.open().number}/acknowledge", desk.alice, None, content_type=content_type)
    assert got.status == 200


def test_a_page_by_hand_is_made(desk):
    got = desk.post("/incidents", desk.charlie, {"title": "  the  mail is down ", "service": "S", "severity": "critical", "urgency": "low"})
    assert got.status == 201
    assert (got.body["title"], got.body["severity"], got.body["status"]) == ("the mail is down", "critical", "triggered")
    assert got.body == desk.get(f"/incidents/{got.body['number']}", desk.charlie).body


def test_a_restricted_page_by_hand_is_seen_by_whoever_made_it(desk):
    got = desk.post("/incidents", desk.charlie, {"title": "the cat is out", "service": "S", "restricted": True})
    assert (got.status, got.body["restricted"]) == (201, True)
    assert desk.get(f"/incidents/{got.body['number']}", desk.charlie).status == 200
    assert desk.get(f"/incidents/{got.body['number']}", desk.root).status == 404


def test_resolve_reopen_and_resolve_again(desk):
    number = desk.open().number
    act(desk, number, "acknowledge")
    assert act(desk, number, "resolve").body["status"] == "resolved"
    assert act(desk, number, "resolve").status == 200
    again = act(desk, number, "reopen", reason="it came back").body
    assert (again["status"], again["resolved_at"], again["owner"]["handle"]) == ("acknowledged", None, "alice")


@pytest.mark.req("P21", "G10")
def test_the_page_can_end_while_the_incident_stays_open(desk):
    number = desk.open().number
    got = act(desk, number, "resolve-page").body
    assert (got["page"]["status"], got["status"]) == ("resolved", "acknowledged")


@pytest.mark.req("P6")
def test_escalate_pages_again_and_keeps_the_owner(desk):
    number = desk.open().number
    act(desk, number, "acknowledge")
    got = act(desk, number, "escalate").body
    assert (got["page"]["status"], got["owner"]["handle"]) == ("triggered", "alice")


def test_its_owner_snoozes_it_with_a_reason_for_a_day_at_most(desk):
    number = desk.open().number
    act(desk, number, "acknowledge")
    until = soon(hours=2)
    got = act(desk, number, "snooze", until=until, reason="waits for a part")
    assert got.body["page"]["status"] == "paused"
    assert dt.datetime.fromisoformat(got.body["page"]["next_at"]) == dt.datetime.fromisoformat(until)
    assert act(desk, number, "snooze", until=soon(hours=25), reason="x").status == 422
    assert act(desk, number, "snooze", until=soon(hours=-1), reason="x").status == 422
    assert act(desk, number, "snooze", until=soon(hours=1), reason=" ").status == 422
    assert act(desk, number, "snooze", until="2026-11-02T09:00:00", reason="no offset").status == 422
    assert act(desk, number, "snooze", desk.bob, until=soon(hours=1), reason="mine").status == 403


def test_a_note_stands_in_the_timeline(desk):
    number = desk.open().number
    assert act(desk, number, "note", text="the disk, not the fan", kind="decision").status == 200
    last = desk.get(f"/incidents/{number}/timeline", desk.bob).body["items"][-1]
    assert (last["kind"], last["text"], last["actor"]["handle"], last["via"]) == ("note", "the disk, not the fan", "alice", "api")


def test_assign_pages_somebody_else_before_anybody_acknowledged(desk):
    number = desk.open().number
    assert act(desk, number, "assign", to="bob").status == 200
    kinds = [each["kind"] for each in desk.get(f"/incidents/{number}/timeline", desk.alice).body["items"]]
    assert "reassigned" in kinds
    assert act(desk, number, "reassign", to="nobody").status == 422


def test_an_owned_incident_is_not_assigned_but_handed_off(desk):
    number = desk.open().number
    act(desk, number, "acknowledge")
    got = act(desk, number, "assign", to="bob")
    assert (got.status, got.body["error"]) == (409, "refused")
    assert "hand-off" in got.body["message"]


def test_people_are_paged_besides(desk):
    number = desk.open().number
    assert act(desk, number, "page", to=["bob", "grace", "bob"], reason="you know the disk").status == 200
    asked = {each["person"]["handle"] for each in desk.get(f"/notifications?incident={number}", desk.alice).body["items"]}
    assert asked == {"bob", "grace"}
    assert act(desk, number, "page", to=[], reason="x").status == 422
    assert act(desk, number, "page", to=["bob", "nobody"], reason="x").status == 422


def test_whoever_has_it_gives_it_back(desk):
    number = desk.open().number
    act(desk, number, "acknowledge")
    assert act(desk, number, "give-back", desk.bob, reason="x").status == 403
    assert act(desk, number, "give-back", reason="I am ill").body["page"]["status"] == "triggered"


def test_severity_is_raised_at_will_and_lowered_with_a_reason(desk):
    number = desk.open().number
    assert act(desk, number, "severity", severity="critical").body["severity"] == "critical"
    assert act(desk, number, "severity", severity="low").status == 422
    assert act(desk, number, "severity", severity="low", reason="one host").body["severity"] == "low"


@pytest.mark.req("P24")
def test_a_manager_who_is_calling_pauses_the_walk_and_owns_nothing(desk):
    number = desk.open().number
    got = act(desk, number, "manager", desk.grace, act="calling")
    assert (got.body["page"]["status"], got.body["owner"], got.body["status"]) == ("paused", None, "triggered")
    assert act(desk, number, "manager", desk.bob, act="calling").status == 403
    assert act(desk, number, "manager", desk.grace, act="take").body["owner"]["handle"] == "grace"


def test_lists_are_the_newest_first_in_pages_without_gap_or_double(desk):
    numbers = [desk.open(f"incident {n}").number for n in range(7)]
    actions.resolve(numbers[2], person=desk.alice, actor=desk_actor(desk), now=database_now())
    seen, cursor = [], ""
    while cursor is not None:
        page = desk.get(f"/incidents?limit=3&cursor={cursor}", desk.alice).body
        assert len(page["items"]) <= 3
        seen += [each["number"] for each in page["items"]]
        cursor = page["next"]
    assert seen == [number for number in reversed(numbers) if number != numbers[2]]
    everything = [each["number"] for each in desk.get("/incidents?status=all", desk.alice).body["items"]]
    assert everything == numbers[::-1]


def desk_actor(desk: Desk):
    from tests.factories import actor

    return actor(desk.alice)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("severity=critical", {"b"}),
        ("severity=high", {"a", "c"}),
        ("status=resolved", {"d"}),
        ("status=acknowledged", {"c"}),
        ("owner=alice", {"c"}),
        ("owner=nobody&status=triggered", {"a", "b"}),
        ("service=S", {"a", "b", "c"}),
        ("service=none", set()),
        ("team=SecOps&q=a", {"a"}),
        ("q=%23nothing", set()),
        ("owner=%00", set()),
    ],
)
def test_lists_are_narrowed(desk, query, found):
    for title, severity in (("a", "high"), ("b", "critical"), ("c", "high"), ("d", "low")):
        desk.open(title, severity=severity)
    number = {i.title: i.number for i in Incident.objects.all()}
    act(desk, number["c"], "acknowledge")
    act(desk, number["d"], "resolve")
    got = desk.get(f"/incidents?{query}", desk.alice)
    if "%00" in query:
        assert got.status == 422
        return
    assert {each["title"] for each in got.body["items"]} == found


def test_a_timeline_comes_in_pages(desk):
    number = desk.open().number
    for n in range(5):
        act(desk, number, "note", text=f"note {n}")
    seen, cursor = [], ""
    while cursor is not None:
        page = desk.get(f"/incidents/{number}/timeline?limit=2&cursor={cursor}", desk.alice).body
        seen += page["items"]
        cursor = page["next"]
    assert [each["text"] for each in seen if each["kind"] == "note"] == [f"note {n}" for n in range(5)]
    assert [each["id"] for each in seen] == sorted({each["id"] for each in seen})


def test_alerts_are_split_off_and_the_new_incident_is_answered(desk):
    number = desk.open().number
    incident = Incident.objects.get(number=number)
    at = database_now()
    for key in ("a", "b", "c"):
        incident.alerts.create(service=incident.service, dedup_key=key, severity="high", summary=f"about {key}", first_at=at, last_at=at)
    got = act(desk, number, "split", keys=["a", "b"], keep=True)
    assert (got.status, got.body["title"], got.body["owner"]["handle"]) == (201, "about a", "alice")
    assert sorted(alert["dedup_key"] for alert in got.body["alerts"]) == ["a", "b"]
    left = desk.get(f"/incidents/{number}", desk.alice).body
    assert ([alert["dedup_key"] for alert in left["alerts"]], left["owner"]) == (["c"], None)
    again = act(desk, number, "split", keys=["c"])
    assert (again.status, again.body["error"]) == (422, "invalid")
