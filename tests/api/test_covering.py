"""Overrides over HTTP: added, listed, ended; a new gap is refused until it is allowed; two at once give one."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import factories as make
from tests.factories import DAY, HOUR
from watchbill.audit.models import Record
from watchbill.kernel.clock import database_now
from watchbill.schedules.models import Override
from watchbill.schedules.selectors import on_call

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.urls")]


def body(kind: str, person: str, **more: object) -> dict[str, object]:
    start = (database_now() + DAY).replace(microsecond=0)
    return {"kind": kind, "person": person, "start": start.isoformat(), "end": (start + 2 * HOUR).isoformat(), **more}


@pytest.mark.req("S14", "K44")
def test_an_override_is_added_listed_and_ended(desk):
    path = f"/schedules/{desk.schedule.name}/overrides"
    made = desk.post(path, desk.bob, body("take", "bob", reason="dentist"))
    assert made.status == 201, made.body
    assert (made.body["kind"], made.body["person"]["handle"], made.body["created_by"], made.body["source"]) == (
        "take",
        "bob",
        "bob",
        "override",
    )
    assert desk.get(path, desk.charlie).body == {"items": [made.body], "next": None}
    start = dt.datetime.fromisoformat(made.body["start"])
    assert [one.person_id for one in on_call([desk.schedule.id], at=start)[desk.schedule.id]] == [desk.bob.id]
    again = desk.post(path, desk.bob, body("add", "bob"))
    assert (again.status, again.body["error"]) == (409, "refused")
    ended = desk.ask("DELETE", f"/api/v1{path}/{made.body['id']}", desk.alice)
    assert ended.status == 200
    assert ended.body["withdrawn_at"] is not None
    assert desk.ask("DELETE", f"/api/v1{path}/{made.body['id']}", desk.alice).status == 409
    assert desk.ask("DELETE", f"/api/v1{path}/999999", desk.alice).status == 404
    assert desk.get(path, desk.bob).body["items"] == []
    assert len(desk.get(f"{path}?all=true", desk.bob).body["items"]) == 1
    rows = Record.objects.filter(kind="override").order_by("id").values_list("action", "actor", "via")
    assert list(rows) == [("override.add", "bob", "api"), ("override.withdraw", "alice", "api")]


def test_a_shadow_is_added_and_is_no_coverage(desk):
    path = f"/schedules/{desk.schedule.name}/overrides"
    made = desk.post(path, desk.bob, body("shadow", "bob"))
    assert (made.status, made.body["kind"]) == (201, "shadow")
    desk.ask("DELETE", f"/api/v1{path}/{made.body['id']}", desk.bob)
    turned = desk.post(path, desk.bob, body("reverse_shadow", "bob"))
    start = dt.datetime.fromisoformat(turned.body["start"])
    found = on_call([desk.schedule.id], at=start)[desk.schedule.id]
    assert [(one.person_id, one.shadow) for one in found] == [(desk.bob.id, False), (desk.alice.id, True)]


def test_the_same_of_every_week_is_made_and_ended_together(desk):
    path = f"/schedules/{desk.schedule.name}/overrides"
    until = (database_now() + 22 * DAY).date().isoformat()
    made = desk.post(path, desk.bob, body("take", "bob", until=until))
    assert (made.status, made.body["series"]) == (201, made.body["id"])
    items = desk.get(path, desk.bob).body["items"]
    assert len(items) == 4
    assert {one["series"] for one in items} == {made.body["id"]}
    refused = desk.post(path, desk.bob, body("add", "bob", until=(database_now() + DAY).date().isoformat()))
    assert (refused.status, "it happens once" in refused.body["message"]) == (422, True)
    ended = desk.ask("DELETE", f"/api/v1{path}/{items[2]['id']}?series=true", desk.alice)
    assert (ended.status, desk.get(path, desk.bob).body["items"]) == (200, [])


@pytest.mark.req("S5")
def test_a_new_gap_is_refused_until_it_is_allowed(desk):
    path = f"/schedules/{desk.schedule.name}/overrides"
    refused = desk.post(path, desk.bob, body("remove", "alice"))
    assert (refused.status, refused.body["error"], len(refused.body["details"]["gaps"])) == (409, "new_gap", 1)
    assert "Nobody would have" in refused.body["message"]
    assert not Override.objects.exists()
    assert desk.post(path, desk.bob, body("remove", "alice", allow_gap=True)).status == 201


def test_who_and_what_is_not_known_is_said(desk):
    path = f"/schedules/{desk.schedule.name}/overrides"
    assert desk.post(path, desk.bob, body("take", "nobody")).status == 422
    assert desk.post(path, desk.bob, body("replace", "bob", replaced="nobody")).status == 422
    assert desk.post("/schedules/none/overrides", desk.bob, body("take", "bob")).status == 404
    assert desk.post(path, desk.charlie, body("take", "charlie")).status == 403
    assert desk.post(path, desk.bob, body("take", "bob"), scopes=("schedules:read",)).status == 403


@pytest.mark.req("S14", "K44")
def test_somebody_stands_in_everywhere_and_all_of_it_is_ended_together(desk):
    second = make.schedule("Second", desk.schedule.team, desk.alice)
    start = (database_now() + DAY).replace(microsecond=0)
    asks = {"person": "bob", "replaced": "alice", "start": start.isoformat(), "end": (start + DAY).isoformat()}
    made = desk.post("/stand-ins", desk.bob, asks)
    assert made.status == 201, made.body
    assert [each["schedule"] for each in made.body["items"]] == [desk.schedule.name, "Second"]
    assert len({each["series"] for each in made.body["items"]}) == 1
    assert [one.person_id for one in on_call([second.id], at=start)[second.id]] == [desk.bob.id]
    assert desk.post("/stand-ins", desk.bob, asks).status == 422  # Alice has nothing left to take
    id_ = made.body["items"][0]["id"]
    assert desk.ask("DELETE", f"/api/v1/schedules/{desk.schedule.name}/overrides/{id_}?series=true", desk.bob).status == 200
    assert not Override.objects.filter(withdrawn_at=None).exists()
    elsewhere = make.schedule("Elsewhere", make.team("Else", desk.charlie), desk.alice)
    refused = desk.post("/stand-ins", desk.bob, asks)
    assert (refused.status, refused.body["error"]) == (403, "not_allowed")
    assert not Override.objects.filter(schedule=elsewhere).exists()
    assert desk.post("/stand-ins", desk.bob, asks | {"end": asks["start"]}).status == 422
