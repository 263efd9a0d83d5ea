"""What an operator pastes leads to a way in that is there, and docs/connectors says the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import transaction
from ruamel.yaml import YAML

import watchbill.connectors
from tests.factories import T0, actor
from tests.frontdoor.conftest import desk, house, transactional_db  # noqa: F401  fixtures
from tests.frontdoor.house import House
from tests.intake.desk import Desk
from watchbill.connectors import github_alerts
from watchbill.connectors.snippets import ADDRESSES, SNIPPETS, address, snippet
from watchbill.intake.actions import create_heartbeat_key, create_key
from watchbill.intake.actions.heartbeats import watch_in
from watchbill.intake.rules import ACTIVE_KINDS

DOCS = Path(__file__).parents[2] / "docs" / "connectors"
FOLDER = Path(watchbill.connectors.__file__).parent
URL = "https://desk.example.org"
FIRES = {"github-alerts": "dependabot_created", "gitlab-alerts": "pipeline_failed", "sentry": "event_alert", "grafana": "firing"}


@pytest.mark.parametrize("kind", ACTIVE_KINDS)
def test_every_kind_has_a_page_with_its_snippet(kind: str):
    page = (DOCS / f"{kind}.md").read_text()
    blocks = re.findall(r"```\w*\n(.*?)\n```", page, re.DOTALL)
    assert blocks[0] == snippet(kind, url="https://YOUR-DESK", key="KEY")
    assert f"--kind {kind}" in page
    assert set(ADDRESSES) == set(SNIPPETS) == {*ACTIVE_KINDS, "heartbeat"}


def test_the_page_about_heartbeats_has_the_snippet_and_what_is_pasted_is_heard(house: House, desk: Desk):  # noqa: F811
    page = (DOCS / "heartbeat.md").read_text()
    assert re.findall(r"```\w*\n(.*?)\n```", page, re.DOTALL)[0] == snippet("heartbeat", url="https://YOUR-DESK", key="KEY")
    with transaction.atomic():
        watch_in("backup", {"service_id": desk.service.id, "every_seconds": 300, "grace_seconds": 0, "severity": "high"}, now=T0)
    key = create_heartbeat_key("backup", by=actor(desk.grace), now=T0)[1]
    line = snippet("heartbeat", url=URL, key=key).splitlines()[-1]
    found = re.search(rf"{re.escape(URL)}(/in/heartbeat/\w+)$", line)
    assert found
    assert address("heartbeat", url=URL, key=key) == URL + found[1]
    assert house.post(found[1], b"", method="GET").status == 202


@pytest.mark.parametrize("kind", sorted(FIRES))
def test_what_is_pasted_leads_to_a_way_in(house: House, desk: Desk, kind: str):  # noqa: F811
    """The monitors that cannot run here: their own message is sent where the snippet says, with the proof that it says."""
    key = create_key(desk.service, kind, by=actor(desk.grace), now=T0)[1]
    pasted = snippet(kind, url=URL, key=key)
    found = re.search(rf"{re.escape(URL)}(/in/[\w/-]+)", pasted)
    assert found
    assert address(kind, url=URL, key=key).startswith(URL + found[1])
    raw = (FOLDER / kind.replace("-", "_") / "payloads" / f"{FIRES[kind]}.json").read_bytes()
    headers = []
    if token := re.search(r"token=(\w+)", pasted):
        headers = [(b"x-gitlab-token", token[1].encode())]
    if shared := re.search(r"config\[secret\]=(\w+)", pasted):
        assert github_alerts.unproven(lambda _name: "sha256=0", raw, shared[1])
        headers = [(b"x-hub-signature-256", signed(raw, shared[1]))]
    assert house.post(found[1], raw, headers=headers).status == 202


def signed(raw: bytes, secret: str) -> bytes:
    import hashlib
    import hmac

    return b"sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest().encode()


@pytest.mark.parametrize("kind", ["alertmanager", "grafana", "opsgenie"])
def test_yaml_is_yaml(kind: str):
    said = YAML(typ="safe").load(snippet(kind, url=URL, key="0" * 32))
    assert URL in str(said)
