"""The audit and the page that explains permissions: for whom, how much, and never of a case one may not know."""

from __future__ import annotations

import re

import pytest

from tests import factories as make
from tests.web.conftest import Desk
from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.audit.models import Record
from watchbill.paging.models import Policy
from watchbill.people.models import Team
from watchbill.response import actions


def records(desk: Desk, name: str, query: str = "") -> str:
    answer = desk.as_(name).get(f"/audit{query}")
    assert answer.status_code == 200
    return answer.content.decode().split("<h2>Records</h2>")[1]


def test_managers_read_their_teams_and_administrators_all(desk: Desk):
    incident = desk.page()
    desk.act("alice", actions.acknowledge, incident)
    record_in([Entry("config.apply", "service", "other", team_id=None)], by=Actor("operator", "cli"), now=desk.now)
    for name in ("alice", "bob", "vera", "charlie"):
        assert desk.as_(name).get("/audit").status_code == 403
        assert 'href="/audit"' not in desk.as_(name).get("/").content.decode()
    assert "page.acknowledge" in records(desk, "grace")
    assert "config.apply" not in records(desk, "grace")
    assert "config.apply" in records(desk, "root")
    assert 'href="/audit"' in desk.as_("grace").get("/").content.decode()


@pytest.mark.req("R8")
def test_a_restricted_case_is_in_no_audit_of_whoever_has_no_access(desk: Desk):
    secret = desk.page("insider", restricted=True)
    for name in ("grace", "root"):
        for query in ("", f"?number={secret.number}", "?action=incident."):
            html = records(desk, name, query)
            assert str(secret.number) not in html
            assert secret.code_name not in html
    actions.assign(secret.number, desk.grace, person=desk.alice, actor=Actor("alice", "web", desk.alice.id), now=desk.now)
    assert str(secret.number) in records(desk, "grace")


@pytest.mark.req("R8")
def test_a_change_of_routes_names_no_restricted_service_of_another_team(desk: Desk):
    others = Team.objects.get(name="Others")
    make.service("Insider", others, Policy.objects.first(), restricted=True)
    routes = [[], [{"when": {"class": "a"}, "to": {"service": "Insider"}}]]
    detail = {"verb": "changed", "name": "Detections", "fields": {"routes": routes}}
    record_in([Entry("config.edit", "services", "Detections", None, desk.team.id, detail=detail)], by=Actor("root", "web"), now=desk.now)
    assert "Insider" not in records(desk, "grace")
    assert "to a restricted service" in records(desk, "grace")
    assert "to Insider" in records(desk, "root")


def test_narrowed_by_act_person_incident_and_way(desk: Desk):
    one, two = desk.page("one"), desk.page("two")
    desk.act("alice", actions.acknowledge, one)
    desk.act("bob", actions.acknowledge, two)
    html = records(desk, "root", "?actor=alice")
    assert "<b>alice</b>" in html
    assert "<b>bob</b>" not in html
    assert f"#{two.number}" not in records(desk, "root", f"?number={one.number}")
    assert "incident.open" not in records(desk, "root", "?action=page.")
    assert "No record fits" in records(desk, "root", "?via=file")
    assert desk.as_("root").get("/audit?number=x").status_code == 422
    assert desk.as_("root").get("/audit?cursor=x").status_code == 422


def test_people_are_named_and_not_numbered(desk: Desk):
    incident = desk.page()
    desk.act("alice", actions.acknowledge, incident)
    record_in([Entry("person.sign_in", "person", str(desk.alice.id))], by=Actor("alice", "web", desk.alice.id), now=desk.now)
    record_in([Entry("page.people", "page", "1", detail={"people": [desk.bob.id, 99999999]})], by=Actor("root", "web"), now=desk.now)
    record_in([Entry("callsheet.export", "team", "1", detail={"people": desk.bob.id})], by=Actor("root", "web"), now=desk.now)
    html = records(desk, "root")
    assert "<span>owner: alice</span>" in html
    assert "person alice</a>" in html
    assert "<span>people: bob, 99999999</span>" in html
    assert f"<span>people: {desk.bob.id}</span>" in html  # how many


def test_page_by_page_without_repeating(desk: Desk):
    for n in range(70):
        record_in([Entry("token.create", "token", f"t{n}-end")], by=Actor("operator", "cli"), now=desk.now)
    first = records(desk, "root", "?action=token.")
    cursor = re.search(r'href="(\?[^"]*cursor=[^"]*)"', first)
    assert cursor
    second = records(desk, "root", cursor[1].replace("&amp;", "&"))
    seen = re.findall(r"token t(\d+)-end", first) + re.findall(r"token t(\d+)-end", second)
    assert sorted(map(int, seen)) == list(range(70))


def test_everybody_may_ask_why_about_themselves_and_managers_about_others(desk: Desk):
    html = desk.as_("vera").get("/permissions?team=SecOps").content.decode()
    assert "Vera is a viewer of this team; it takes a responder of this team." in html
    assert desk.as_("vera").get("/permissions?person=bob").status_code == 403
    assert "Bob is a responder of this team" in desk.as_("grace").get("/permissions?person=bob&team=SecOps").content.decode()
    assert desk.as_("grace").get("/permissions?person=nobody").status_code == 404


def test_why_on_one_incident(desk: Desk):
    incident, secret = desk.page(), desk.page("insider", restricted=True)
    html = desk.as_("grace").get(f"/permissions?person=charlie&number={incident.number}").content.decode()
    assert "Charlie has no role in this team and was not notified" in html
    assert desk.as_("grace").get(f"/permissions?number={secret.number}").status_code == 404
    assert "was paged for it" in desk.as_("alice").get(f"/permissions?number={secret.number}").content.decode()
    assert desk.as_("alice").get("/permissions?number=x").status_code == 404


def test_you_says_how_you_are_reached_and_what_is_not_active(desk: Desk):
    from watchbill.notifications.models import Contact

    Contact.objects.create(
        person=desk.alice, kind="voice", address="+15005550006", position=1, verified_at=desk.now, verified_by="operator"
    )
    Contact.objects.create(person=desk.alice, kind="webhook", address="https://hook.example.org/x", position=2)
    html = desk.as_("alice").get("/you").content.decode()
    assert "Verified by the operator" in html
    assert "Not active here" in html
    assert "Unproven: no page goes there" in html
    assert "SecOps" in html


def test_the_url_of_a_webhook_is_said_by_its_host_and_can_still_be_brought_back(desk: Desk):
    hook = "https://hooks.example.org/T0/s3cret?token=abc"
    steps = [{"notify": [{"webhook": hook}, {"schedule": "Responder"}], "wait": "5m"}]
    for verb, more in (("changed", {"fields": {"steps": [steps, steps]}}), ("removed", {"was": {"steps": steps}})):
        detail = {"name": "Walk", "verb": verb, **more}
        record_in([Entry("config.edit", "policies", "Walk", team_id=desk.team.id, detail=detail)], by=Actor("root", "web"), now=desk.now)
    record_in(
        [Entry("provider.failed", "provider", "webhook", detail={"detail": f"{hook} said 404"})], by=Actor("e", "engine"), now=desk.now
    )
    html = records(desk, "root")
    assert "hooks.example.org said 404" in html
    for record in Record.objects.filter(action="config.edit"):
        html += desk.as_("root").get(f"/admin/changes/{record.id}").content.decode()
    assert html.count("webhook hooks.example.org") >= 4
    assert not re.search("s3cret|token=abc|/T0", html)
    assert Record.objects.filter(detail__was__steps=steps).exists(), "the way back is made from it"
