"""Administration in the browser: seen before it is done, by the rules of the file, taken back, and nothing for those who may not."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories as make
from tests.web.conftest import Desk
from tests.web.filling import applied, inputs, press, send, words
from watchbill.audit.models import Record
from watchbill.config import actions, selectors
from watchbill.incidents.models import Service
from watchbill.intake.actions.heartbeats import watch_in
from watchbill.intake.models import Heartbeat, IntegrationKey
from watchbill.intake.rules import digest_of
from watchbill.paging.models import Policy, ServicePolicy
from watchbill.people.models import Membership
from watchbill.schedules.models import Schedule
from watchbill.web.urls import urlpatterns


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Ada is admin of SecOps, Otto of the Others; Root administers the installation."""
    desk.people["ada"] = make.person("ada", contacts=("email",))
    desk.people["otto"] = make.person("otto", contacts=("email",))
    others = make.team("Elsewhere", desk.otto)
    Membership.objects.create(team=desk.team, person=desk.ada, role="admin", on_desk=False, position=9)
    Membership.objects.filter(team=others).update(role="admin")
    make.policy("Night", desk.team, ([make.to(desk.bob)], "5m"))
    return desk


def policy_of(service: Service) -> str:
    return ServicePolicy.objects.get(service=service).policy.name


def of(service: Service) -> str:
    return f"/admin/services/{service.id}"


def test_a_service_is_changed_by_its_teams_admin_seen_first_and_taken_back(desk: Desk):
    seen = send(desk, "ada", of(desk.service), policy="Night", group_by="host, alertname", urgency__low="low", severity="P1 = critical")
    assert seen.status_code == 200
    said = words(seen)
    for part in ("Nothing is changed yet", "before: Walk", "after: Night", "after: host, alertname", "low: low", "P1: critical"):
        assert part in said
    assert "A page of Detections" in said
    assert re.search(r"Step 1, at once no longer: Alice new: Bob", said)
    assert policy_of(desk.service) == "Walk"
    done = press(desk, "ada", of(desk.service), seen)
    assert done.status_code == 303
    desk.service.refresh_from_db()
    assert (policy_of(desk.service), desk.service.group_by, desk.service.urgency) == ("Night", ["host", "alertname"], {"low": "low"})
    confirmation = desk.as_("ada").get(done["Location"])
    assert "It counts from now on" in words(confirmation)
    record = Record.objects.get(action="config.edit")
    assert (record.actor, record.via, record.team_id) == ("ada", "web", desk.team.id)
    back = f"/admin/changes/{record.id}/undo"
    assert back in confirmation.content.decode()
    looked = desk.as_("ada").get(back)
    assert "Take it back?" in words(looked)
    assert policy_of(desk.service) == "Night"
    undone = press(desk, "ada", back, looked)
    assert undone.status_code == 303
    desk.service.refresh_from_db()
    assert (policy_of(desk.service), desk.service.group_by, desk.service.urgency) == ("Walk", [], None)
    assert Record.objects.get(action="config.undo").detail["undoes"] == record.id
    assert "Changed again since" in words(desk.as_("ada").get(f"/admin/changes/{record.id}"))
    assert desk.as_("ada").get(back).status_code == 409


def test_what_is_wrong_is_said_beside_the_field_in_the_words_of_the_file_and_nothing_typed_is_lost(desk: Desk):
    answer = send(desk, "ada", of(desk.service), group_for="soon", severity="P1 = awful\nP2", group_by="a, b")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="soon"' in page
    assert "P1 = awful\nP2" in page
    assert 'value="a, b"' in page
    beside = re.search(
        r'id="f-group_for".*?aria-invalid="true" aria-describedby="f-group_for-e".*?id="f-group_for-e">(.*?)</div>', page, re.DOTALL
    )
    assert "expected a duration such as 30s, 15m, 12h or 1w" in html.unescape(beside[1])
    assert "expected critical, high, medium or low" in page
    assert not Record.objects.filter(action="config.edit").exists()
    twice = send(desk, "ada", of(desk.service), severity="P1 = critical\nP1 = low")
    assert "P1 stands here twice" in words(twice)


def test_the_review_leads_back_to_the_form_with_everything_typed(desk: Desk):
    seen = send(desk, "ada", of(desk.service), group_by="host", storm__on=None)
    again = press(desk, "ada", of(desk.service), seen, do="edit")
    values = inputs(again.content.decode())
    assert values["group_by"] == ["host"]
    assert "storm.on" not in values


def test_somebody_who_was_first_is_shown_and_not_overwritten(desk: Desk):
    mine = send(desk, "ada", of(desk.service), policy="Night")
    applied(desk, "root", of(desk.service), restricted="yes")
    late = press(desk, "ada", of(desk.service), mine)
    assert late.status_code == 409
    assert "Somebody changed it meanwhile" in words(late)
    assert "Restricted" in words(late)
    assert "before: yes after: no" in words(late)  # the form did not have it ticked
    desk.service.refresh_from_db()
    assert (policy_of(desk.service), desk.service.restricted) == ("Walk", True)


def test_what_became_impossible_since_the_review_loses_nothing_typed(desk: Desk):
    mine = send(desk, "ada", of(desk.service), policy="Night", group_by="host")
    Policy.objects.filter(name="Night").update(is_active=False)
    late = press(desk, "ada", of(desk.service), mine)
    assert late.status_code == 422
    assert "nothing under policies is called Night" in words(late)
    assert inputs(late.content.decode())["group_by"] == ["host"]
    assert not Record.objects.filter(action="config.edit").exists()


def test_the_number_of_teams_costs_no_queries(desk: Desk):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.as_("root").get("/admin").status_code == 200
        return len(queries)

    count()
    few = count()
    for n in range(8):
        team = make.team(f"Team {n}", desk.bob)
        make.service(f"Service {n}", team, make.policy(f"Policy {n}", team, ([make.to(desk.bob)], "5m")))
    assert count() == few


def test_nothing_changed_is_said(desk: Desk):
    assert "nothing to change" in words(send(desk, "ada", of(desk.service)))


def test_what_the_file_set_and_a_person_changed_is_marked(desk: Desk):
    actions.apply(selectors.export(), by=make.actor(desk.root, "cli"), now=desk.now)
    assert "Changed here" not in words(desk.as_("root").get("/admin"))
    applied(desk, "root", of(desk.service), policy="Night")
    assert "Changed here" in words(desk.as_("root").get("/admin"))
    page = words(desk.as_("root").get(of(desk.service)))
    assert "Changed here The file says: Walk." in page
    diff = actions.apply(
        selectors.export().replace("policy: Night", "policy: Walk"), by=make.actor(desk.root, "cli"), now=desk.now, dry_run=True
    )
    assert [(c.name, c.fields[0].kept) for c in diff.changes if c.verb.value == "changed here"] == [("Detections", True)]


def test_a_new_service_with_its_first_key(desk: Desk):
    path = "/admin/services/new"
    assert inputs(desk.as_("ada").get(f"{path}?team=SecOps").content.decode())["team"] == ["SecOps"]
    wrong = send(desk, "ada", path, start=f"{path}?team=SecOps", name="", policy="")
    assert wrong.status_code == 422
    assert 'id="f-name-e"' in wrong.content.decode()
    assert "Detections is there already" in words(send(desk, "ada", path, name="Detections", team="SecOps", policy="Walk"))
    seen = send(desk, "ada", path, name="Malibox", team="SecOps", policy="Night")
    back = inputs(press(desk, "ada", path, seen, do="edit").content.decode())
    again = desk.as_("ada").post(path, {**back, "name": "Mailbox", "do": "review"})
    assert (again.status_code, "meanwhile" in words(again)) == (200, False)
    press(desk, "ada", path, again)
    record = Record.objects.get(action="config.edit")
    made = Service.objects.get(name="Mailbox")
    assert (record.detail["verb"], made.team, policy_of(made)) == ("added", desk.team, "Night")
    answer = desk.as_("ada").post(f"/admin/services/{made.id}/keys", {"kind": "grafana", "name": "prod"})
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    secret = re.search(r"\b[0-9a-f]{32}\b", answer.content.decode())[0]
    key = IntegrationKey.objects.get(service=made)
    assert (key.kind, key.name, bytes(key.digest)) == ("grafana", "prod", digest_of(secret))
    assert f"/in/grafana/{secret}" in answer.content.decode()
    assert secret not in str(list(Record.objects.values_list("detail", flat=True)))
    assert f"/inlets/{key.id}" in desk.as_("ada").get(f"/admin/services/{made.id}").content.decode()


def test_whose_mails_page_for_a_service_is_said_on_its_page(desk: Desk):
    wrong = send(desk, "ada", of(desk.service), senders="example.org")
    assert (wrong.status_code, "a mail address, or @domain" in words(wrong)) == (422, True)
    seen = send(desk, "ada", of(desk.service), senders="@vendor.example, mon@example.com")
    assert "after: @vendor.example, mon@example.com" in words(seen)
    press(desk, "ada", of(desk.service), seen)
    desk.service.refresh_from_db()
    assert desk.service.senders == ["@vendor.example", "mon@example.com"]
    assert inputs(desk.as_("ada").get(of(desk.service)).content.decode())["senders"] == ["@vendor.example, mon@example.com"]
    assert desk.as_("charlie").post(of(desk.service), {"senders": "", "do": "review"}).status_code == 404


def test_a_service_is_deactivated_and_comes_back(desk: Desk):
    seen = desk.as_("ada").post(of(desk.service), {"remove": "yes", "do": "review"})
    assert "Deactivate Detections?" in words(seen)
    done = press(desk, "ada", of(desk.service), seen)
    desk.service.refresh_from_db()
    assert desk.service.is_active is False
    assert desk.as_("ada").get(of(desk.service)).status_code == 404
    back = done["Location"].partition("?")[0] + "/undo"
    press(desk, "ada", back, desk.as_("ada").get(back))
    desk.service.refresh_from_db()
    assert desk.service.is_active is True


def routes(desk: Desk) -> dict[str, str]:
    """Every address of the administration, by name, filled with what exists."""
    record = applied(desk, "root", of(desk.service), restricted="yes")
    watch_in("Nightly copy", {"service_id": desk.service.id, "every_seconds": 3600}, now=desk.now)
    ids = {
        "heartbeat_id": Heartbeat.objects.get().id,
        "service_id": desk.service.id,
        "record_id": record.id,
        "person_id": desk.bob.id,
        "team_id": desk.team.id,
        "schedule_id": Schedule.objects.get(name="Responder").id,
        "policy_id": Policy.objects.get(name="Night").id,
        "pattern": "working-weeks",
    }
    found = {}
    for pattern in urlpatterns:
        if (pattern.name or "").startswith("admin"):
            names = pattern.pattern.converters
            found[pattern.name] = reverse(pattern.name, kwargs={name: ids[name] for name in names})
    return found


def test_whoever_may_not_learns_nothing_of_any_address(desk: Desk):
    every = routes(desk)
    before = Record.objects.count()
    for name in ("alice", "bob", "grace", "vera", "charlie"):
        assert 'href="/admin"' not in desk.as_(name).get("/").content.decode()
        for path in every.values():
            for answer in (desk.as_(name).get(path), desk.as_(name).post(path, {"do": "apply", "kind": "events", "remove": "yes"})):
                assert answer.status_code in (404, 405), path
                assert "Detections" not in answer.content.decode()
    assert Record.objects.count() == before
    assert not IntegrationKey.objects.exists()
    for path in every.values():
        assert desk.as_("root").get(path).status_code in (200, 405), path
    assert len(every) >= 21
    assert 'href="/admin"' in desk.as_("root").get("/").content.decode()


def test_an_admin_of_another_team_changes_only_their_own(desk: Desk):
    every = routes(desk)
    open_to_otto = (
        "admin",
        "admin-service-new",
        "admin-policy-new",
        "admin-heartbeat-new",
        "admin-schedule-new",
        "admin-schedule-template",
    )
    for path in [path for name, path in every.items() if name not in open_to_otto]:
        for answer in (desk.as_("otto").get(path), desk.as_("otto").post(path, {"do": "apply", "kind": "events", "remove": "yes"})):
            assert answer.status_code in (404, 405), path
    assert "SecOps" not in words(desk.as_("otto").get("/admin"))
    assert "Elsewhere" in words(desk.as_("otto").get("/admin"))
    taken = send(desk, "otto", "/admin/services/new", name="Mine", team="SecOps", policy="Walk")
    assert taken.status_code == 403
    moved = send(desk, "ada", of(desk.service), team="Elsewhere")
    assert moved.status_code == 403
    assert not Service.objects.filter(name="Mine").exists()


def test_taking_back_does_not_reach_into_another_team(desk: Desk):
    text = selectors.export()
    for name in ("Elsewhere", "SecOps"):
        moved = text.replace("{name: Detections, team: SecOps", f"{{name: Detections, team: {name}")
        actions.apply(moved, by=make.actor(desk.root, "cli"), now=desk.now, overwrite=True)
    record = Record.objects.filter(kind="services", action="config.apply").latest("id")
    assert record.detail["fields"] == {"team": ["Elsewhere", "SecOps"]}
    back = f"/admin/changes/{record.id}/undo"
    for answer in (desk.as_("ada").get(back), desk.as_("ada").post(back, {"do": "apply"})):
        assert answer.status_code == 403
    assert desk.as_("otto").get(back).status_code == 404
    press(desk, "root", back, desk.as_("root").get(back))
    desk.service.refresh_from_db()
    assert desk.service.team.name == "Elsewhere"


def rows(answer: Any) -> str:
    return answer.content.decode().split("<h2>Records</h2>")[1]


def test_the_audit_shows_each_change_with_its_undo_and_is_narrowed_to_one_object(desk: Desk):
    first = applied(desk, "ada", of(desk.service), policy="Night")
    second = applied(desk, "ada", of(desk.service), restricted="yes")
    page = rows(desk.as_("root").get("/audit?action=config."))
    assert page.count("<tr><td>") == 2
    for part in (
        "Changed: policy",
        "<del>Walk</del>",
        "<ins>Night</ins>",
        f"/admin/changes/{first.id}/undo",
        f"/admin/changes/{second.id}",
    ):
        assert part in page
    narrowed = desk.as_("root").get("/audit?kind=services&object=Detections")
    assert rows(narrowed).count("<tr><td>") == 2
    assert "No record fits" in rows(desk.as_("root").get("/audit?kind=services&object=Other"))
    back = f"/admin/changes/{first.id}/undo"
    press(desk, "ada", back, desk.as_("ada").get(back))
    page = rows(desk.as_("ada").get("/audit?action=config."))
    assert f"/admin/changes/{first.id}/undo" not in page
    assert f"/admin/changes/{second.id}/undo" in page
    assert desk.as_("grace").get("/audit").status_code == 200
    seen = rows(desk.as_("grace").get("/audit?action=config."))
    assert "<ins>Night</ins>" in seen  # a manager reads what happens in their team
    assert "/admin/changes/" not in seen  # and changes nothing
    assert "config." not in rows(desk.as_("otto").get("/audit"))
