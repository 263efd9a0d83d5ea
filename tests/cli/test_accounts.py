"""Accounts, tokens and keys by hand."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
from django.test import Client

from tests import factories
from watchbill.audit.models import Record
from watchbill.intake.models import IntegrationKey
from watchbill.kernel.clock import database_now
from watchbill.people.actions import token_person
from watchbill.people.models import ApiToken, Person

pytestmark = pytest.mark.django_db


def test_an_account_is_made_and_says_what_comes_next(cli):
    ran = cli("user", "create", "ada@example.org", "--name", "Ada Osei", "--admin")
    assert ran.code == 0
    assert "watchbill user invite ada@example.org" in ran.out
    person = Person.objects.get()
    assert (person.handle, person.name, person.is_admin, person.has_usable_password()) == ("ada", "Ada Osei", True, False)
    assert Record.objects.get(action="person.create").actor == "operator"


def test_an_account_as_json(cli):
    assert cli("user", "create", "ada@example.org", "--json").json() == {
        "handle": "ada",
        "name": "ada",
        "email": "ada@example.org",
        "admin": False,
    }
    ran = cli("user", "create", "ada@example.org")
    assert (ran.code, ran.err) == (1, "ada@example.org already has an account.\n")
    assert cli("user", "create", "ada").code == 1
    assert cli("user", "create").code == 2


def test_a_password_comes_from_standard_input_and_never_from_the_line(cli, monkeypatch):
    ada = factories.person("ada")
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    assert cli("user", "password", "ada@example.org").code == 0
    ada.refresh_from_db()
    assert ada.check_password("correct horse battery")
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    ran = cli("user", "password", "ada")
    assert (ran.code, "too short" in ran.err) == (1, True)
    assert cli("user", "password", "nobody@example.org").code == 1
    assert cli("user", "password", "ada", "secret-on-the-line").code == 2


def test_a_set_up_link_lets_somebody_choose_their_password_once(cli, settings):
    settings.PUBLIC_URL = "https://watch.example.org"
    ada = factories.person("ada")
    Person.objects.update(password="!")
    link = cli("user", "invite", "ada@example.org").out.strip()
    assert link.startswith("https://watch.example.org/accounts/password/reset/key/")
    assert cli("user", "invite", "ada", "--json").json()["url"].startswith("https://watch.example.org/accounts/")
    assert Record.objects.filter(action="person.invite").count() == 2
    browser = Client()
    form = browser.get(link.removeprefix("https://watch.example.org"), follow=True)
    assert form.status_code == 200
    browser.post(form.redirect_chain[-1][0], {"password1": "correct horse battery", "password2": "correct horse battery"})
    ada.refresh_from_db()
    assert ada.check_password("correct horse battery")
    again = Client().get(link.removeprefix("https://watch.example.org"), follow=True)
    assert again.context["token_fail"]


def test_a_link_for_somebody_who_left_is_refused(cli):
    factories.person("ada", is_active=False)
    assert cli("user", "invite", "ada").code == 1


def test_a_token_is_printed_once_and_opens(cli):
    factories.person("ada")
    out = cli("token", "create", "--user", "ada@example.org", "--scope", "incidents:write,schedules:read", "--json").json()
    assert list(out) == ["token", "id", "expires"]
    found = token_person(out["token"], database_now())
    assert found is not None
    assert found[1].scopes == ["incidents:write", "schedules:read"]
    expires = dt.datetime.fromisoformat(out["expires"])
    assert abs(expires - database_now() - dt.timedelta(days=90)) < dt.timedelta(minutes=1)
    assert out["expires"].endswith("Z")
    listed = cli("token", "list", "--json")
    assert out["token"] not in listed.out
    assert listed.json()[0]["ends_in"] == out["token"][-4:]


@pytest.mark.parametrize(
    ("words", "life"),
    [("12h", dt.timedelta(hours=12)), ("90d", dt.timedelta(days=90)), ("2w", dt.timedelta(weeks=2)), ("30m", dt.timedelta(minutes=30))],
)
def test_a_token_lives_as_long_as_said(cli, words, life):
    factories.person("ada")
    cli("token", "create", "--user", "ada", "--scope", "admin", "--expires", words)
    row = ApiToken.objects.get()
    assert row.expires_at - row.created_at == life


@pytest.mark.parametrize("words", ["90", "0d", "-1d", "1y", "forever", "", "999999d"])
def test_a_life_that_is_none_is_wrong_usage(cli, words):
    factories.person("ada")
    assert cli("token", "create", "--user", "ada", "--scope", "admin", f"--expires={words}").code == 2
    assert not ApiToken.objects.exists()


def test_several_scopes_can_be_given_one_by_one(cli):
    factories.person("ada")
    cli("token", "create", "--user", "ada", "--scope", "audit:read", "--scope", "events:write")
    assert ApiToken.objects.get().scopes == ["audit:read", "events:write"]
    ran = cli("token", "create", "--user", "ada", "--scope", "everything")
    assert (ran.code, "incidents:read" in ran.err) == (1, True)
    assert cli("token", "create", "--user", "nobody", "--scope", "admin").code == 1


def test_a_token_is_revoked_by_its_id(cli):
    factories.person("ada")
    secret = cli("token", "create", "--user", "ada", "--scope", "admin").out.strip()
    assert cli("token", "revoke", ApiToken.objects.get().id).code == 0
    assert token_person(secret, database_now()) is None
    assert cli("token", "revoke", ApiToken.objects.get().id).code == 1
    assert "20" in cli("token", "list", "--user", "ada").out


@pytest.fixture
def service(db):
    ada = factories.person("ada")
    team = factories.team("SecOps", ada)
    return factories.service("S", team, factories.policy("P", team, ([factories.to(ada)], "15m")))


def test_a_key_is_printed_once_with_the_address_it_is_for(cli, service, settings):
    settings.PUBLIC_URL = "https://watch.example.org"
    out = cli("key", "create", "--service", "S", "--kind", "events", "--json").json()
    assert list(out) == ["key", "id", "service", "kind"]
    assert re.fullmatch(r"[0-9a-zA-Z]{32}", out["key"])
    said = cli("key", "create", "--service", "S", "--kind", "alertmanager").out.splitlines()
    assert said[1] == f"https://watch.example.org/in/alertmanager/{said[0]}"
    listed = cli("key", "list", "--json")
    assert [row["kind"] for row in listed.json()] == ["events", "alertmanager"]
    assert out["key"] not in listed.out
    assert said[0] not in cli("key", "list").out


def test_a_key_needs_a_service_and_a_kind_that_there_are(cli, service):
    assert cli("key", "create", "--service", "none").code == 1
    assert cli("key", "create", "--service", "S", "--kind", "pigeon").code == 2
    assert cli("key", "create").code == 2
    assert not IntegrationKey.objects.exists()


def test_a_key_is_revoked_by_its_id(cli, service):
    made = cli("key", "create", "--service", "S", "--json").json()["id"]
    assert cli("key", "revoke", made).code == 0
    assert cli("key", "revoke", made).code == 1
    assert "revoked" in cli("key", "list").out
    assert cli("key", "list", "--service", "other", "--json").json() == []
