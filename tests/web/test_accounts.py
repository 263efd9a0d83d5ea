"""Signing in, out and for the first time: no open sign-up, no mail, throttled, audited."""

from __future__ import annotations

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client

from tests import factories as make
from tests.web.conftest import PASSWORD, Desk
from watchbill.audit.models import Record
from watchbill.kernel import setup
from watchbill.kernel.clock import database_now
from watchbill.people.models import Person

LOGIN = "/accounts/login/"


def with_password(desk: Desk, name: str = "alice") -> Person:
    who = desk.people[name]
    who.set_password(PASSWORD)
    who.save()
    return who


def come_in(client: Client, password: str = PASSWORD, email: str = "alice@example.org", **rest: object):
    return client.post(LOGIN, {"login": email, "password": password, **rest})


def test_signing_in_leads_to_where_one_wanted_and_is_audited(desk: Desk, client: Client):
    with_password(desk)
    answer = client.post(f"{LOGIN}?next=/schedules", {"login": "ALICE@example.org", "password": PASSWORD, "next": "/schedules"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/schedules")
    assert client.get("/").status_code == 200
    record = Record.objects.get(action="person.sign_in")
    assert (record.actor, record.via) == ("alice", "web")
    assert "password" not in str(record.detail)


def test_a_wrong_password_is_said_beside_the_fields_and_does_not_name_which_was_wrong(desk: Desk, client: Client):
    with_password(desk)
    wrong, unknown = come_in(client, "nonsense-nonsense"), come_in(client, PASSWORD, "nobody@example.org")
    for answer in (wrong, unknown):
        assert answer.status_code == 200
        assert 'role="alert"' in answer.content.decode()
    assert not client.session.get("_auth_user_id")


def test_guessing_is_throttled(desk: Desk, client: Client):
    cache.clear()
    with_password(desk)
    for _ in range(6):
        answer = come_in(client, "wrong-wrong-wrong")
    assert "Too many" in answer.content.decode()
    assert "Too many" in come_in(client).content.decode()
    cache.clear()


def test_signing_out_takes_a_press(desk: Desk):
    client = desk.as_("alice")
    assert client.get("/accounts/logout/").status_code == 200
    assert client.get("/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/").status_code == 302


def test_a_setup_link_sets_the_password_once_and_leads_in(desk: Desk, client: Client):
    desk.alice.set_unusable_password()
    desk.alice.save()
    link = f"/accounts/password/reset/key/{user_pk_to_url_str(desk.alice)}-{default_token_generator.make_token(desk.alice)}/"
    form = client.get(link, follow=True)
    assert "Set your password" in form.content.decode()
    assert "Ten characters" in form.content.decode()
    weak = client.post(form.request["PATH_INFO"], {"password1": "password", "password2": "password"})
    assert "too common" in weak.content.decode()
    done = client.post(form.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD}, follow=True)
    assert (done.status_code, done.request["PATH_INFO"]) == (200, "/")
    assert client.get("/").status_code == 200
    assert Record.objects.filter(action="person.password", actor="alice").exists()
    again = Client().get(link, follow=True)
    assert "does not work any more" in again.content.decode()


def test_nobody_makes_an_account_by_finding_the_address_and_no_mail_leaves(desk: Desk, client: Client):
    assert "made by an administrator" in client.get("/accounts/signup/").content.decode()
    client.post("/accounts/signup/", {"email": "mallory@example.org", "password1": PASSWORD})
    assert not Person.objects.filter(email__contains="mallory").exists()
    assert "watchbill user invite" in client.get("/accounts/password/reset/").content.decode()
    assert client.post("/accounts/password/reset/", {"email": "alice@example.org"}).status_code == 405
    assert mail.outbox == []


def test_the_password_is_changed_with_the_old_one(desk: Desk, client: Client):
    with_password(desk)
    come_in(client)
    new = "quite another sentence"
    wrong = client.post("/accounts/password/change/", {"oldpassword": "x" * 12, "password1": new, "password2": new})
    assert wrong.status_code == 200
    done = client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new}, follow=True)
    assert "Your password is changed" in done.content.decode()
    assert desk.alice.handle in done.content.decode() or done.request["PATH_INFO"] == "/you"
    desk.alice.refresh_from_db()
    assert desk.alice.check_password(new)


def test_a_closed_account_stays_outside(desk: Desk, client: Client):
    who = with_password(desk)
    who.is_active = False
    who.save()
    come_in(client)
    assert client.get("/").status_code == 302


def test_the_door_says_whether_the_desk_is_well(desk: Desk, client: Client):
    from watchbill.kernel.models import EngineInstance

    assert "Desk is not well" in client.get(LOGIN).content.decode()
    EngineInstance.objects.create(host="h", pid=1, started_at=desk.now, last_tick_at=database_now())
    assert "Desk is well" in client.get(LOGIN).content.decode()


@pytest.mark.django_db
def test_the_first_administrator_comes_by_the_link_that_serve_prints_and_only_once(client: Client):
    make.person("ada")
    link = f"/setup/{setup.make_token(settings.SECRET_KEY, issued=int(database_now().timestamp()))}"
    assert "The first administrator" in client.get(link).content.decode()
    refused = client.post(link, {"name": "Root", "email": "root@example.org", "password": "password12"})
    assert refused.status_code == 422
    taken = client.post(link, {"name": "Ada", "email": "ADA@example.org", "password": PASSWORD})
    assert "already has an account" in taken.content.decode()
    done = client.post(link, {"name": "Root", "email": "root@example.org", "password": PASSWORD})
    assert (done.status_code, done.headers["Location"]) == (302, "/")
    assert Person.objects.get(email="root@example.org").is_admin
    assert client.get("/").status_code == 200
    assert Client().get(link).status_code == 404
    assert Client().post(link, {"name": "M", "email": "m@example.org", "password": PASSWORD}).status_code == 404


@pytest.mark.django_db
def test_a_setup_link_that_is_old_or_not_ours_is_not_found(client: Client):
    old = setup.make_token(settings.SECRET_KEY, issued=int(database_now().timestamp()) - 25 * 3600)
    for token in (old, setup.make_token("another key"), "x", "1-"):
        assert client.get(f"/setup/{token}").status_code == 404
