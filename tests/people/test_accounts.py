"""Accounts, passwords, tokens: made, used, ended, and every bit of it in the audit."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import DAY, MIN, SEC, T0, person
from watchbill.audit.actions import Actor
from watchbill.audit.models import Record
from watchbill.kernel.errors import AlreadyDone, Invalid
from watchbill.people.actions import (
    LETTERS,
    create_person,
    create_token,
    digest_of,
    record_invitation,
    revoke_token,
    set_password,
    token_person,
)
from watchbill.people.models import ApiToken, Person
from watchbill.people.permissions import SCOPES

pytestmark = pytest.mark.django_db
BY = Actor(name="operator", via="cli")


def records(action: str) -> list[Record]:
    return list(Record.objects.filter(action=action).order_by("id"))


@pytest.mark.parametrize(
    ("email", "name", "handle"),
    [
        ("ada@example.org", "", "ada"),
        ("Ada.Osei@Example.org", "Ada Osei", "ada.osei"),
        ("ada+oncall@example.org", "", "ada"),
        ("_@example.org", "José", "jose"),
        ("_-_@example.org", "Chen Wei", "chen.wei"),
        ("_@example.org", "Ω", "person"),
        ("9to5@example.org", "", "9to5"),
    ],
)
def test_a_handle_is_made_from_the_address_else_from_the_name(email, name, handle):
    assert create_person(email, name=name, by=BY, now=T0).handle == handle


def test_the_second_one_of_a_handle_gets_a_number():
    handles = [create_person(f"ada@{domain}", by=BY, now=T0).handle for domain in ("a.org", "b.org", "c.org")]
    assert handles == ["ada", "ada2", "ada3"]


def test_a_new_account_has_no_password_and_is_in_the_audit():
    made = create_person("ada@example.org", name="Ada Osei", is_admin=True, by=BY, now=T0)
    assert not made.has_usable_password()
    (record,) = records("person.create")
    assert (record.actor, record.object_id, record.detail) == (
        "operator",
        str(made.id),
        {"handle": "ada", "admin": True, "password": False},
    )


@pytest.mark.parametrize("email", ["", "ada", "ada@", "@example.org", "a b@example.org", "x" * 250 + "@example.org", "a\x00@b.org"])
def test_an_address_that_is_none_is_refused(email):
    with pytest.raises(Invalid):
        create_person(email, by=BY, now=T0)
    assert not Person.objects.exists()


def test_a_pasted_address_is_trimmed():
    assert create_person(" ada@Example.ORG\n", by=BY, now=T0).email == "ada@example.org"


@pytest.mark.parametrize("handle", ["Ada", "-ada", "a da", "ada\x00", "x" * 65, "a/b"])
def test_a_handle_of_another_form_is_refused(handle):
    with pytest.raises(Invalid):
        create_person("ada@example.org", handle=handle, by=BY, now=T0)


def test_an_address_belongs_to_one_account_whatever_its_case():
    create_person("Ada@example.org", by=BY, now=T0)
    with pytest.raises(AlreadyDone):
        create_person("ADA@EXAMPLE.ORG", by=BY, now=T0)
    with pytest.raises(AlreadyDone):
        create_person("other@example.org", handle="ada", by=BY, now=T0)
    assert Person.objects.count() == 1


def test_a_weak_password_is_refused_and_a_good_one_signs_in():
    ada = create_person("ada@example.org", by=BY, now=T0)
    for weak in ("short", "1234567890", "ada@example.org"):
        with pytest.raises(Invalid):
            set_password(ada, weak, by=BY, now=T0)
    set_password(ada, "correct horse battery", by=BY, now=T0)
    ada.refresh_from_db()
    assert ada.check_password("correct horse battery")
    assert len(records("person.password")) == 1
    assert "horse" not in str(records("person.password")[0].detail)


def test_an_invitation_is_in_the_audit():
    record_invitation(person("ada"), by=BY, now=T0)
    assert records("person.invite")[0].detail == {"handle": "ada"}


def test_a_token_is_kept_as_a_hash_and_opens_for_its_person():
    ada = person("ada")
    token, secret = create_token(ada, ["incidents:write", "schedules:read", "schedules:read"], name="pager", by=BY, now=T0)
    assert secret.startswith("wb_")
    assert len(secret) == 43
    assert set(secret[3:]) <= set(LETTERS)
    row = ApiToken.objects.get()
    assert bytes(row.digest) == digest_of(secret)
    assert (row.scopes, row.expires_at, row.hint) == (["incidents:write", "schedules:read"], T0 + 90 * DAY, secret[-4:])
    found = token_person(secret, T0)
    assert found is not None
    assert (found[0].handle, found[1].id) == ("ada", token.id)
    assert secret not in str(records("token.create")[0].detail)


def test_two_tokens_are_never_alike():
    ada = person("ada")
    assert len({create_token(ada, ["admin"], by=BY, now=T0)[1] for _ in range(20)}) == 20


@pytest.mark.parametrize("scopes", [[], ["incidents"], ["incidents:write", "root"], ["*"], [""]])
def test_a_scope_that_is_not_on_the_list_is_refused(scopes):
    with pytest.raises(Invalid):
        create_token(person("ada"), scopes, by=BY, now=T0)
    assert not ApiToken.objects.exists()


def test_every_scope_of_the_list_can_be_had():
    token, _ = create_token(person("ada"), SCOPES, by=BY, now=T0)
    assert set(token.scopes) == set(SCOPES)


def test_a_token_ends_at_its_time_and_not_a_second_later():
    _, secret = create_token(person("ada"), ["admin"], T0 + DAY, by=BY, now=T0)
    assert token_person(secret, T0 + DAY - SEC)
    assert token_person(secret, T0 + DAY) is None
    with pytest.raises(Invalid):
        create_token(Person.objects.get(), ["admin"], T0, by=BY, now=T0)


def test_a_revoked_token_opens_nothing_and_can_be_revoked_once():
    token, secret = create_token(person("ada"), ["admin"], by=BY, now=T0)
    revoke_token(token.id, by=BY, now=T0 + MIN)
    assert token_person(secret, T0 + 2 * MIN) is None
    with pytest.raises(AlreadyDone):
        revoke_token(token.id, by=BY, now=T0 + 3 * MIN)
    assert len(records("token.revoke")) == 1


def test_a_token_of_somebody_who_left_opens_nothing():
    ada = person("ada")
    _, secret = create_token(ada, ["admin"], by=BY, now=T0)
    Person.objects.update(is_active=False)
    assert token_person(secret, T0) is None
    ada.refresh_from_db()
    with pytest.raises(Invalid):
        create_token(ada, ["admin"], by=BY, now=T0)


@pytest.mark.parametrize("secret", ["", "wb_", "wb_" + "x" * 39, "wb_" + "x" * 41, "xx_" + "x" * 40, "wb_" + "é" * 40, "wb_" + "\x00" * 40])
def test_what_is_no_token_opens_nothing_and_asks_nobody(secret, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert token_person(secret, T0) is None


def test_use_is_remembered_to_the_minute(django_assert_num_queries):
    _, secret = create_token(person("ada"), ["admin"], by=BY, now=T0)

    def last() -> dt.datetime | None:
        return ApiToken.objects.get().last_used_at

    token_person(secret, T0)
    assert last() == T0
    with django_assert_num_queries(1):
        token_person(secret, T0 + MIN - SEC)
    assert last() == T0
    token_person(secret, T0 + MIN)
    assert last() == T0 + MIN
