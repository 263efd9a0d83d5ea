"""A person's own rules: a form, a preview in words, and a warning when that wakes nobody."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.conftest import Desk
from watchbill.audit.actions import Actor
from watchbill.audit.models import Record
from watchbill.config.actions import apply
from watchbill.kernel import kinds
from watchbill.notifications.models import Contact, Notification, Rule
from watchbill.people.models import Person


@pytest.fixture(autouse=True)
def _has_a_number(desk: Desk) -> None:
    kinds.fill([kinds.Kind(name, True) for name in ("email", "webhook", "sms", "voice", "push")])
    for position, kind in enumerate(("sms", "voice"), 1):
        Contact.objects.create(
            person=desk.alice, kind=kind, address="+15005550006", position=position, verified_at=desk.now, verified_by="code", own=True
        )


def give(desk: Desk, *lines: tuple[str, int, str], do: str = "keep", name: str = "alice", follow: bool = True) -> Any:
    """Fill in the form: (urgency, seconds, kinds with spaces)."""
    form: dict[str, Any] = {"do": do}
    for number, (urgency, after, by) in enumerate(lines, 1):
        form |= {f"{urgency}-{number}-after": str(after), f"{urgency}-{number}-by": by.split()}
    return desk.as_(name).post("/you/rules", form, follow=follow)


def rules_of(person: Person) -> list[tuple[str, int, list[str]]]:
    return list(Rule.objects.filter(person=person).order_by("urgency", "position").values_list("urgency", "after_seconds", "kinds"))


@pytest.mark.req("G7")
def test_a_preview_says_in_words_what_a_page_would_do_and_keeps_nothing(desk: Desk):
    html = give(desk, ("high", 0, "sms email"), ("high", 120, "voice"), do="preview").content.decode()
    assert "A page tonight at 03:00: <b>SMS and mail at once, call after 2 min</b>." in html
    assert "wakes nobody" not in html
    assert rules_of(desk.alice) == []


@pytest.mark.req("G7")
def test_mail_only_is_nobody_woken_and_said_so_before_and_after(desk: Desk):
    html = give(desk, ("high", 0, "email"), do="preview").content.decode()
    assert "This wakes nobody: mail lies there until somebody looks." in html
    html = give(desk, ("high", 0, "email")).content.decode()
    assert "This wakes nobody" in html
    assert desk.as_("charlie").get("/you").content.decode().count("This wakes nobody") == 1  # has a mail only, and no rules


def test_kept_rules_are_in_order_audited_and_what_the_engine_follows(desk: Desk):
    html = give(desk, ("high", 120, "voice"), ("high", 0, "sms email"), ("low", 0, "email")).content.decode()
    assert "SMS and mail at once, call after 2 min" in html
    assert rules_of(desk.alice) == [("high", 0, ["sms", "email"]), ("high", 120, ["voice"]), ("low", 0, ["email"])]
    record = Record.objects.get(action="person.rules")
    assert (record.actor, record.detail["before"]) == ("alice", {"high": [], "low": []})
    desk.page()
    planned = Notification.objects.filter(person=desk.alice, kind="page").order_by("due_at", "contact__position")
    assert [(n.contact.kind, (n.due_at - n.created_at).seconds) for n in planned] == [("email", 0), ("sms", 0), ("voice", 120)]
    assert "Nothing was changed" in give(desk, ("high", 0, "sms email"), ("high", 120, "voice"), ("low", 0, "email")).content.decode()
    assert Record.objects.filter(action="person.rules").count() == 1
    give(desk)
    assert rules_of(desk.alice) == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (("high", 0, "slack"), "You have no contact of kind slack"),
        (("high", 0, "nonsense"), "You have no contact of kind nonsense"),
        (("low", 0, "voice"), "Nobody is called for low urgency"),
        (("high", 999999, "sms"), "within 24 hours"),
    ],
)
@pytest.mark.parametrize("do", ["keep", "preview"])
def test_a_rule_that_nobody_could_follow_is_refused_in_a_sentence(desk: Desk, line: tuple[str, int, str], says: str, do: str):
    answer = give(desk, line, do=do)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert rules_of(desk.alice) == []


def test_what_wakes_late_is_said(desk: Desk):
    html = give(desk, ("high", 0, "email"), ("high", 900, "voice"), do="preview").content.decode()
    assert "The first that wakes comes after 15 min" in html


def test_unproven_ways_are_not_counted_in_the_preview(desk: Desk):
    Contact.objects.filter(person=desk.alice, kind="sms").update(verified_at=None)
    html = give(desk, ("high", 0, "sms email"), do="preview").content.decode()
    assert "<b>mail at once</b>" in html
    assert "This wakes nobody" in html


def test_charlie_changes_only_charlie_s(desk: Desk, client: Any):
    give(desk, ("high", 0, "sms"))
    give(desk, ("high", 0, "email"), name="charlie")
    assert rules_of(desk.alice) == [("high", 0, ["sms"])]
    assert rules_of(desk.charlie) == [("high", 0, ["email"])]
    assert "SMS" not in desk.as_("charlie").get("/you/rules").content.decode().partition("<main")[2]
    assert client.get("/you/rules").status_code == 302
    assert client.post("/you/rules", {"do": "keep"}).status_code == 302
    assert rules_of(desk.alice) == [("high", 0, ["sms"])]


FILE = """
organization: Example
last_resort: root
people:
  - {handle: root, name: Root, email: root@example.org}
  - {handle: vera, name: Vera, email: vera@example.org, notify: {high: [{after: 0s, by: email}]}}
"""


def test_rules_of_the_file_that_are_changed_here_are_marked_and_kept(desk: Desk):
    operator = Actor(name="operator", via="cli")
    apply(FILE, by=operator, now=desk.now)
    assert "Changed here" not in desk.as_("vera").get("/you").content.decode()
    html = give(desk, ("high", 60, "email"), name="vera").content.decode()
    assert "Changed here." in html
    apply(FILE, by=operator, now=desk.now)
    assert rules_of(desk.vera) == [("high", 60, ["email"])]
    apply(FILE, overwrite=True, by=operator, now=desk.now)
    assert rules_of(desk.vera) == [("high", 0, ["email"])]
