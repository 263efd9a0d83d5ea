"""Chats in the file: kept, ordered, active when their variables are set; accounts that people proved themselves are not the file's."""

from __future__ import annotations

import pytest

from tests.config.example import EXAMPLE, SMALL, problems
from tests.factories import T0
from watchbill.config import selectors
from watchbill.config.rules import Verb
from watchbill.connectors import registry
from watchbill.kernel import kinds
from watchbill.notifications.chats.models import Chat
from watchbill.notifications.models import Contact
from watchbill.people.models import Person

ENV = {"WATCHBILL_SLACK_TOKEN": "xoxb-1", "WATCHBILL_SLACK_SIGNING": "s"}
LINE = "  - {name: slack, kind: slack, token_env: WATCHBILL_SLACK_TOKEN, signing_env: WATCHBILL_SLACK_SIGNING, writes: [post, update]}\n"
VOICE = '{kind: voice, address: "+15005550011"}'
SECOND = "  - {name: second, kind: slack, token_env: SECOND_TOKEN, url: https://slack.example.org/api/}\n"


@pytest.fixture(autouse=True)
def _declared(db):
    before = kinds.declared()
    registry.declare()
    yield
    kinds.fill(before)


def test_chats_are_stored_in_the_order_of_the_file_without_secrets(apply, monkeypatch):
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    apply(EXAMPLE.replace(LINE, LINE + SECOND))
    rows = Chat.objects.order_by("position").values_list("name", "kind", "url", "token_env", "signing_env", "app_token_env", "writes")
    assert list(rows) == [
        ("slack", "slack", "", "WATCHBILL_SLACK_TOKEN", "WATCHBILL_SLACK_SIGNING", "", ["post", "update"]),
        ("second", "slack", "https://slack.example.org/api/", "SECOND_TOKEN", "", "", []),
    ]
    assert "xoxb" not in str(list(Chat.objects.values()))
    assert apply(selectors.export()).is_empty
    apply(EXAMPLE.replace(LINE, SECOND + LINE))
    assert list(Chat.objects.order_by("position").values_list("name", flat=True)) == ["second", "slack"]


def test_without_its_variables_a_chat_is_not_active_and_so_is_what_needs_it(apply):
    text = EXAMPLE.replace(VOICE, VOICE + ", {kind: slack, address: U012AB3CD}")
    assert text != EXAMPLE
    found = {(part.kind, part.name): part for part in apply(text, environment={"WATCHBILL_SLACK_TOKEN": "x"}).not_active}
    assert found["chats", "slack"].missing == ("WATCHBILL_SLACK_SIGNING",)
    assert "slack waits for WATCHBILL_SLACK_SIGNING" in found["contact", "slack"].why
    assert any(kind == "policies" and "channels are skipped" in part.why for (kind, _), part in found.items())
    assert any(kind == "teams" and "nothing is posted to its channels: the chat slack" in part.why for (kind, _), part in found.items())
    assert not kinds.is_active("slack")


def test_a_file_that_brings_its_chat_is_active_at_once(apply, monkeypatch):
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    assert not kinds.is_active("slack")
    named = {part.kind for part in apply(environment=ENV).not_active}
    assert "chats" not in named
    assert "policies" not in named
    assert kinds.is_active("slack")


def test_a_chat_that_may_not_post_is_said_where_a_policy_needs_it(apply):
    text = EXAMPLE.replace("writes: [post, update]}\n\nheartbeats", "writes: [update]}\n\nheartbeats")
    assert text != EXAMPLE
    found = [part.why for part in apply(text, environment=ENV).not_active if part.kind == "policies"]
    assert found
    assert all("the chat slack has no `post` in `writes`" in why for why in found)


def test_a_chat_that_the_file_no_longer_names_is_used_until_it_is_pruned(apply, monkeypatch):
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    text = SMALL + "chats:\n" + LINE
    apply(text)
    assert kinds.is_active("slack")
    assert apply(SMALL).having(Verb.UNNAMED)
    assert kinds.is_active("slack")
    apply(SMALL, prune=True)
    assert not Chat.objects.filter(is_active=True).exists()
    assert not kinds.is_active("slack")
    assert apply(text).having(Verb.ADDED)


@pytest.mark.parametrize("address", ["ada", "https://x", "U12", "a:b:U012AB3CD", ":U012AB3CD", "@"])
def test_an_address_that_is_none_is_refused(address):
    text = EXAMPLE.replace(VOICE, VOICE + f', {{kind: slack, address: "{address}"}}')
    assert any("is no address for slack" in problem.text for problem in problems(text)), address


def test_an_account_that_somebody_proved_is_no_part_of_the_file(apply):
    apply()
    ada = Person.objects.get(handle="ada")
    Contact.objects.create(person=ada, kind="slack", address="slack:U0ADA", verified_at=T0, verified_by="link", own=True)
    assert "U0ADA" not in selectors.export()
    assert apply(selectors.export()).is_empty
    assert apply(EXAMPLE.replace("Ada Osei", "Ada O."), overwrite=True).having(Verb.CHANGED)
    assert Contact.objects.get(address="slack:U0ADA").removed_at is None
    named = EXAMPLE.replace(VOICE, VOICE + ", {kind: slack, address: 'slack:U0ADA'}")
    apply(named)
    assert Contact.objects.get(address="slack:U0ADA").own is False
    assert "slack:U0ADA" in selectors.export()


def test_a_demo_writes_nowhere(settings, apply, monkeypatch):
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    apply()
    settings.DEMO_INBOX = True
    registry.declare()
    assert not kinds.is_active("slack")
    assert "slack" not in registry.build(outgoing=None, signing_key="")
