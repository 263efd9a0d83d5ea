"""Socket Mode: heard without a way in, by one node at a time, over connections that are refreshed, die, and say things twice."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.connectors.slack.conftest import Whole, known
from tests.connectors.slack.fake import button, command, field_of, press
from tests.connectors.slack.socket import Socket, socket_mode
from watchbill.connectors.slack.socket_mode import Listener
from watchbill.notifications.chats.selectors import settings_of, states


@pytest.fixture
def socket(whole: Whole) -> Iterator[Socket]:
    with socket_mode() as made:
        whole.slack.socket_url = made.url
        whole.chat.signing_env, whole.chat.app_token_env = "", "SLACK_APP"
        whole.chat.save()
        known(whole.desk.ada, "U0ADA")
        yield made
        whole.close()  # before the socket, so that nobody connects again
        whole.running.clear()


def slash(text: str, **more: str) -> dict[str, Any]:
    return dict(parse_qsl(command(text, **more).decode(), keep_blank_values=True))


def soon(true: Callable[[], Any], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.req("G7")
def test_a_command_and_a_button_are_heard_and_answered(whole: Whole, socket: Socket):
    whole.run()
    incident = whole.open()
    message = whole.until(incident, lambda m: m)
    socket.wait(lambda: socket.here)
    socket.send("slash_commands", slash("incidents"))
    answer = socket.wait(socket.answers)[0]
    assert answer["payload"]["response_type"] == "ephemeral"
    assert f"#{incident.number}" in answer["payload"]["text"]
    body = press(button(message, "acknowledge"), response_url=whole.slack.response_url)
    socket.send("interactive", json.loads(field_of(body, "payload")), envelope="e-2")
    socket.wait(lambda: socket.answers("e-2"))
    whole.wake()
    whole.until(incident, lambda m: "ACKNOWLEDGED" in json.dumps(m))
    assert whole.desk.hold(incident) == ("ada", "ada")
    assert "You own" in whole.slack.wait(lambda: whole.slack.answers)[0]["text"]
    socket.send("hello", {}, envelope="e-3")  # of what we do not wait for nothing is answered but that it came
    socket.send("events_api", {"event": {"type": "message"}}, envelope="e-4")
    assert socket.wait(lambda: socket.answers("e-4")) == [{"envelope_id": "e-4"}]


def test_the_same_envelope_again_is_done_once_and_answered_alike(whole: Whole, socket: Socket):
    incident = whole.open()
    whole.run()
    socket.wait(lambda: socket.here)
    for _ in range(3):
        socket.send("slash_commands", slash(f"note {incident.number} once", trigger="7.7"))
    answers = socket.wait(lambda: len(socket.answers()) == 3 and socket.answers())
    assert whole.desk.story(incident, "note") == ["once"]
    assert len([one for one in answers if one.get("payload")]) >= 1


def test_it_is_heard_again_after_a_refresh_and_after_the_connection_died(whole: Whole, socket: Socket):
    whole.run()
    socket.wait(lambda: socket.connected == 1)
    socket.refresh()
    socket.wait(lambda: socket.connected == 2)
    socket.send("slash_commands", slash("help"), envelope="after-refresh")
    socket.wait(lambda: socket.answers("after-refresh"))
    socket.hang_up()
    socket.wait(lambda: socket.connected == 3)
    socket.send("slash_commands", slash("help", trigger="2.2"), envelope="after-death")
    socket.wait(lambda: socket.answers("after-death"))
    soon(lambda: states()[0].heard_at)


def test_a_stranger_is_told_how_to_link(whole: Whole, socket: Socket):
    whole.run()
    socket.wait(lambda: socket.here)
    socket.send("slash_commands", slash("incidents", user="U0NOBODY"))
    assert "/watchbill link" in socket.wait(socket.answers)[0]["payload"]["text"]


def test_one_node_listens_and_the_other_takes_over(whole: Whole, socket: Socket):
    first, second = Listener(settings_of(whole.chat)), Listener(settings_of(whole.chat))
    first.start()
    try:
        socket.wait(lambda: socket.connected == 1)
        second.start()
        time.sleep(0.5)  # it has looked, and found the lock taken
        assert (socket.connected, second.is_connected()) == (1, False)
        first.close()
        socket.wait(lambda: socket.connected == 2)
        soon(second.is_connected)
    finally:
        first.close()
        second.close()


def test_a_token_that_is_refused_is_not_asked_about_every_second(whole: Whole, socket: Socket, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("watchbill.connectors.slack.socket_mode.FIRST_WAIT", 1.0)  # as it is
    whole.slack.always["apps.connections.open"] = {"ok": False, "error": "not_allowed_token_type"}
    listener = Listener(settings_of(whole.chat))
    listener.start()
    try:
        whole.slack.wait(lambda: len(whole.slack.made("apps.connections.open")) == 2, 15)
        time.sleep(1.4)  # the next pause is of two seconds
        assert len(whole.slack.made("apps.connections.open")) == 2
        assert not listener.is_connected()
    finally:
        listener.close()


def test_an_address_that_the_guard_refuses_is_not_connected_to(whole: Whole, socket: Socket, settings: Any):
    import ipaddress

    settings.ALLOW_PRIVATE_TARGETS = (ipaddress.ip_network("127.0.0.1/32"),)
    whole.slack.socket_url = socket.url.replace("127.0.0.1", "127.0.0.2")
    listener = Listener(settings_of(whole.chat))
    listener.start()
    try:
        whole.slack.wait(lambda: len(whole.slack.made("apps.connections.open")) == 2)
        assert socket.connected == 0
    finally:
        listener.close()
