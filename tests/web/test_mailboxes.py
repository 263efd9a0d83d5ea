"""Mailboxes on their page: for administrators, what cannot be read and why, which mails made nothing, and none of their words."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests import factories as make
from tests.factories import DAY, HOUR, MIN
from tests.web.conftest import Desk
from tests.web.filling import words
from watchbill.intake.actions import create_key
from watchbill.intake.models import Mail, Mailbox
from watchbill.kernel.clock import database_now

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_IMAP", "imaps://u:verysecret@mx.example.org")


def box(desk: Desk, name: str = "alerts", **more: Any) -> Mailbox:
    fields = {"imap_env": "X_IMAP", "address": f"{name}@example.org", "purposes": ["alerts"], "read_at": database_now(), **more}
    return Mailbox.objects.create(name=name, team=desk.team, **fields)


def mail(of: Mailbox, verdict: str, reason: str = "", **more: Any) -> Mail:
    n = Mail.objects.count().to_bytes(8, "big")
    return Mail.objects.create(mailbox=of, digest=n, message_id=n, verdict=verdict, reason=reason, read_at=database_now(), **more)


def seen(desk: Desk, query: str = "") -> str:
    return words(desk.as_("root").get(f"/mailboxes{query}"))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, "Read"),
        ({"purposes": []}, "Not active yet"),
        ({"purposes": ["reports"]}, "Read"),
        ({"read_at": None}, "Not read lately"),
        ({"read_at": None, "imap_env": "NOT_SET"}, "Waits for its variable"),
        ({"imap_env": "NOT_SET"}, "Read"),
    ],
    ids=str,
)
def test_it_says_whether_each_is_read(desk: Desk, more: dict[str, Any], says: str):
    box(desk, **more)
    assert f"alerts alerts@example.org {says}" in seen(desk)


def test_what_the_server_said_and_since_when(desk: Desk):
    now = database_now()
    box(desk, read_at=now - HOUR, failing_since=now - 50 * MIN, failures=61, last_error="The server refuses the password <b>.")
    text = seen(desk)
    assert "Cannot be read" in text
    assert "The server refuses the password <b>." in text
    assert "61 tries failed in all" in text
    assert re.search("It fails since [^.]*", text)
    assert "verysecret" not in text


def test_mails_that_made_nothing_are_listed_without_their_senders(desk: Desk):
    one, two = box(desk), box(desk, "replies", purposes=["replies"])
    key, _ = create_key(desk.service, "email", by=make.actor(desk.root), now=desk.now)
    mail(one, "alert", key=key)
    mail(one, "left", "eve@example.net is not on the list of senders of this mailbox.", key=key)
    mail(one, "failed", "It could not be taken in (UnicodeError).")
    mail(two, "refused", "Its sender is no proven contact of the person who was notified.")
    text = seen(desk)
    assert "Read; mails lie in it" in text
    for part in ("1 stored as events", "1 left out by a rule", "1 could not be taken", "1 answers refused"):
        assert part in text
    assert "...@example.net is not on the list" in text
    assert "eve@" not in text
    assert text.index("Answer refused") < text.index("Not taken") < text.index("Left out")
    assert f'href="/inlets/{key.id}?only=left"' in desk.as_("root").get("/mailboxes").content.decode()


def test_of_a_restricted_service_no_mail_is_named(desk: Desk):
    policy = make.policy("Q", desk.team, ([make.to(desk.alice)], "15m"), last_resort=desk.root)
    hidden = make.service("Insider", desk.team, policy, restricted=True)
    key, _ = create_key(hidden, "email", by=make.actor(desk.root), now=desk.now)
    mail(box(desk), "left", "It comes by a mailing list.", key=key)
    text = seen(desk)
    assert "Insider" not in text
    assert "mailing list" not in text


def test_page_by_page_without_repeating(desk: Desk):
    one = box(desk)
    for n in range(45):
        mail(one, "unknown", f"address {n}.")
    first = desk.as_("root").get("/mailboxes").content.decode()
    older = re.search(r'href="(\?before=\d+)"', first)
    assert older
    both = first + desk.as_("root").get(f"/mailboxes{older[1]}").content.decode()
    assert sorted(map(int, re.findall(r"address (\d+)\.", both))) == list(range(45))
    for wrong in ("x", "-1", "9" * 30, "²"):
        assert desk.as_("root").get("/mailboxes", {"before": wrong}).status_code == 422


def test_for_administrators_alone_who_find_it(desk: Desk):
    for name in ("alice", "grace", "vera", "charlie"):
        assert desk.as_(name).get("/mailboxes").status_code == 403
        assert 'href="/mailboxes"' not in desk.as_(name).get("/you").content.decode()
    assert "No mailbox is in the configuration file." in seen(desk)
    for page in ("/you", "/admin"):
        assert 'href="/mailboxes"' in desk.as_("root").get(page).content.decode()


def test_it_asks_no_more_for_many(desk: Desk, django_assert_max_num_queries: Any):
    for n in range(12):
        one = box(desk, f"box{n}", read_at=database_now() - DAY)
        mail(one, "unknown", "To an address of nobody.")
    client = desk.as_("root")
    client.get("/mailboxes")
    with django_assert_max_num_queries(16):
        client.get("/mailboxes")
