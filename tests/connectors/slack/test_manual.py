"""docs/connectors/slack.md is followed to the letter: its manifest fits what we call and hear, its configuration is one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import watchbill.connectors.slack
from tests.config.example import valid
from watchbill.connectors.chat import desk
from watchbill.connectors.chat.callers import STRANGER
from watchbill.connectors.slack.callbacks import WAYS
from watchbill.connectors.slack.inbound import command

PAGE = Path(__file__).parents[3] / "docs" / "connectors" / "slack.md"
FOLDER = Path(watchbill.connectors.slack.__file__).parent
# by Slack's documentation of each method, for a token of an app
NEEDS = {
    "auth.test": set(),
    "chat.postMessage": {"chat:write", "chat:write.public", "im:write"},
    "chat.update": {"chat:write"},
    "chat.delete": {"chat:write"},
    "conversations.history": {"channels:history", "groups:history", "im:history"},
    "conversations.list": {"channels:read", "groups:read"},
    "conversations.create": {"channels:manage", "groups:write"},
    "conversations.invite": {"channels:manage", "groups:write"},
    "conversations.setTopic": {"channels:manage", "groups:write"},
    "users.list": {"users:read"},
    "views.open": set(),
    "apps.connections.open": set(),  # connections:write, of the app-level token
}


def blocks() -> list[Any]:
    found = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return [YAML(typ="safe").load(block) for block in found]


def test_the_manifest_asks_for_what_we_call_and_for_nothing_else():
    manifest = blocks()[0]
    called = {
        name
        for path in FOLDER.glob("*.py")
        for name in re.findall(r'"((?:auth|chat|conversations|users|views|apps)\.[a-zA-Z.]+)"', path.read_text())
    }
    assert called == set(NEEDS)
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == set().union(*NEEDS.values(), {"commands"})
    text = PAGE.read_text()
    assert "connections:write" in text
    for method in called:
        assert f"`{method}`" in text


def test_its_addresses_are_ours():
    manifest = blocks()[0]
    (slash,) = manifest["features"]["slash_commands"]
    heard = [slash["url"], manifest["settings"]["interactivity"]["request_url"]]
    assert [address.removeprefix("https://YOUR-DESK/in/slack/NAME/") for address in heard] == ["command", "interactive"]
    assert {"command", "interactive"} <= set(WAYS)
    assert slash["command"] == "/watchbill"
    assert f"`{slash['command']} link`" in STRANGER
    assert manifest["settings"]["interactivity"]["is_enabled"] is True


def test_every_command_is_described():
    table = PAGE.read_text().partition("## `/watchbill`")[2].partition("##")[0]
    for name in {*desk.COMMANDS, "link"} - {"help", "acknowledge"}:
        assert re.search(rf"`{name}\b", table), name
        assert name == "list" or re.search(rf"`{name}\b", desk.HELP), name
    assert command.__doc__


@pytest.mark.parametrize("socket", [False, True])
def test_its_configuration_is_accepted(socket: bool):
    text = "\n".join(re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)[1:])
    if socket:
        text = text.replace("signing_env: SLACK_SIGNING", "app_token_env: SLACK_APP_TOKEN")
    people = "people: [{handle: ada, name: Ada, email: ada@example.org, timezone: UTC}]"
    file = valid(f"organization: Example\nlast_resort: ada\n{people}\n{text}")
    assert {("chats", "NAME"), ("teams", "SecOps"), ("policies", "Security Responder")} <= {
        (entry.kind, entry.name) for entry in file.entries
    }
