"""The address that proves whose an account in a chat is: asks, once, for ten minutes, whoever is signed in; and the way back."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from tests import factories as make
from tests.web.conftest import Desk
from watchbill.audit.models import Record
from watchbill.kernel import kinds
from watchbill.kernel.clock import database_now
from watchbill.notifications.chats.actions import make_link
from watchbill.notifications.chats.models import Chat, ChatLink
from watchbill.notifications.chats.selectors import Settings, person_of, settings_of
from watchbill.notifications.models import Contact, Rule

MIN = dt.timedelta(minutes=1)


@pytest.fixture
def chat(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SLACK_TOKEN", "xoxb-right")
    kinds.fill([kinds.Kind(kind, True) for kind in ("email", "webhook", "slack")])
    return settings_of(Chat.objects.create(name="main", kind="slack", token_env="SLACK_TOKEN"))


def asked(chat: Settings, user: str = "U0ALICE", name: str = "alice.in.slack", *, ago: dt.timedelta = dt.timedelta(0)) -> str:
    """What `/watchbill link` answered."""
    link = make_link(chat, user, name, now=database_now() - ago)
    return re.sub(r"^https?://[^/]+", "", link)


def gone(answer: Any) -> bool:
    return bool(answer.status_code == 404 and "This link is over" in answer.content.decode())


def plain(answer: Any) -> str:
    """The page without what differs each time."""
    return re.sub(r'value="[^"]*"|data-now="[^"]*"|/chat/link/[^"]*', "", answer.content.decode())


@pytest.mark.req("G7")
def test_whoever_is_signed_in_confirms_and_is_known_in_the_chat_from_then_on(desk: Desk, chat: Settings):
    path = asked(chat)
    page = desk.as_("alice").get(path)
    html = page.content.decode()
    assert "Is this you in Slack?" in html
    assert "alice.in.slack" in html
    assert "<b>as Alice</b>" in html
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert person_of(chat, "U0ALICE") is None, "opening it proves nothing"
    done = desk.as_("alice").post(path, follow=True)
    assert "counts as you now" in done.content.decode()
    assert "Proved by you, from the chat" in done.content.decode()
    assert person_of(chat, "U0ALICE") == desk.alice
    record = Record.objects.get(action="contact.verify")
    assert (record.actor, record.via, record.detail["chat_user"], record.detail["by"]) == ("alice", "web", "U0ALICE", "link")


def test_whose_rules_do_not_name_the_chat_is_told_that_pages_do_not_go_there(desk: Desk, chat: Settings):
    Rule.objects.create(person=desk.alice, urgency="high", after_seconds=0, kinds=["email"], position=0)
    path = asked(chat)
    assert "Your rules do not name it" in desk.as_("alice").get(path).content.decode()
    assert "pages do not go there" in desk.as_("alice").post(path, follow=True).content.decode()
    assert "Pages for you go there too." in desk.as_("bob").get(asked(chat, "U0BOB")).content.decode()


def test_it_works_once(desk: Desk, chat: Settings):
    path = asked(chat)
    assert desk.as_("alice").post(path).status_code == 303
    for method in ("get", "post"):
        assert gone(getattr(desk.as_("alice"), method)(path))
        assert gone(getattr(desk.as_("charlie"), method)(path))
    assert Contact.objects.filter(kind="slack").count() == 1


def test_it_ends_after_ten_minutes_and_when_a_newer_one_is_made(desk: Desk, chat: Settings):
    old = asked(chat, ago=11 * MIN)
    assert gone(desk.as_("alice").get(old))
    assert gone(desk.as_("alice").post(old))
    still = asked(chat, ago=9 * MIN)
    assert desk.as_("alice").get(still).status_code == 200
    newer = asked(chat)
    assert gone(desk.as_("alice").post(still))
    assert desk.as_("alice").post(newer).status_code == 303


def test_who_is_not_signed_in_is_asked_to_and_comes_back(desk: Desk, chat: Settings):
    path = asked(chat)
    answer = Client().get(path)
    assert answer.status_code == 302
    assert path in answer.headers["Location"]
    assert Client().post(path).status_code == 302
    assert ChatLink.objects.get().used_at is None


def test_a_forged_address_and_one_of_a_chat_that_was_removed_look_alike(desk: Desk, chat: Settings):
    path = asked(chat)
    forged = desk.as_("charlie").get(path[:-1] + ("a" if path[-1] != "a" else "b"))
    assert gone(forged)
    Chat.objects.update(is_active=False)
    assert plain(desk.as_("charlie").get(path)) == plain(forged)
    assert gone(desk.as_("charlie").post(path))


def test_charlie_cannot_take_an_account_that_is_somebody_s(desk: Desk, chat: Settings):
    desk.as_("alice").post(asked(chat))
    answer = desk.as_("charlie").post(asked(chat))
    assert answer.status_code == 409
    assert "belongs to somebody else" in answer.content.decode()
    assert "Alice" not in answer.content.decode()
    assert person_of(chat, "U0ALICE") == desk.alice
    assert not Contact.objects.filter(person=desk.charlie, kind="slack").exists()
    link = ChatLink.objects.order_by("-id")[0]
    assert (link.used_at, link.used_by) == (None, None), "what was refused was not used"


def test_a_press_from_another_site_proves_nothing(desk: Desk, chat: Settings):
    path = asked(chat)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(desk.alice, backend="django.contrib.auth.backends.ModelBackend")
    assert strict.post(path).status_code == 403
    assert person_of(chat, "U0ALICE") is None


def test_who_had_no_contact_keeps_the_mail_of_the_account(desk: Desk, chat: Settings):
    lonely = make.person("dora")
    Contact.objects.filter(person=lonely).delete()
    browser = Client()
    browser.force_login(lonely, backend="django.contrib.auth.backends.ModelBackend")
    browser.post(asked(chat))
    assert set(Contact.objects.filter(person=lonely, removed_at=None).values_list("kind", flat=True)) == {"slack", "email"}


def test_it_is_an_own_contact_and_can_be_taken_back(desk: Desk, chat: Settings):
    desk.as_("alice").post(asked(chat))
    contact = Contact.objects.get(kind="slack")
    assert contact.own
    assert desk.as_("charlie").post(f"/you/contacts/{contact.pk}/remove").status_code == 404
    assert person_of(chat, "U0ALICE") == desk.alice
    assert desk.as_("alice").post(f"/you/contacts/{contact.pk}/remove").status_code in (302, 303)
    assert person_of(chat, "U0ALICE") is None


def test_only_its_hash_is_kept(desk: Desk, chat: Settings):
    token = asked(chat).rpartition("/")[2].partition("~")[0]
    assert token not in str(list(ChatLink.objects.values()))
