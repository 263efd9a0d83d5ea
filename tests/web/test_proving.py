"""A browser that was left open makes no key: ten minutes after a password was typed, it is asked for once more."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tests.web.conftest import PASSWORD, Desk
from watchbill.people.models import ApiToken

FORM = {"name": "pager bot", "scope": ["incidents:read", "incidents:write"], "days": "30"}


@pytest.fixture
def alice(desk: Desk) -> Client:
    """Signed in by the form."""
    desk.alice.set_password(PASSWORD)
    desk.alice.save()
    client = Client()
    client.post("/accounts/login/", {"login": desk.alice.email, "password": PASSWORD})
    return client


def later(client: Client, minutes: float) -> None:
    """As if that much more time had gone by since."""
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= minutes * 60
    if "proved_at" in session:
        session["proved_at"] -= minutes * 60
    session.save()


def hidden(html: str) -> dict[str, list[str]]:
    """What the page would send again."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(
        r'<input type="hidden" name="(\w+)" value="([^"]*)">', html.partition('class="panel"')[2].partition("</form>")[0]
    ):
        found.setdefault(name, []).append(value)
    return found


def test_whoever_just_signed_in_is_not_asked(alice: Client):
    assert alice.post("/you/tokens", FORM).status_code == 200
    later(alice, 9)
    assert alice.post("/you/tokens", FORM).status_code == 200
    assert ApiToken.objects.count() == 2


def test_after_ten_minutes_the_password_is_asked_for_and_what_was_typed_is_kept(alice: Client):
    later(alice, 11)
    asked = alice.post("/you/tokens", FORM)
    html = asked.content.decode()
    assert (asked.status_code, ApiToken.objects.count()) == (403, 0)
    assert "Your password, once more" in html
    assert 'action="/you/tokens"' in html
    sent: dict[str, Any] = {name: values for name, values in hidden(html).items() if name != "csrfmiddlewaretoken"}
    assert sent == {"name": ["pager bot"], "scope": FORM["scope"], "days": ["30"]}
    wrong = alice.post("/you/tokens", {**sent, "password_again": "horse"})
    assert (wrong.status_code, ApiToken.objects.count()) == (422, 0)
    assert "not your password" in wrong.content.decode()
    assert "horse" not in wrong.content.decode()
    assert alice.post("/you/tokens", {**sent, "password_again": PASSWORD}).status_code == 200
    assert ApiToken.objects.get().scopes == FORM["scope"]
    assert alice.post("/you/tokens", FORM).status_code == 200, "and not again for a while"
    later(alice, 11)
    assert alice.post("/you/tokens", FORM).status_code == 403


def test_a_clock_that_is_ahead_proves_nothing(alice: Client):
    later(alice, -60)
    assert alice.post("/you/tokens", FORM).status_code == 403


def test_it_is_not_guessed(alice: Client):
    later(alice, 11)
    for _ in range(30):
        said = alice.post("/you/tokens", {**FORM, "password_again": "horse"}).content.decode()
    assert "too often" in said
    assert "too often" in alice.post("/you/tokens", {**FORM, "password_again": PASSWORD}).content.decode()
    assert not ApiToken.objects.exists()


def test_whoever_has_no_password_here_is_not_asked(desk: Desk):
    assert not desk.alice.has_usable_password() or not desk.alice.password
    assert desk.as_("alice").post("/you/tokens", FORM).status_code == 200


@pytest.mark.parametrize(
    "path", ["/admin/services/1/keys", "/inlets/1/rotate", "/heartbeats/1/key", "/you/calendars", "/you/tokens"], ids=lambda path: path[1:]
)
def test_every_form_that_hands_out_a_key_asks(alice: Client, path: str):
    later(alice, 11)
    asked = alice.post(path, {"kind": "events"})
    assert (asked.status_code, "Your password, once more" in asked.content.decode()) == (403, True)
