"""API tokens and sessions of one's own: made, shown once, revoked, ended. From outside, by HTTP."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tests.web.conftest import BACKEND, PASSWORD, Desk
from watchbill.audit.models import Record
from watchbill.kernel.clock import database_now
from watchbill.people.models import ApiToken, SignIn
from watchbill.people.sessions import sessions_of

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def create(desk: Desk, name: str = "alice", **form: Any) -> Any:
    return desk.as_(name).post("/you/tokens", {"name": "pager bot", "scope": ["incidents:read"], "days": "30", **form})


def page_of(desk: Desk, name: str = "alice") -> str:
    return str(desk.as_(name).get("/you/access").content.decode())


@pytest.mark.req("G7")
def test_a_token_is_shown_once_and_opens_what_it_says(desk: Desk):
    answer = create(desk)
    assert answer["Cache-Control"] == "no-store"
    found = re.search(r"wb_[A-Za-z0-9]{40}", answer.content.decode())
    assert found
    assert found[0] not in page_of(desk)
    assert "pager bot" in page_of(desk)
    asked = {"HTTP_AUTHORIZATION": f"Bearer {found[0]}"}
    assert Client().get("/api/v1/incidents", **asked).status_code == 200
    assert Client().get("/api/v1/oncall", **asked).status_code == 403
    token = ApiToken.objects.get()
    assert (token.expires_at - token.created_at).days == 30
    assert Record.objects.get(action="token.create").actor == "alice"
    assert desk.as_("alice").post(f"/you/tokens/{token.pk}/revoke").status_code == 303
    assert Client().get("/api/v1/incidents", **asked).status_code == 401
    assert "pager bot" not in page_of(desk)
    assert "revoked already" in desk.as_("alice").post(f"/you/tokens/{token.pk}/revoke", follow=True).content.decode()


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"scope": []}, "at least one scope"),
        ({"scope": ["everything"]}, "There is no scope"),
        ({"days": "4000"}, "how long the token works"),
    ],
)
def test_what_makes_no_token_is_said(desk: Desk, form: dict[str, Any], says: str):
    answer = create(desk, **form)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_twenty_are_the_most(desk: Desk):
    for _ in range(20):
        create(desk)
    assert "that is the most" in create(desk).content.decode()
    assert ApiToken.objects.count() == 20


def other(desk: Desk, name: str = "alice") -> Client:
    """The same person on another browser, who signed in by the form."""
    person = desk.people[name]
    person.set_password(PASSWORD)
    person.save()
    client = Client(HTTP_USER_AGENT=FIREFOX)
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    assert client.get("/you").status_code == 200
    return client


def test_sessions_are_listed_and_one_is_ended(desk: Desk):
    phone = other(desk)
    desk.clients.pop("alice", None)
    desk.as_("alice").force_login(desk.alice, backend=BACKEND)
    html = page_of(desk)
    assert "Firefox on Linux" in html
    assert html.count("this one") == 1
    row = SignIn.objects.get(browser="Firefox on Linux")
    assert "Firefox on Linux is signed out" in desk.as_("alice").post(f"/you/sessions/{row.pk}/end", follow=True).content.decode()
    assert phone.get("/you").status_code == 302
    assert desk.as_("alice").get("/you").status_code == 200
    assert Record.objects.get(action="person.sessions_end").detail == {"handle": "alice", "ended": 1}


def test_all_others_are_ended_and_this_one_stays(desk: Desk):
    one = other(desk)
    two = Client(HTTP_USER_AGENT=FIREFOX)
    two.post("/accounts/login/", {"login": desk.alice.email, "password": PASSWORD})
    assert len(sessions_of(desk.alice, now=database_now())) == 2
    assert "1 other session is over" in two.post("/you/sessions/end-others", follow=True).content.decode()
    assert one.get("/you").status_code == 302
    assert two.get("/you").status_code == 200
    assert "There was no other session" in two.post("/you/sessions/end-others", follow=True).content.decode()


def test_a_new_password_leaves_no_other_session_in_the_list(desk: Desk):
    other(desk)
    desk.alice.set_password("another horse battery staple")
    desk.alice.save()
    assert sessions_of(desk.alice, now=database_now()) == []


def test_charlie_ends_nothing_of_alice_and_sees_nothing(desk: Desk):
    create(desk)
    phone = other(desk)
    token, row = ApiToken.objects.get(), SignIn.objects.filter(person=desk.alice).first()
    assert row is not None
    html = page_of(desk, "charlie")
    assert "pager bot" not in html
    assert "Firefox" not in html
    charlie = desk.as_("charlie")
    assert charlie.post(f"/you/tokens/{token.pk}/revoke").status_code == 404
    assert charlie.post(f"/you/sessions/{row.pk}/end").status_code == 404
    charlie.post("/you/sessions/end-others")
    assert phone.get("/you").status_code == 200
    token.refresh_from_db()
    assert token.revoked_at is None


def test_without_signing_in_there_is_nothing(desk: Desk, client: Client):
    assert client.get("/you/access").status_code == 302
    for path in ("/you/tokens", "/you/tokens/1/revoke", "/you/sessions/1/end", "/you/sessions/end-others"):
        assert client.post(path).status_code == 302
    assert not ApiToken.objects.exists()


def test_a_number_beyond_every_row_is_nothing(desk: Desk):
    for path in ("tokens/{}/revoke", "sessions/{}/end", "contacts/{}/code", "contacts/{}/remove"):
        assert desk.as_("alice").post("/you/" + path.format(10**30)).status_code == 404
