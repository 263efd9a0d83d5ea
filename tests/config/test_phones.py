"""The providers of telephones in the file: kept, ordered, active when their variables are set; numbers in their one form."""

from __future__ import annotations

import pytest

from tests.config.example import EXAMPLE, SMALL, problems, valid
from watchbill.config import selectors
from watchbill.config.rules import Verb
from watchbill.connectors import registry
from watchbill.kernel import kinds
from watchbill.notifications.models import Contact, Phone
from watchbill.notifications.rules import e164

ENV = {"WATCHBILL_TWILIO_ACCOUNT": "AC1", "WATCHBILL_TWILIO_TOKEN": "t", "WATCHBILL_SMS_SECRET": "s"}


@pytest.fixture(autouse=True)
def _declared(db):
    before = kinds.declared()
    registry.declare()
    yield
    kinds.fill(before)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+15005550006", "+15005550006"),
        ("+1 (500) 555-0011", "+15005550011"),
        ("+44 20 7946 0958", "+442079460958"),
        ("+49 (0)30 123456", "+4930123456"),
        ("+15005", ""),
        ("02079460958", ""),
        ("+999123456789", ""),
        ("call me", ""),
        ("", ""),
    ],
)
def test_a_number_has_one_form(text, number):
    assert e164(text) == number


def test_numbers_are_stored_in_their_one_form_and_the_file_keeps_its_own_words(apply):
    text = EXAMPLE.replace('{kind: sms, address: "+15005550011"}', '{kind: sms, address: "+1 (500) 555-0011"}')
    apply(text)
    assert Contact.objects.get(kind="sms").address == "+15005550011"
    assert "+1 (500) 555-0011" in selectors.export()
    assert apply(selectors.export()).is_empty
    assert apply(EXAMPLE).is_empty  # the same number, written otherwise


def test_the_same_number_written_in_two_ways_stands_there_twice():
    twice = EXAMPLE.replace('{kind: voice, address: "+15005550011"}', '{kind: sms, address: "+1 500 555 0011"}')
    assert any("stands here twice" in problem.text for problem in problems(twice))


def test_providers_are_stored_in_the_order_of_the_file_without_secrets(apply):
    apply()
    rows = Phone.objects.order_by("position").values_list("name", "kind", "url", "sender", "sends", "per_person", "overall")
    assert list(rows) == [
        ("main", "twilio", "https://api.twilio.com", "+15005550006", ["sms", "voice"], 30, 1000),
        ("spare", "http", "https://sms.example.org/messages", "", ["sms"], 20, 1000),
    ]
    lines = EXAMPLE.splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if "name: main, kind: twilio" in line)
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    apply("".join(lines))
    assert list(Phone.objects.order_by("position").values_list("name", flat=True)) == ["spare", "main"]


def test_without_its_variables_a_provider_is_not_active_and_is_named_with_them(apply):
    found = {(part.kind, part.name): part for part in apply(environment={"WATCHBILL_TWILIO_ACCOUNT": "AC1"}).not_active}
    assert found["phones", "main"].missing == ("WATCHBILL_TWILIO_TOKEN",)
    assert found["phones", "spare"].missing == ("WATCHBILL_SMS_SECRET",)
    assert ("contact", "sms") in found
    assert not kinds.is_active("sms")
    assert kinds.find("voice").why_not == "No provider of calls is set up here. `watchbill doctor` names what is missing."


def test_a_file_that_brings_its_provider_is_active_at_once(apply, monkeypatch):
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    assert not kinds.is_active("sms")
    named = {(part.kind, part.name) for part in apply(environment=ENV).not_active}
    assert not named & {("phones", "main"), ("phones", "spare"), ("contact", "sms"), ("contact", "voice")}
    assert kinds.is_active("sms")
    assert kinds.is_active("voice")


def test_without_any_provider_the_reason_says_where_it_belongs(apply):
    apply(SMALL)
    assert kinds.find("sms").why_not == "No provider of text messages stands under `phones` in the configuration file."


def test_a_provider_that_the_file_no_longer_names_is_used_until_it_is_pruned(apply, monkeypatch):
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    apply()
    start = EXAMPLE.index("phones:")
    without = EXAMPLE[:start] + EXAMPLE[EXAMPLE.index("chats:") :]
    assert apply(without).having(Verb.UNNAMED)
    assert kinds.is_active("voice")
    apply(without, prune=True)
    assert not Phone.objects.filter(is_active=True).exists()
    assert not kinds.is_active("voice")
    assert apply().having(Verb.ADDED)


def test_a_demo_never_calls_out(settings, apply, monkeypatch):
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    apply()
    assert {"sms", "voice"} <= set(registry.build(outgoing=None, signing_key=""))
    settings.DEMO_INBOX = True
    registry.declare()
    assert not kinds.is_active("sms")
    assert not kinds.is_active("voice")
    assert {"sms", "voice"}.isdisjoint(registry.build(outgoing=None, signing_key=""))


def test_defaults_of_a_provider():
    text = SMALL + "phones:\n  - {name: m, kind: twilio, account_env: A, token_env: T, from: '+15005550006'}\n"
    (entry,) = valid(text).of("phones")
    assert entry.full["url"] == "https://api.twilio.com"
    assert entry.full["sends"] == ["sms", "voice"]
    assert entry.full["limits"] == {"person": 30, "all": 1000}
