"""A notification to one person as a direct message: what it says, what counts as delivered, and to whom."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests.connectors.parts import message, restricted
from tests.connectors.slack.conftest import configure, known
from tests.connectors.slack.fake import CUT, LOSE, Slack, button, press, slack
from tests.connectors.slack.test_inbound import send as call
from tests.response.desk import Desk
from watchbill.connectors.chat import RateLimited
from watchbill.connectors.failures import PermanentFailure, TemporaryFailure, UnknownEnd
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.slack import asks, sending
from watchbill.kernel.clock import database_now
from watchbill.notifications.chats.models import Chat, ChatName
from watchbill.notifications.messages import Message

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.fixture
def there(transactional_db: None) -> Iterator[Slack]:
    with slack() as made:
        configure(made)
        yield made


def send(*messages: Message) -> None:
    async def go() -> None:
        client = Outgoing(LOOPBACK, whole=1.0)
        sender = sending.connector(outgoing=client, signing_key="")
        try:
            for one in messages:
                await sender.send(one, now=now)
        finally:
            await client.close()

    now = database_now()
    asyncio.run(go())


def to(address: str = "U0ADA", **more: Any) -> Message:
    return message(address, method="slack", **more)


def texts(there: Slack) -> str:
    return json.dumps([fields for _, fields in there.calls])


@pytest.mark.req("G7")
def test_it_says_what_every_page_says_and_can_be_answered(there: Slack):
    send(to())
    (sent,) = there.made("chat.postMessage")
    assert sent["channel"] == "U0ADA"
    assert sent["text"] == "#12 critical: disk &lt;b&gt;full&lt;/b&gt;"
    shown = json.dumps(sent["blocks"])
    for word in ("Service: Detections", "You have the watch.", "/incidents/12|#12>"):
        assert word in shown
    assert [b["text"]["text"] for b in sent["blocks"][-1]["elements"]] == ["Acknowledge", "Resolve", "Escalate", "Note"]
    assert sent["unfurl_links"] is False


def test_of_a_restricted_one_number_and_code_name_only(there: Slack):
    send(to(contents=(restricted(),)))
    for word in ("critical", "Payments", "Customer data", "pastebin", "note"):
        assert word not in texts(there)
    assert "#734211" in texts(there)
    assert "Blue Heron" in texts(there)


@pytest.mark.req("P14")
def test_a_bundle_lists_its_incidents_and_one_answer_takes_all(there: Slack):
    send(to(numbers=(12, 13, 14)))
    (sent,) = there.made("chat.postMessage")
    for number in (12, 13, 14):
        assert f"|#{number}>" in json.dumps(sent["blocks"])
    assert json.loads(button(sent, "acknowledge")["value"])["n"] == [12, 13, 14]
    assert [b["text"]["text"] for b in sent["blocks"][-1]["elements"]] == ["Acknowledge", "Resolve"]


def test_a_possible_duplicate_says_so_and_news_has_no_buttons(there: Slack):
    send(to(possible_duplicate=True), to(kind="status"))
    first, second = there.made("chat.postMessage")
    assert "Possible duplicate" in first["text"]
    assert not [block for block in second["blocks"] if block["type"] == "actions"]


def test_without_a_way_back_it_has_a_link_in_the_place_of_buttons(there: Slack):
    Chat.objects.update(signing_env="")
    send(to())
    (sent,) = there.made("chat.postMessage")
    assert not [block for block in sent["blocks"] if block["type"] == "actions"]
    assert "|Acknowledge, and it is yours>" in json.dumps(sent["blocks"])


@pytest.mark.req("G38")
def test_a_test_page_and_a_code_say_what_they_are(there: Slack):
    told = {"number": None, "severity": "", "service": "", "restricted": False, "opened_at": None}
    drill = {**told, "title": "This is a test page.", "reason": "You asked for it.", "purpose": "test", "drill": 4, "path": "/you/test"}
    code = {**told, "title": "123456 is your code", "reason": "Type it in.", "purpose": "code", "path": "/you"}
    nothing = {"incident_id": None, "page_id": None}
    send(to(kind="drill", contents=(drill,), **nothing), to(kind="code", contents=(code,), **nothing))
    first, second = (json.dumps(sent["blocks"]) for sent in there.made("chat.postMessage"))
    assert "This is a test page." in first
    assert "/answer/" in first
    assert "|I got it>" in first
    assert "123456" in second
    for sent in there.made("chat.postMessage"):
        assert not [block for block in sent["blocks"] if block["type"] == "actions"]


@pytest.mark.parametrize(
    ("does", "failure"),
    [({"ok": False, "error": "user_not_found"}, PermanentFailure), ({"ok": False, "error": "invalid_auth"}, PermanentFailure),
     ({"ok": False, "error": "account_inactive"}, PermanentFailure), ({"ok": False}, PermanentFailure), ((404, {}), PermanentFailure),
     ({"ok": False, "error": "service_unavailable"}, TemporaryFailure), ((503, {}), TemporaryFailure),
     ({"ok": False, "error": "internal_error"}, UnknownEnd), ((500, {}), UnknownEnd), ((200, b"<html>"), UnknownEnd), ((200, b"[]"), UnknownEnd),
     (LOSE, UnknownEnd), (CUT, UnknownEnd), (1.5, UnknownEnd)],
    ids=str,
)  # fmt: skip
def test_what_slack_answers_decides_what_follows(there: Slack, does: Any, failure: type[Exception]):
    there.next["chat.postMessage"] = [does]
    with pytest.raises(failure) as raised:
        send(to())
    assert type(raised.value) is failure
    assert "disk" not in str(raised.value)


def test_retry_after_holds_back_without_asking_again(there: Slack):
    there.next["chat.postMessage"] = [(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "7"})]

    async def go() -> None:
        client = Outgoing(LOOPBACK)
        sender = sending.connector(outgoing=client, signing_key="")
        for _ in range(2):
            with pytest.raises(RateLimited) as raised:
                await sender.send(to(), now=now)
            assert 5 < raised.value.retry_after.total_seconds() <= 7
        await client.close()

    now = database_now()
    asyncio.run(go())
    assert len(there.calls) == 1


def test_a_dead_slack_is_a_failure_that_may_pass(there: Slack):
    there.die()
    with pytest.raises(TemporaryFailure):
        send(to())
    there.start()
    send(to())
    assert len(there.made("chat.postMessage")) == 1


def test_a_name_is_asked_once_and_display_names_prove_nobody(there: Slack):
    there.users = [
        {"id": "U0FAKE", "name": "mallory", "profile": {"display_name": "bruno"}},
        {"id": "U0GONE", "name": "bruno", "deleted": True},
        {"id": "U0BRUNO", "name": "bruno"},
    ]
    send(to("@bruno"), to("@bruno"))
    assert [sent["channel"] for sent in there.made("chat.postMessage")] == ["U0BRUNO", "U0BRUNO"]
    assert len(there.made("users.list")) == 3
    assert ChatName.objects.get().user == "U0BRUNO"
    with pytest.raises(PermanentFailure, match="knows no user @nobody"):
        send(to("@nobody"))


def test_a_contact_names_its_chat(there: Slack, monkeypatch: pytest.MonkeyPatch):
    with slack() as second:
        configure(second, name="second", position=1)
        send(to("second:U0ADA"), to("U0ADA"))
        assert (len(second.calls), len(there.calls)) == (1, 1)
        with pytest.raises(PermanentFailure, match="no Slack chat third"):
            send(to("third:U0ADA"))


def test_while_a_variable_is_missing_nobody_is_reached_and_that_is_said(there: Slack, monkeypatch: pytest.MonkeyPatch):
    assert asks() == ""
    monkeypatch.delenv("SLACK_TOKEN")
    assert asks() == "Slack is not set up: the chat main is not active here. `watchbill doctor` names what is missing."
    with pytest.raises(PermanentFailure, match="Slack is not set up"):
        send(to())
    Chat.objects.update(is_active=False)
    assert "No chat of kind slack" in asks()


def test_the_buttons_of_a_bundle_act_on_all_of_it(there: Slack, client: Client):
    desk = Desk()
    known(desk.ada, "U0ADA")
    incidents = [desk.open(f"disk {n} full") for n in range(3)]
    send(to(numbers=tuple(incident.number for incident in incidents), page_id=desk.page(incidents[0]).id))
    one = button(there.made("chat.postMessage")[0], "acknowledge")
    call(client, "interactive", press(one, response_url=there.response_url))
    assert "3 of 3 acknowledged by you." in there.wait(lambda: there.answers)[0]["text"]
    assert {desk.hold(incident) for incident in incidents} == {("ada", "ada")}
