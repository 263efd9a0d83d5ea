"""Contacts that are not like the others: devices belong to their owners, Apprise addresses hold passwords."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.db import connection

from tests.config.example import SMALL
from tests.factories import DAY, T0, actor
from watchbill.config import selectors
from watchbill.config.models import Applied
from watchbill.kernel import kinds
from watchbill.notifications.actions import add_device
from watchbill.notifications.actions.planning import why_skipped
from watchbill.notifications.addresses import clear, shown
from watchbill.notifications.models import Contact
from watchbill.people.models import Person

SECRET = "tgram://123456:hunter2secret/42"


@pytest.fixture(autouse=True)
def _all_work() -> Iterator[None]:
    before = kinds.declared()
    kinds.fill([kinds.Kind(name, True) for name in kinds.CONTACT_KINDS])
    yield
    kinds.fill(before)


def with_contacts(contacts: str, notify: str = "") -> str:
    return SMALL.replace("name: Ann,", f"name: Ann, contact: [{contacts}],{notify}", 1)


def everything_stored() -> str:
    tables = ("notifications_contact", "config_applied", "audit_record")
    with connection.cursor() as cursor:
        text = ""
        for table in tables:
            cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
            text += cursor.fetchone()[0]
    return text


def test_a_rule_may_name_push_before_any_device_is_there(apply):
    text = with_contacts("{kind: email, address: ann@example.org}", " notify: {high: [{after: 0s, by: [push, email]}]},")
    assert apply(text).not_active == ()
    assert apply(selectors.export()).is_empty


def test_a_device_in_the_file_does_nothing_and_the_diff_says_who_makes_one_ring(apply):
    text = with_contacts("{kind: push, address: my phone}, {kind: email, address: ann@example.org}")
    (said,) = apply(text).not_active
    assert (said.kind, said.name) == ("contact", "push")
    assert "made to ring by its owner" in said.why
    assert "ann" in said.why
    assert apply(text).is_empty
    assert apply(selectors.export()).is_empty
    row = Contact.objects.get(kind="push")
    assert "no device is subscribed" in why_skipped("push", active=True, verified=True, secret_env="", by=row.verified_by)


def test_a_device_of_its_owner_is_not_the_file_s_and_stays_over_every_apply(apply):
    apply(SMALL)
    ann = Person.objects.get(handle="ann")
    subscription = {
        "endpoint": "https://push.example.org/secret-endpoint",
        "keys": {
            "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "auth": "BTBZMqHH6r4Tts7J_aSIgg",
        },
    }
    add_device(ann, subscription, user_agent="", actor=actor(ann), now=T0)
    assert apply(SMALL).is_empty
    assert "device/" not in selectors.export()
    apply(with_contacts("{kind: sms, address: '+15005550011'}"), now=T0 + DAY)
    assert Contact.objects.get(kind="push").removed_at is None
    assert "secret-endpoint" not in everything_stored()


def test_an_apprise_address_is_encrypted_wherever_it_is_stored_and_exported_as_it_was_written(apply):
    text = with_contacts(f"{{kind: apprise, address: '{SECRET}'}}, {{kind: email, address: ann@example.org}}")
    apply(text)
    assert "hunter2" not in everything_stored()
    contact = Contact.objects.get(kind="apprise")
    assert clear("apprise", contact.address) == SECRET
    assert shown("apprise", contact.address) == "tgram://..."
    assert SECRET in selectors.export()
    assert apply(text).is_empty
    assert apply(selectors.export()).is_empty
    changed = apply(text.replace("hunter2", "hunter3"), now=T0 + DAY)
    assert not changed.is_empty
    assert "hunter" not in json.dumps(list(Applied.objects.values_list("content", "words")))
    assert Contact.objects.filter(kind="apprise", removed_at=None).count() == 1


def test_an_apprise_address_in_a_variable_never_comes_near_the_database(apply):
    text = with_contacts("{kind: apprise, address_env: ANN_TELEGRAM}, {kind: email, address: ann@example.org}")
    (said, *_) = [part for part in apply(text).not_active if part.kind == "people"]
    assert (said.missing, said.why) == (("ANN_TELEGRAM",), "nothing is sent by apprise: its address is not there.")
    contact = Contact.objects.get(kind="apprise")
    assert (contact.address, contact.secret_env) == ("", "ANN_TELEGRAM")
    assert shown("apprise", "", "ANN_TELEGRAM") == "in the variable ANN_TELEGRAM"
    assert "address_env: ANN_TELEGRAM" in selectors.export()
    assert apply(selectors.export()).is_empty
    assert apply(text, environment={"ANN_TELEGRAM": SECRET}).not_active == ()


def test_an_apprise_address_that_is_not_let_in_is_said_without_showing_it(apply):
    text = with_contacts("{kind: apprise, address: 'syslog://me:hunter2@somewhere'}, {kind: email, address: ann@example.org}")
    (said,) = apply(text).not_active
    assert (said.kind, said.name) == ("people", "ann")
    assert "syslog:// is not let in" in said.why
    assert "hunter2" not in said.why
