"""A person's own contact is verified by a code that goes through the channel itself."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from tests import factories as make
from tests.factories import MIN, SEC, T0
from tests.notifications.outbox import take
from watchbill.audit.models import Record
from watchbill.kernel.errors import Invalid, NotFound, Refused
from watchbill.notifications import texts
from watchbill.notifications.actions.codes import send_code, type_code
from watchbill.notifications.models import Contact, ContactCode, Notification
from watchbill.people.models import Person

pytestmark = pytest.mark.django_db


def own(who: Person) -> Contact:
    return Contact.objects.create(person=who, kind="email", address="ada.home@example.org", position=5, own=True)


def ask(contact: Contact, who: Person, at: dt.datetime = T0) -> str:
    """Send a code and read it where it arrives."""
    send_code(contact.pk, person=who, by=make.actor(who), now=at)
    (message,) = take(at)
    assert message.address == "ada.home@example.org"
    return re.search(r"code is (\d{6})", texts.plain(message)).group(1)


def typed(contact: Contact, code: str, who: Person, at: dt.datetime = T0) -> None:
    type_code(contact.pk, code, person=who, by=make.actor(who), now=at)


@pytest.mark.req("G38")
def test_the_code_that_arrives_verifies_and_is_kept_nowhere_in_clear():
    ada = make.person("ada")
    contact = own(ada)
    code = ask(contact, ada)
    assert code not in str(list(Notification.objects.values("content")))
    assert code not in str(list(ContactCode.objects.values())) + str(list(Record.objects.values("detail")))
    typed(contact, code, ada, T0 + MIN)
    contact.refresh_from_db()
    assert (contact.verified_at, contact.verified_by) == (T0 + MIN, "code")


def test_five_wrong_ones_end_it_and_so_do_ten_minutes_and_a_newer_one():
    ada = make.person("ada")
    contact = own(ada)
    code = ask(contact, ada)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for _ in range(5):
        with pytest.raises(Invalid):
            typed(contact, wrong, ada)
    with pytest.raises(Refused):
        typed(contact, code, ada)
    old = ask(contact, ada, T0 + MIN)
    with pytest.raises(Refused):
        typed(contact, old, ada, T0 + 11 * MIN)
    newer = ask(contact, ada, T0 + 12 * MIN)
    if newer != old:
        with pytest.raises(Invalid):
            typed(contact, old, ada, T0 + 12 * MIN + SEC)
    contact.refresh_from_db()
    assert contact.verified_at is None


def test_five_an_hour_for_a_person():
    ada = make.person("ada")
    contact = own(ada)
    for minute in range(5):
        ask(contact, ada, T0 + minute * MIN)
    with pytest.raises(Refused):
        send_code(contact.pk, person=ada, by=make.actor(ada), now=T0 + 6 * MIN)
    ask(contact, ada, T0 + 61 * MIN)


def test_charlie_neither_sends_nor_types_for_another():
    ada, charlie = make.person("ada"), make.person("charlie")
    contact = own(ada)
    code = ask(contact, ada)
    with pytest.raises(NotFound):
        typed(contact, code, charlie)
    with pytest.raises(NotFound):
        send_code(contact.pk, person=charlie, by=make.actor(charlie), now=T0)
