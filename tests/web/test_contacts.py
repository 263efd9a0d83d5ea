"""A person's own contacts on the page You: added, proven by a code that comes through them, put in order, removed. From outside, by HTTP."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.notifications.outbox import claimed, end
from tests.web.conftest import Desk
from watchbill.audit.actions import Actor
from watchbill.audit.models import Record
from watchbill.config.actions import apply
from watchbill.config.selectors import export
from watchbill.connectors.webhook.sending import payload
from watchbill.kernel import kinds
from watchbill.kernel.clock import database_now
from watchbill.notifications import texts
from watchbill.notifications.addresses import clear
from watchbill.notifications.models import Contact, ContactCode, Notification
from watchbill.people.models import Person

NUMBER = "+1 500 555 0006"


@pytest.fixture(autouse=True)
def _all_work(desk: Desk) -> None:
    kinds.fill([kinds.Kind(name, True) for name in ("email", "webhook", "sms", "voice", "apprise")])


def add(desk: Desk, kind: str = "sms", address: str = NUMBER, name: str = "alice") -> Any:
    return desk.as_(name).post("/you/contacts", {"kind": kind, "address": address}, follow=True)


def do(desk: Desk, contact: Contact, act: str, name: str = "alice", **given: str) -> Any:
    return desk.as_(name).post(f"/you/contacts/{contact.pk}/{act}", given, follow=True)


def mine(desk: Desk, name: str = "alice", **chosen: Any) -> list[Contact]:
    return list(Contact.objects.filter(person=desk.people[name], removed_at=None, **chosen).order_by("position", "id"))


def code_in(desk: Desk) -> str:
    """The code as it arrives."""
    (message,) = [m for m in claimed(database_now()).messages if m.kind == "drill"]
    end(message, now=database_now())
    return re.search(r"code is (\d{6})", texts.plain(message)).group(1)  # type: ignore[union-attr]


def page_of(desk: Desk, name: str = "alice") -> str:
    return str(desk.as_(name).get("/you").content.decode())


@pytest.mark.req("G38")
def test_a_number_is_added_unproven_and_counts_only_when_its_code_was_typed_in(desk: Desk):
    html = add(desk).content.decode()
    (contact,) = mine(desk, kind="sms")
    assert (contact.address, contact.own, contact.verified_at) == ("+15005550006", True, None)
    assert "Unproven: no page goes there" in html
    assert "is-red" in html
    desk.page()
    assert not Notification.objects.filter(person=desk.alice, kind="page", contact=contact).exists()
    code = code_in(desk)
    assert "The code went out" in page_of(desk)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert "4 attempts are left" in do(desk, contact, "verify", code=wrong).content.decode()
    assert "Proven." in do(desk, contact, "verify", code=f"{code[:3]} {code[3:]}").content.decode()
    contact.refresh_from_db()
    assert contact.verified_by == "code"
    desk.page("second")
    assert Notification.objects.filter(person=desk.alice, kind="page", contact=contact).exists()
    actions = list(Record.objects.filter(action__startswith="contact.").order_by("id").values_list("action", "actor", "via"))
    assert actions == [(f"contact.{act}", "alice", "web") for act in ("add", "code", "wrong_code", "verify")]
    assert "5550006" not in str(list(Record.objects.values("detail")))


def test_the_provider_s_reason_is_shown_when_the_code_does_not_go_out(desk: Desk):
    add(desk)
    (message,) = claimed(database_now()).messages
    end(message, now=database_now(), how="permanent", detail="sms: 21211 is no mobile number")
    html = page_of(desk)
    assert "The code did not go out" in html
    assert "21211 is no mobile number" in html


@pytest.mark.parametrize(
    ("kind", "address", "says"),
    [
        ("sms", "5550006", "Expected + and the country"),
        ("voice", "+1 12", "Expected + and the country"),
        ("email", "ada at home", "no address for this"),
        ("webhook", "ftp://example.org", "no address for this"),
        ("webhook", "https://user:pw@example.org/", "no address for this"),
        ("apprise", "exec://rm", "not let in"),
        ("apprise", "tgram://" + "x" * 1400, "Expected an address"),
        ("webhook", "https://example.org/" + "x" * 2000, "Expected an address"),
        ("email", "a\x01@example.org", "Expected an address"),
        ("push", "device/1", "ways on offer"),
        ("slack", "U1", "ways on offer"),
        ("", "x", "ways on offer"),
    ],
)
def test_what_is_no_address_is_refused_in_a_sentence(desk: Desk, kind: str, address: str, says: str):
    assert says in add(desk, kind, address).content.decode()
    assert not ContactCode.objects.exists()
    assert [row.kind for row in mine(desk)] == ["email"]


def test_a_kind_that_does_not_work_here_is_not_offered_and_refused(desk: Desk):
    kinds.fill([kinds.Kind("email", True)])
    assert 'value="sms"' not in page_of(desk)
    assert "Nothing can be sent by sms" in add(desk).content.decode()
    assert mine(desk, kind="sms") == []


def test_the_longest_address_that_is_encrypted_fits(desk: Desk):
    add(desk, "apprise", "tgram://" + "x" * 1290)
    assert len(mine(desk, kind="apprise")) == 1


def test_twice_the_same_is_one_and_twelve_are_the_most(desk: Desk):
    add(desk)
    assert "You have this contact already" in add(desk, "sms", "+15005550006").content.decode()
    for number in range(10):
        add(desk, "webhook", f"https://hooks.example.org/{number}")
    assert "that is the most" in add(desk, "webhook", "https://hooks.example.org/more").content.decode()
    assert len(mine(desk)) == 12


def test_an_address_of_apprise_is_kept_encrypted_and_shown_by_its_scheme(desk: Desk):
    html = add(desk, "apprise", "tgram://123:secret/42").content.decode()
    (contact,) = mine(desk, kind="apprise")
    assert "secret" not in contact.address
    assert clear("apprise", contact.address) == "tgram://123:secret/42"
    assert "tgram://..." in html
    assert "123:secret" not in html + str(list(Record.objects.values("detail")))


def test_the_first_own_contact_keeps_the_mail_of_the_account(desk: Desk):
    Contact.objects.filter(person=desk.alice).delete()
    add(desk)
    assert [(row.kind, row.address, row.verified_by) for row in mine(desk)] == [
        ("email", "alice@example.org", "account"),
        ("sms", "+15005550006", ""),
    ]
    do(desk, mine(desk)[0], "remove")
    desk.page()
    assert Notification.objects.filter(person=desk.alice, kind="page", contact=None, error="").count() == 1


def test_they_are_put_in_order_and_removed(desk: Desk):
    add(desk)
    add(desk, "voice")
    sms, voice = mine(desk)[1:]
    do(desk, voice, "up")
    do(desk, voice, "up")
    do(desk, voice, "up")
    assert [row.kind for row in mine(desk)] == ["voice", "email", "sms"]
    do(desk, voice, "down")
    assert [row.kind for row in mine(desk)] == ["email", "voice", "sms"]
    do(desk, sms, "remove")
    assert [row.kind for row in mine(desk)] == ["email", "voice"]
    assert not ContactCode.objects.filter(contact=sms, ended_at=None).exists()
    assert do(desk, sms, "verify", code="123456").status_code == 404
    assert list(Record.objects.filter(action="contact.move").values_list("detail__place", flat=True)) == [2, 1, 2]


@pytest.mark.parametrize("act", ["code", "verify", "up", "down", "remove"])
def test_charlie_changes_nothing_of_alice_and_learns_nothing(desk: Desk, act: str):
    add(desk)
    (contact,) = mine(desk, kind="sms")
    before = Record.objects.count()
    answer = do(desk, contact, act, "charlie", code="123456")
    assert answer.status_code == 404
    assert "5550006" not in answer.content.decode()
    assert "5550006" not in page_of(desk, "charlie")
    contact.refresh_from_db()
    assert (contact.verified_at, contact.removed_at, contact.position) == (None, None, 1)
    assert Record.objects.count() == before


def test_without_signing_in_there_is_nothing(desk: Desk, client: Any):
    assert client.post("/you/contacts", {"kind": "sms", "address": NUMBER}).status_code == 302
    assert client.post("/you/contacts/1/remove").status_code == 302
    assert client.get("/you/contacts").status_code == 405
    assert desk.as_("alice").post(f"/you/contacts/{mine(desk)[0].pk}/steal").status_code == 404
    assert [row.kind for row in mine(desk)] == ["email"]


FILE = """
organization: Example
last_resort: root
people:
  - {handle: root, name: Root, email: root@example.org}
  - handle: alice
    name: Alice
    email: alice@example.org
    contact: [{kind: email, address: alice@example.org}, {kind: sms, address: "+15005550099"}]
"""


def test_what_the_file_named_and_is_changed_here_is_marked_and_kept_and_own_ones_are_not_the_file_s(desk: Desk):
    operator = desk.root
    apply(FILE, by=_operator(operator), now=desk.now)
    assert "Changed here." not in page_of(desk)
    assert page_of(desk).count("from the file") == 2
    add(desk, "voice")
    assert "Changed here." not in page_of(desk)
    assert "voice" not in export()
    do(desk, mine(desk, kind="sms")[0], "remove")
    assert "Changed here." in page_of(desk)
    apply(FILE, by=_operator(operator), now=database_now())
    assert [row.kind for row in mine(desk)] == ["email", "voice"]
    apply(FILE, overwrite=True, by=_operator(operator), now=database_now())
    assert sorted(row.kind for row in mine(desk)) == ["email", "sms", "voice"]


def _operator(person: Person) -> Actor:
    return Actor(name="operator", via="cli", detail={"by": person.handle})


def test_the_next_watches_are_the_final_shifts_and_only_one_s_own(desk: Desk):
    section = page_of(desk).partition('id="shifts"')[2].partition("</section>")[0]
    assert section.count("Responder") >= 4
    assert section.count("Yours now") == 1
    assert "Managers" not in section
    assert "No watch of yours within 30 days" in page_of(desk, "charlie")


def test_a_webhook_gets_its_code_as_the_reason(desk: Desk):
    add(desk, "webhook", "http://127.0.0.1:1/mine")
    (message,) = claimed(database_now()).messages
    assert re.match(r"Your Watchbill code is \d{6}\. Type it in", payload(message)["reason"])
