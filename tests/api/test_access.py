"""Who gets in, with which token, to what. Every route of the map is asked."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.test import Client

from tests import factories as make
from tests.api.conftest import BY
from tests.api.routes import VALID, about_an_incident, operations, request_for
from watchbill.audit.actions import Entry, record_in
from watchbill.kernel.clock import database_now
from watchbill.notifications.models import Attempt, Notification
from watchbill.people.actions import create_token, revoke_token
from watchbill.people.models import ApiToken, Person
from watchbill.people.permissions import SCOPES, holds

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.urls")]
ROUTES = sorted(VALID)
ON_INCIDENTS = [route for route in ROUTES if about_an_incident(route)]


def test_every_route_has_a_rule_here():
    assert set(operations()) == set(VALID)


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_nobody_gets_in_without_a_token(desk, route):
    method, path, body = request_for(route, desk.open().number)
    got = desk.ask(method, path, None, body)
    assert (got.status, got.body["error"]) == (401, "not_signed_in")
    assert got.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_a_token_opens_what_its_scopes_name_and_nothing_else(desk, route):
    needed = operations()[route]
    method, path, body = request_for(route, desk.open().number)
    for scope in SCOPES:
        got = desk.ask(method, path, desk.root, body, scopes=(scope,))
        if holds(frozenset([scope]), needed):
            assert got.status != 401
            assert "needs" not in got.body.get("details", {}), got
        else:
            assert (got.status, got.body["error"], got.body["details"]["needs"]) == (403, "not_allowed", needed)


@pytest.mark.parametrize("route", ON_INCIDENTS, ids=" ".join)
def test_charlie_learns_nothing_of_a_restricted_incident(desk, route):
    """By its number: the same words as for one that never was, and nothing happened."""
    secret = desk.open("the cat is out", restricted=True)
    said = []
    for number in (secret.number, 999_999_937):
        method, path, body = request_for(route, number)
        got = desk.ask(method, path, desk.charlie, body)
        assert got.status == 404
        said.append(json.dumps(got.body).replace(str(number), "N"))
    assert said[0] == said[1]
    before = secret.status, secret.severity, secret.timeline.count()
    secret.refresh_from_db()
    assert (secret.status, secret.severity, secret.timeline.count()) == before


@pytest.mark.parametrize("who", ["charlie", "bob", "root"])
@pytest.mark.parametrize("route", [route for route in ROUTES if route[0] == "GET"], ids=" ".join)
def test_no_list_names_a_restricted_incident_to_whoever_is_not_let_in(desk, route, who):
    """Team mates and administrators too: a restricted case is need-to-know."""
    secret = desk.open("the cat is out", restricted=True, by=desk.alice)
    known = desk.open("disk full")
    method, path, body = request_for(route, known.number)
    got = desk.ask(method, path, getattr(desk, who), body)
    text = json.dumps(got.body)
    assert "cat" not in text
    assert str(secret.number) not in text
    assert secret.code_name not in text


def test_whoever_paged_for_it_sees_the_restricted_one(desk):
    secret = desk.open("the cat is out", restricted=True, by=desk.alice)
    got = desk.get(f"/incidents/{secret.number}", desk.alice)
    assert (got.status, got.body["title"], got.body["restricted"]) == (200, "the cat is out", True)
    assert secret.number in [each["number"] for each in desk.get("/incidents", desk.alice).body["items"]]
    assert desk.get("/incidents?q=cat", desk.alice).body["items"] == []


@pytest.mark.parametrize("route", [route for route in ON_INCIDENTS if route[0] == "POST"], ids=" ".join)
def test_charlie_sees_what_is_open_to_all_and_may_not_act_on_it(desk, route):
    incident = desk.open()
    assert desk.get(f"/incidents/{incident.number}", desk.charlie).status == 200
    method, path, body = request_for(route, incident.number)
    got = desk.ask(method, path, desk.charlie, body)
    assert (got.status, got.body["error"]) == (403, "not_allowed")
    assert "charlie" in got.body["message"]


@pytest.mark.parametrize("who", ["charlie", "bob"])
def test_the_audit_is_for_managers_and_administrators(desk, who):
    assert desk.get("/audit", getattr(desk, who)).status == 403
    assert desk.get("/audit", desk.root).status == 200


def test_a_manager_reads_the_audit_of_their_team_and_not_of_the_installation(desk):
    incident = desk.open()
    desk.token(desk.alice)
    seen = desk.get("/audit", desk.grace).body["items"]
    assert {each["team"] for each in seen} == {"SecOps"}
    assert str(incident.number) in [each["object"] for each in seen]
    everything = {each["action"] for each in desk.get("/audit", desk.root).body["items"]}
    assert "token.create" in everything
    assert "token.create" not in {each["action"] for each in seen}


@pytest.mark.req("R8")
def test_the_audit_names_no_restricted_service_of_another_team_to_which_a_route_leads(desk):
    others = make.team("Far away")
    make.service("Insider", others, make.policy("Far", others), restricted=True)
    detail = {"fields": {"routes": [None, [{"when": {}, "to": {"service": "Insider"}}]]}}
    entry = Entry("config.edit", "services", "Detections", None, desk.team.id, detail=detail)
    record_in([entry], by=BY, now=database_now())
    said = {who: json.dumps(desk.get("/audit?action=config", getattr(desk, who)).body) for who in ("grace", "root")}
    assert "Insider" not in said["grace"]
    assert "a restricted service" in said["grace"]
    assert "Insider" in said["root"]


def test_a_token_that_ended_was_revoked_or_was_never_made_opens_nothing(desk):
    now = database_now()
    _, fine = create_token(desk.alice, ["incidents:read"], by=BY, now=now)
    ended = create_token(desk.alice, ["incidents:read"], now - dt.timedelta(hours=1), by=BY, now=now - dt.timedelta(days=1))[1]
    row, revoked = create_token(desk.alice, ["incidents:read"], by=BY, now=now)
    revoke_token(row.id, by=BY, now=now)

    def status(secret: str, scheme: str = "Bearer") -> int:
        return Client().get("/api/v1/incidents", headers={"Authorization": f"{scheme} {secret}"}).status_code

    assert [status(secret) for secret in (fine, ended, revoked, "wb_" + "x" * 40, "", "wb_\x00")] == [200, 401, 401, 401, 401, 401]
    assert status(fine, "bearer") == 200
    assert status(fine, "Basic") == 401


def test_a_token_of_somebody_who_left_opens_nothing(desk):
    assert desk.get("/incidents", desk.bob).status == 200
    Person.objects.filter(pk=desk.bob.pk).update(is_active=False)
    assert desk.get("/incidents", desk.bob).status == 401


def test_a_token_in_the_address_opens_nothing(desk):
    secret = desk.token(desk.alice)
    assert desk.get(f"/incidents?token={secret}&access_token={secret}").status == 401


def test_a_browser_that_is_signed_in_reads_and_needs_its_csrf_token_to_write(desk):
    incident = desk.open()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(desk.alice, backend="django.contrib.auth.backends.ModelBackend")
    assert browser.get(f"/api/v1/incidents/{incident.number}").status_code == 200
    address = f"/api/v1/incidents/{incident.number}/acknowledge"
    refused = browser.post(address, {}, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]) == (403, "not_allowed")
    browser.cookies["csrftoken"] = "x" * 32
    allowed = browser.post(address, {}, content_type="application/json", headers={"X-CSRFToken": "x" * 32})
    assert (allowed.status_code, allowed.json()["owner"]["handle"]) == (200, "alice")


def test_a_token_goes_before_the_session(desk):
    """A wrong token is refused even where the browser is signed in: nobody acts as somebody whom they did not mean."""
    browser = Client()
    browser.force_login(desk.alice, backend="django.contrib.auth.backends.ModelBackend")
    assert browser.get("/api/v1/incidents", headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_the_audit_names_the_person_and_the_token(desk):
    incident = desk.open()
    desk.post(f"/incidents/{incident.number}/acknowledge", desk.alice)
    (record,) = desk.get("/audit?action=page.acknowledge", desk.root).body["items"]
    assert (record["actor"], record["via"], record["detail"]["token"]) == ("alice", "api", ApiToken.objects.get(person=desk.alice).id)
    assert record["detail"]["owner"] == "alice"


def test_the_audit_says_urls_by_their_host(desk):
    hook = "https://hooks.example.org/T0/s3cret?token=abc"
    detail = {"name": "P", "verb": "removed", "was": {"steps": [{"notify": [{"webhook": hook}]}]}, "fields": {"url": [hook, None]}}
    record_in([Entry("config.apply", "policies", "P", team_id=desk.team.id, detail=detail)], by=BY, now=database_now())
    (record,) = desk.get("/audit?action=config.apply", desk.grace).body["items"]
    assert record["detail"]["was"] == {"steps": [{"notify": [{"webhook": "hooks.example.org"}]}]}
    assert record["detail"]["fields"] == {"url": ["hooks.example.org", None]}


def test_what_a_provider_said_names_no_address_of_a_person(desk):
    number = desk.open().number
    assert desk.post(f"/incidents/{number}/page", desk.alice, {"to": ["bob"], "reason": "you know it"}).status == 200
    note = Notification.objects.get(person=desk.bob)
    said = "550 <alice@example.org> or +15005550011 or https://h.example.org/s3cret is unknown"
    Notification.objects.filter(pk=note.pk).update(error=said)
    Attempt.objects.create(notification=note, n=1, started_at=database_now(), ended_at=database_now(), outcome="permanent", detail=said)
    item = next(each for each in desk.get(f"/notifications?incident={number}", desk.bob).body["items"] if each["attempts"])
    for text in (item["error"], item["attempts"][0]["detail"]):
        assert text == "550 <...@example.org> or ...0011 or h.example.org is unknown"
