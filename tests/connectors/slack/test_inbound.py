"""What people do in Slack, over signed HTTP: proved, done once, answered in time, and nothing said to strangers."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.signature import Clock, SignatureVerifier

from tests import factories as make
from tests.connectors.slack.conftest import configure, known
from tests.connectors.slack.fake import SIGNING, Slack, button, command, press, signed, slack, submit
from tests.response.desk import Desk
from watchbill.connectors.chat.cards import cards_of
from watchbill.connectors.slack.blocks import card_blocks
from watchbill.connectors.slack.verifying import is_signed
from watchbill.incidents.models import Incident
from watchbill.kernel.clock import database_now
from watchbill.notifications.chats.models import Heard
from watchbill.notifications.models import Contact

FORM = "application/x-www-form-urlencoded"
NOW = dt.datetime(2026, 11, 25, 3, 0, 0, 500_000, tzinfo=dt.UTC)


@pytest.fixture
def there(db: None) -> Iterator[Slack]:
    with slack() as made:
        configure(made)
        yield made


@pytest.fixture
def desk(there: Slack) -> Desk:
    made = Desk()
    for person, user in ((made.ada, "U0ADA"), (made.bruno, "U0BRUNO"), (made.charlie, "U0CHARLIE"), (made.grace, "U0GRACE")):
        known(person, user)
    return made


def send(client: Client, way: str, body: bytes, *, name: str = "main", **headers: str) -> Any:
    given = {**signed(body, database_now().timestamp()), **headers}
    return client.post(f"/in/slack/{name}/{way}", data=body, content_type=FORM, headers=given)


say = send


def typed(client: Client, text: str, *, user: str = "U0ADA", trigger: str = "") -> str:
    """The answer that whoever typed it sees, and nobody else."""
    answer = send(client, "command", command(text, user=user, trigger=trigger or f"{time.monotonic_ns()}.1"))
    assert answer.status_code == 200, answer.content
    said = json.loads(answer.content)
    assert said["response_type"] == "ephemeral"
    return str(said["text"])


def pressed(client: Client, there: Slack, incident: Incident, act: str, *, user: str = "U0ADA", trigger: str = "") -> str:
    """The answer to a button of the message as it is now."""
    one = button({"blocks": card_blocks(cards_of([incident.id])[incident.id])}, act)
    before = len(there.answers)
    body = press(one, user=user, response_url=there.response_url, trigger=trigger or f"{time.monotonic_ns()}.2")
    assert send(client, "interactive", body).status_code == 200
    return str(there.wait(lambda: there.answers[before:])[0]["text"])


class At(Clock):
    def now(self) -> float:
        return NOW.timestamp()


@given(
    secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40),
    other=st.sampled_from(["", "x"]),
    body=st.text(max_size=300),
    added=st.sampled_from(["", "&a=b", " "]),
    offset=st.integers(-310, 310),
    cut=st.sampled_from([0, 1, 5]),
)
def test_our_verdict_on_a_signature_is_that_of_slack_s_own_library(
    secret: str, other: str, body: str, added: str, offset: int, cut: int
) -> None:
    headers = signed(body.encode(), NOW.timestamp() + offset, secret=secret + other)
    headers["X-Slack-Signature"] = headers["X-Slack-Signature"][: len(headers["X-Slack-Signature"]) - cut]
    sent = (body + added).encode()
    ours = is_signed(secret, {name.lower(): value for name, value in headers.items()}, sent, now=NOW)
    assert ours == SignatureVerifier(secret, At()).is_valid_request(sent, headers)
    assert ours == (not other and not added and not cut and abs(NOW.timestamp() - int(NOW.timestamp() + offset)) <= 300)


@pytest.mark.parametrize("stamp", ["", "now", "-5", "1e9", "\u0661\u0662", "9" * 30])
def test_a_time_that_is_none_is_a_refusal(stamp: str) -> None:
    headers = {**signed(b"x", NOW.timestamp()), "X-Slack-Request-Timestamp": stamp}
    assert not is_signed(SIGNING, {name.lower(): value for name, value in headers.items()}, b"x", now=NOW)


def test_without_the_right_signature_nothing_is_done(client: Client, desk: Desk) -> None:
    incident = desk.open()
    refused = say(client, "command", command(f"ack {incident.number}"), **{"X-Slack-Signature": "v0=" + "0" * 64})
    assert (refused.status_code, desk.hold(incident)) == (401, (None, None))


def test_a_missing_variable_is_503(client: Client, there: Slack, monkeypatch) -> None:
    monkeypatch.delenv("SLACK_SIGNING")
    refused = say(client, "command", command("help"))
    assert (refused.status_code, "SLACK_SIGNING" in refused.content.decode()) == (503, False)


@pytest.mark.req("G7")
def test_a_stranger_gets_one_sentence_and_nothing_of_the_incident(client: Client, desk: Desk) -> None:
    incident = desk.open("disk full of secrets")
    answer = json.loads(say(client, "command", command("incidents", user="U0NOBODY")).content)
    assert answer["response_type"] == "ephemeral"
    assert "link" in answer["text"]
    assert "secrets" not in answer["text"]
    assert str(incident.number) not in answer["text"]


@pytest.mark.req("G7", "G9")
def test_acknowledged_and_resolved_by_command_and_a_repeat_does_nothing(client: Client, desk: Desk) -> None:
    incident = desk.open()
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
def test_two_who_press_make_one_owner_and_the_other_is_told(client: Client, there: Slack, desk: Desk) -> None:
    incident = desk.open()
    acknowledge = button({"blocks": card_blocks(cards_of([incident.id])[incident.id])}, "acknowledge")
    for user, trigger in [("U0ADA", "1"), ("U0BRUNO", "2")]:
        assert (
            say(client, "interactive", press(acknowledge, user=user, trigger=trigger, response_url=there.response_url)).status_code == 200
        )
    there.wait(lambda: len(there.answers) == 2)
    assert desk.hold(incident) == ("ada", "ada")
    assert sorted("Ada has" in answer["text"] for answer in there.answers) == [False, True]
    assert {(answer["response_type"], answer["replace_original"]) for answer in there.answers} == {("ephemeral", False)}


def test_a_restricted_card_says_number_and_code_name_only(desk: Desk) -> None:
    incident = desk.open("payroll leaked", service=desk.secret, severity="critical")
    shown = json.dumps(card_blocks(cards_of([incident.id])[incident.id]))
    assert incident.code_name in shown
    for word in ("payroll", "critical", "Insider", "Ada"):
        assert word not in shown


@pytest.mark.req("G7", "G9")
def test_every_button_does_what_it_says_in_the_name_of_whoever_presses(client: Client, there: Slack, desk: Desk) -> None:
    incident = desk.open()
    assert "15 min" in pressed(client, there, incident, "calling", user="U0GRACE")
    assert desk.page(incident).status == "paused"
    assert pressed(client, there, incident, "escalate") == f"The next step of #{incident.number} is paged now."
    assert desk.page(incident).status == "triggered"
    assert "You own" in pressed(client, there, incident, "acknowledge")
    assert desk.hold(incident) == ("ada", "ada")
    assert desk.audited(incident, "page.acknowledge")[0][0] == "ada"
    assert incident.timeline.filter(kind="acknowledged", via="slack", actor=desk.ada).exists()
    pressed(client, there, incident, "resolve", user="U0BRUNO")
    assert desk.status(incident) == "resolved"


def test_a_note_is_written_in_a_form(client: Client, there: Slack, desk: Desk) -> None:
    incident = desk.open()
    one = button({"blocks": card_blocks(cards_of([incident.id])[incident.id])}, "note")
    assert send(client, "interactive", press(one, trigger="9.9", response_url=there.response_url)).content == b""
    opened = there.wait(lambda: there.made("views.open"))[0]
    assert opened["trigger_id"] == "9.9"
    body = submit(opened["view"], {"note": {"text": "looked at <db1>\nand found nothing"}}, trigger="9.10")
    for _ in range(2):
        answer = json.loads(send(client, "interactive", body).content)
        assert answer["response_action"] == "update"
    assert desk.story(incident, "note") == ["looked at <db1>\nand found nothing"]
    empty = json.loads(send(client, "interactive", submit(opened["view"], {"note": {"text": "  "}}, trigger="9.11")).content)
    assert (empty["response_action"], list(empty["errors"])) == ("errors", ["note"])
    stranger = json.loads(send(client, "interactive", submit(opened["view"], {"note": {"text": "x"}}, user="U0X", trigger="9.12")).content)
    assert "link" in stranger["errors"]["note"]
    assert len(desk.story(incident, "note")) == 1


def test_two_who_press_escalate_on_the_same_message_escalate_once(client: Client, there: Slack, desk: Desk) -> None:
    incident = desk.open()
    old = button({"blocks": card_blocks(cards_of([incident.id])[incident.id])}, "escalate")
    for user, trigger in (("U0ADA", "1"), ("U0BRUNO", "2")):
        send(client, "interactive", press(old, user=user, trigger=trigger, response_url=there.response_url))
        desk.tick(database_now())
    there.wait(lambda: len(there.answers) == 2)
    assert desk.page(incident).firings == 2
    assert sum("went on already" in answer["text"] for answer in there.answers) == 1


def test_the_whole_desk_by_command(client: Client, desk: Desk) -> None:
    assert "*Watch*: Ada until" in typed(client, "who")
    assert typed(client, "who Backup").startswith("*Backup*: Bruno")
    assert "no schedule called" in typed(client, "who nobody")
    assert typed(client, "incidents") == "No incident is open."
    said = typed(client, 'page phones are “dead” service="Detections" severity=critical', user="U0CHARLIE")
    number = int(re.search(r"#(\d+)", said)[1])  # type: ignore[index]
    incident = Incident.objects.get(number=number)
    assert (incident.title, incident.severity) == ('phones are "dead"', "critical")
    desk.tick(database_now())
    assert f"#{number} critical: phones are" in typed(client, "incidents")
    assert "(nobody has it)" in typed(client, "incidents")
    assert "15 min" in typed(client, f"calling {number}", user="U0GRACE")
    typed(client, f"note {number} first *line*")
    assert desk.story(incident, "note") == ["first *line*"]
    assert "You own" in typed(client, f"ack #{number}")
    assert "(Ada has it)" in typed(client, "list")
    typed(client, f"escalate {number}")
    typed(client, f"resolve {number}")
    assert desk.status(incident) == "resolved"
    assert typed(client, "").startswith("`who")
    assert "no command `dance`" in typed(client, "dance <!channel>")


@pytest.mark.parametrize(
    ("words", "says"),
    [("ack", "Say the number"), ("ack x", "Say the number"), ("resolve " + "9" * 30, "Say the number"), ("note", "Say the number"),
     ("resolve 424242", "There is no incident #424242"), ("page", "Name the service"), ("page x", "Name the service"),
     ("page x service=none", "no service called 'none'"), ("page service=Detections", "Say in 1 to 1024"), ("channel 424242", "no incident #424242")],
)  # fmt: skip
def test_a_refusal_says_what_was_expected(client: Client, desk: Desk, words: str, says: str) -> None:
    assert says in typed(client, words)
    assert not Incident.objects.exists()


def test_what_others_wrote_mentions_nobody(client: Client, desk: Desk) -> None:
    desk.open("<!channel> & <https://evil.example|click>")
    said = typed(client, "incidents")
    assert "&lt;!channel&gt; &amp; &lt;https://evil.example|click&gt;" in said


@pytest.mark.req("G7")
def test_what_comes_twice_is_done_once_also_signed_anew(client: Client, there: Slack, desk: Desk) -> None:
    incident = desk.open()
    body = command(f"note {incident.number} once", trigger="7.7")
    at = database_now().timestamp()
    answers = [
        client.post("/in/slack/main/command", data=body, content_type=FORM, headers=signed(body, at - ago)).content for ago in (0, 5, 200)
    ]
    assert len(set(answers)) == 1
    assert desk.story(incident, "note") == ["once"]
    replayed = client.post("/in/slack/main/command", data=body, content_type=FORM, headers=signed(body, at - 301))
    assert replayed.status_code == 401


def test_what_a_process_died_on_is_done_when_it_comes_again(client: Client, desk: Desk) -> None:
    incident = desk.open()
    body = command(f"note {incident.number} again", trigger="8.8")
    send(client, "command", body)
    Heard.objects.update(answer=None)  # as if it had died on it, a moment ago
    assert send(client, "command", body).content == b""
    assert desk.story(incident, "note") == ["again"]
    Heard.objects.update(at=database_now() - dt.timedelta(seconds=11))
    send(client, "command", body)
    assert desk.story(incident, "note") == ["again", "again"]


def test_a_slack_that_is_slow_to_take_the_answer_delays_nothing(client: Client, there: Slack, desk: Desk) -> None:
    incident = desk.open()
    there.always["views.open"] = 3.0
    one = button({"blocks": card_blocks(cards_of([incident.id])[incident.id])}, "note")
    began = time.monotonic()
    assert send(client, "interactive", press(one, response_url=there.response_url)).status_code == 200
    assert time.monotonic() - began < 2
    there.wait(lambda: there.made("views.open"))


def test_a_stranger_who_presses_changes_nothing(client: Client, there: Slack, desk: Desk) -> None:
    incident = desk.open()
    for act in ("acknowledge", "resolve", "escalate", "calling", "note"):
        assert "link" in pressed(client, there, incident, act, user="U0NOBODY")
    assert (desk.hold(incident), desk.status(incident), desk.page(incident).status) == ((None, None), "triggered", "triggered")
    assert not there.made("views.open")


def test_whom_two_people_claim_and_who_left_is_nobody(client: Client, desk: Desk) -> None:
    known(desk.chen, "U0ADA")
    assert "link" in typed(client, "incidents")
    desk.bruno.is_active = False
    desk.bruno.save()
    assert "link" in typed(client, "incidents", user="U0BRUNO")
    Contact.objects.filter(address="U0CHARLIE").update(verified_at=None)
    assert "link" in typed(client, "incidents", user="U0CHARLIE")


def test_link_answers_an_address_once_and_keeps_it_nowhere(client: Client, desk: Desk) -> None:
    first = typed(client, "link", user="U0NOBODY", trigger="5.5")
    address = re.search(r"/chat/link/\S+", first)
    assert address
    again = typed(client, "link", user="U0NOBODY", trigger="5.5")
    assert "/chat/link/" not in again
    assert "(it was shown once)" in again
    assert "/chat/link/" not in str(list(Heard.objects.values_list("answer", flat=True)))


@pytest.mark.req("G7")
def test_charlie_learns_nothing_of_a_restricted_incident(client: Client, there: Slack, desk: Desk) -> None:
    hidden = desk.open("payroll leaked", service=desk.secret)
    missing = 424242
    for text in ("ack {}", "resolve {}", "escalate {}", "calling {}", "note {} x", "channel {}"):
        for user in ("U0CHARLIE", "U0BRUNO", "U0GRACE"):
            told = typed(client, text.format(hidden.number), user=user).replace(str(hidden.number), "N")
            assert told == typed(client, text.format(missing), user=user).replace(str(missing), "N"), (text, user)
    assert typed(client, "incidents", user="U0CHARLIE") == "No incident is open."
    for act in ("acknowledge", "resolve", "escalate", "calling"):
        told = pressed(client, there, hidden, act, user="U0CHARLIE").replace(str(hidden.number), "N")
        assert "payroll" not in told
        assert hidden.code_name not in told
    assert (desk.hold(hidden), desk.status(hidden)) == ((None, None), "triggered")


def test_who_may_see_a_restricted_one_acts_on_it_and_is_told_number_and_code_name_only(client: Client, there: Slack, desk: Desk) -> None:
    hidden = desk.open("payroll leaked", service=desk.secret, severity="critical")
    assert typed(client, "incidents") == f"#{hidden.number} {hidden.code_name} (restricted)"
    assert "Open it to read more" in typed(client, f"ack {hidden.number}")
    assert desk.hold(hidden) == ("ada", "ada")
    assert "stays out of chats" in typed(client, f"note {hidden.number} the culprit is mallory")
    assert desk.story(hidden, "note") == []
    everything = str(list(Heard.objects.values_list("answer", flat=True))) + json.dumps(there.answers)
    for word in ("payroll", "critical", "mallory", "Insider"):
        assert word not in everything


def test_a_channel_is_asked_for_by_whoever_may_act(client: Client, there: Slack, desk: Desk) -> None:
    incident = desk.open()
    assert "is being made" in typed(client, f"channel {incident.number}")
    assert "is being made" in typed(client, f"channel {incident.number}")
    assert desk.audited(incident, "incident.channel") == [("ada", {"chat": "main", "chat_user": "U0ADA"})]


def test_slack_asks_whether_we_are_there(client: Client, there: Slack) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c-1", "token": "old"}).encode()
    assert json.loads(send(client, "events", body).content) == {"challenge": "c-1"}


@pytest.mark.parametrize(
    ("way", "body", "status"),
    [("command", b"\xff\xfe", 422), ("interactive", b"payload=nonsense", 422), ("interactive", b"payload=[]", 422), ("interactive", b"payload=%7B%7D", 200),
     ("interactive", b'payload={"type":"block_actions","actions":[{"action_id":"watchbill_ack","value":"{}"}]}', 200),
     ("interactive", b'payload={"type":"block_actions","actions":{"a":1},"user":[]}', 200), ("events", b"[]", 422), ("other", b"", 404),
     ("events", b"[" * 100_000, 422), ("events", b'{"type":"url_verification","challenge":"\\u0000\\ud800"}', 200),
     ("command", b"user_id=%00&text=link&user_name=%00", 200), ("command", b"user_id=U1&text=note+1+%00&trigger_id=%00", 200),
     ("interactive", b'payload={"type":"block_actions","user":{"id":"\\u0000"},"actions":[{"action_id":"watchbill_ack","value":"{\\"n\\":[1]}"}]}', 200)],
)  # fmt: skip
def test_what_is_signed_and_makes_no_sense_breaks_nothing(client: Client, there: Slack, way: str, body: bytes, status: int) -> None:
    assert send(client, way, body).status_code == status


def test_another_chat_is_not_there(client: Client, there: Slack) -> None:
    assert send(client, "command", command("help"), name="nowhere").status_code == 404
    assert client.get("/in/slack/main/command").status_code in (401, 422)


def test_who_has_no_role_in_the_team_is_told_so(client: Client, desk: Desk) -> None:
    viewer = make.person("vera")
    known(viewer, "U0VERA")
    incident = desk.open()
    told = typed(client, f"ack {incident.number}", user="U0VERA")
    assert desk.hold(incident) == (None, None)
    assert "it takes a responder of this team" in told
