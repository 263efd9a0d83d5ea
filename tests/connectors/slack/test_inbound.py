"""What people do in Slack, over signed HTTP: proved, done once, and nothing said to strangers."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.test import Client
from slack_sdk.signature import Clock, SignatureVerifier

from tests.connectors.slack.fake import SIGNING, TOKEN, Slack, button, command, press, signed, slack
from tests.response.desk import Desk
from watchbill.connectors.chat.cards import cards_of
from watchbill.connectors.slack.blocks import card_blocks
from watchbill.connectors.slack.verifying import is_signed
from watchbill.kernel.clock import database_now
from watchbill.notifications.chats.models import Chat
from watchbill.notifications.models import Contact

pytestmark = pytest.mark.django_db


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch, settings) -> Iterator[Slack]:
    import ipaddress

    settings.ALLOW_PRIVATE_TARGETS = (ipaddress.ip_network("127.0.0.0/8"),)
    monkeypatch.setenv("SLACK_TOKEN", TOKEN)
    monkeypatch.setenv("SLACK_SIGNING", SIGNING)
    with slack() as made:
        Chat.objects.create(
            name="main", kind="slack", url=made.url, token_env="SLACK_TOKEN", signing_env="SLACK_SIGNING", writes=["post", "update"]
        )
        yield made


def known(person, user: str) -> None:
    Contact.objects.create(person=person, kind="slack", address=user, verified_at=database_now(), verified_by="operator")


def say(client: Client, way: str, body: bytes, *, name: str = "main", **headers: str):
    given = {**signed(body, database_now().timestamp()), **headers}
    return client.post(f"/in/slack/{name}/{way}", data=body, content_type="application/x-www-form-urlencoded", headers=given)


def test_our_verdict_on_a_signature_is_that_of_slack_s_own_library() -> None:
    now = database_now()

    class At(Clock):
        def now(self) -> float:
            return now.timestamp()

    theirs = SignatureVerifier(SIGNING, At())
    body = command("who")
    for offset, secret, sent in [
        (0, SIGNING, body),
        (0, "other", body),
        (0, SIGNING, body + b"x"),
        (-299, SIGNING, body),
        (-302, SIGNING, body),
        (302, SIGNING, body),
    ]:
        headers = signed(body, now.timestamp() + offset, secret=secret)
        ours = is_signed(SIGNING, {k.lower(): v for k, v in headers.items()}, sent, now=now)
        assert ours == theirs.is_valid_request(sent, headers), (offset, secret)
    assert is_signed(SIGNING, {k.lower(): v for k, v in signed(body, now.timestamp()).items()}, body, now=now)


def test_without_the_right_signature_nothing_is_done(client: Client, there: Slack) -> None:
    desk = Desk()
    incident = desk.open()
    known(desk.ada, "U0ADA")
    refused = say(client, "command", command(f"ack {incident.number}"), **{"X-Slack-Signature": "v0=" + "0" * 64})
    assert (refused.status_code, desk.hold(incident)) == (401, (None, None))


def test_a_missing_variable_is_503(client: Client, there: Slack, monkeypatch) -> None:
    monkeypatch.delenv("SLACK_SIGNING")
    assert say(client, "command", command("help")).status_code == 503


@pytest.mark.req("G7")
def test_a_stranger_gets_one_sentence_and_nothing_of_the_incident(client: Client, there: Slack) -> None:
    desk = Desk()
    incident = desk.open("disk full of secrets")
    answer = json.loads(say(client, "command", command("incidents", user="U0NOBODY")).content)
    assert answer["response_type"] == "ephemeral"
    assert "link" in answer["text"]
    assert "secrets" not in answer["text"]
    assert str(incident.number) not in answer["text"]


@pytest.mark.req("G7", "G9")
def test_acknowledged_and_resolved_by_command_and_a_repeat_does_nothing(client: Client, there: Slack) -> None:
    desk = Desk()
    incident = desk.open()
    known(desk.ada, "U0ADA")
    body = command(f"ack {incident.number}")
    first = say(client, "command", body)
    again = say(client, "command", body, **{"X-Slack-Retry-Num": "1"})
    assert first.content == again.content
    assert "You own" in json.loads(first.content)["text"]
    assert desk.hold(incident) == ("ada", "ada")
    note = command(f"note {incident.number} looked", trigger="3.1")
    say(client, "command", note)
    say(client, "command", note)
    assert desk.story(incident, "note") == ["looked"]
    assert desk.audited(incident, "page.acknowledge")[0][0] == "ada"
    say(client, "command", command(f"resolve {incident.number}", trigger="4.1"))
    assert desk.status(incident) == "resolved"


@pytest.mark.req("G7")
def test_two_who_press_make_one_owner_and_the_other_is_told(client: Client, there: Slack) -> None:
    desk = Desk()
    incident = desk.open()
    known(desk.ada, "U0ADA")
    known(desk.bruno, "U0BRUNO")
    acknowledge = button({"blocks": card_blocks(cards_of([incident.id])[incident.id])}, "acknowledge")
    for user, trigger in [("U0ADA", "1"), ("U0BRUNO", "2")]:
        assert (
            say(client, "interactive", press(acknowledge, user=user, trigger=trigger, response_url=there.response_url)).status_code == 200
        )
    there.wait(lambda: len(there.answers) == 2)
    assert desk.hold(incident) == ("ada", "ada")
    assert sorted("Ada has" in answer["text"] for answer in there.answers) == [False, True]


def test_a_restricted_card_says_number_and_code_name_only(there: Slack) -> None:
    desk = Desk()
    incident = desk.open("payroll leaked", service=desk.secret, severity="critical")
    shown = json.dumps(card_blocks(cards_of([incident.id])[incident.id]))
    assert incident.code_name in shown
    for word in ("payroll", "critical", "Insider", "Ada"):
        assert word not in shown
