"""A started server and a Slack beside it: paged, told, answered by a button, and one message through a kill -9."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.slack.fake import APP_TOKEN, KEEP, SIGNING, TOKEN, Slack, button, command, field_of, press, signed, slack
from tests.connectors.slack.socket import socket_mode
from tests.live.server import Desk, Sink, event, two_steps, wait_for

pytestmark = [pytest.mark.live, pytest.mark.timed]


@pytest.fixture
def there() -> Iterator[Slack]:
    with slack() as made:
        yield made


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    yield made
    made.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, SLACK_TOKEN=TOKEN, SLACK_SIGNING=SIGNING, SLACK_APP=APP_TOKEN)
    yield made
    made.stop()


def configured(sink: Sink, there: Slack, *, heard: str = "signing_env: SLACK_SIGNING") -> str:
    """Ann is paged in Slack; the first step tells the team's channel."""
    text = two_steps(sink, waits=("10m", "10m")).replace(
        f'contact: [{{kind: webhook, address: "http://127.0.0.1:{sink.port}/ann"}}]', "contact: [{kind: slack, address: U0ANN}]"
    )
    text = text.replace("members: [ann, ben, cleo]", 'members: [ann, ben, cleo], channel: {chat: main, name: "#sec"}')
    text = text.replace("notify: [{schedule: First}]", "notify: [{schedule: First}, {channel: team}]")
    chat = f'{{name: main, kind: slack, url: "{there.url}", token_env: SLACK_TOKEN, {heard}, writes: [post, update]}}'
    return f"{text}chats:\n  - {chat}\n"


def stands(there: Slack, word: str, channel: str = "C0SEC") -> Any:
    return [m for (place, _), m in list(there.messages.items()) if place == channel and word in json.dumps(m)]


def call(desk: Desk, way: str, body: bytes) -> tuple[int, Any]:
    headers = {"content-type": "application/x-www-form-urlencoded", **signed(body, time.time())}
    return desk.post(f"/in/slack/main/{way}", body, **headers)


@pytest.mark.req("G7", "P15")
def test_a_person_is_paged_and_a_channel_told_and_the_answer_comes_back(desk: Desk, sink: Sink, there: Slack):
    desk.start()
    desk.apply(configured(sink, there))
    key = desk.key()
    began = time.monotonic()
    assert desk.post("/v2/enqueue", event(key))[0] == 202
    (direct,) = wait_for(lambda: stands(there, "disk full", "D0ANN"), seconds=10, why="the direct message")
    (message,) = wait_for(lambda: stands(there, "TRIGGERED"), seconds=10, why="the message in the channel")
    assert time.monotonic() - began < 10
    status, answer = call(desk, "command", command("incidents", user="U0ANN"))
    assert (status, "disk full" in answer["text"]) == (200, True)
    status, answer = call(desk, "command", command("incidents", user="U0NOBODY", trigger="1.2"))
    assert "/watchbill link" in answer["text"]
    began = time.monotonic()
    assert call(desk, "interactive", press(button(direct, "acknowledge"), user="U0ANN", response_url=there.response_url))[0] == 200
    assert time.monotonic() - began < 3
    (told,) = there.wait(lambda: there.answers)
    assert "You own" in told["text"]
    wait_for(lambda: stands(there, "ACKNOWLEDGED"), seconds=10, why="the edited message")
    (row,) = desk.json("incidents")
    assert (row["owner"]["handle"], row["status"]) == ("ann", "acknowledged")
    assert call(desk, "interactive", press(button(message, "resolve"), user="U0ANN", trigger="2.2"))[0] == 200
    wait_for(lambda: stands(there, "RESOLVED"), seconds=10, why="the edited message")
    assert len(stands(there, "disk full")) == 1
    found = {row["what"]: row for row in json.loads(desk.cli("doctor", "--json", check=False).stdout)}
    assert (found["chat main"]["state"], "watchbill in Example" in found["chat main"]["says"]) == ("green", True)
    log = desk.log.read_text()
    for secret in (TOKEN, SIGNING, "disk full"):
        assert secret not in log


@pytest.mark.req("G7")
def test_a_desk_without_a_way_in_hears_by_socket_mode(desk: Desk, sink: Sink, there: Slack):
    with socket_mode() as socket:
        there.socket_url = socket.url
        desk.start()
        desk.apply(configured(sink, there, heard="app_token_env: SLACK_APP"))
        socket.wait(lambda: socket.here)
        assert desk.post("/v2/enqueue", event(desk.key()))[0] == 202
        (message,) = wait_for(lambda: stands(there, "TRIGGERED"), seconds=10, why="the message in the channel")
        body = press(button(message, "acknowledge"), user="U0ANN", response_url=there.response_url)
        socket.send("interactive", json.loads(field_of(body, "payload")))
        socket.wait(socket.answers)
        wait_for(lambda: stands(there, "ACKNOWLEDGED"), seconds=10, why="the edited message")
        assert call(desk, "command", command("help"))[0] == 503, "this way in is not open"
        desk.stop()


def test_one_message_through_a_kill_while_slack_keeps_its_answer(desk: Desk, sink: Sink, there: Slack):
    """Slack posts it and does not answer; the node dies on that. The next one finds the message and edits it."""
    desk.start()
    desk.apply(
        configured(sink, there).replace("contact: [{kind: slack, address: U0ANN}]", "contact: [{kind: email, address: ann@example.org}]")
    )
    key = desk.key()
    there.next["chat.postMessage"] = [KEEP]
    assert desk.post("/v2/enqueue", event(key))[0] == 202
    wait_for(lambda: stands(there, "TRIGGERED"), seconds=10, why="Slack has it")
    desk.kill()
    desk.start()
    (row,) = desk.json("incidents")
    desk.cli("ack", str(row["number"]), "--as", "ann")
    wait_for(lambda: stands(there, "ACKNOWLEDGED"), seconds=20, why="the edited message")
    assert len(stands(there, "disk full")) == 1
    assert len(there.made("chat.postMessage")) == 1
