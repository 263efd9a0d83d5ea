"""`watchbill key ...`: made, replaced, mapped, tried; nothing printed but once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import factories as make
from watchbill.incidents.models import Incident, Service
from watchbill.intake.models import Event, IntegrationKey
from watchbill.intake.rules import ACTIVE_KINDS, digest_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def service() -> Service:
    ada = make.person("ada")
    make.organization(ada)
    team = make.team("SecOps", ada)
    return make.service(
        "Detections", team, make.policy("P", team, ([make.to(ada)], "15m"), last_resort=ada), severity_map={"P1": "critical"}
    )


@pytest.mark.parametrize("kind", ACTIVE_KINDS)
def test_a_key_of_every_kind_is_printed_once_with_what_to_paste(cli, service: Service, kind: str):
    out = cli("key", "create", "--service", "Detections", "--kind", kind).out
    secret = out.splitlines()[0]
    assert len(secret) == 32
    assert out.count(secret) >= 3  # itself, in the address, in the snippet
    assert IntegrationKey.objects.get().kind == kind
    number = IntegrationKey.objects.get().id
    assert secret not in cli("key", "list").out
    assert secret not in cli("key", "snippet", number).out
    assert "KEY" in cli("key", "snippet", number).out


def test_mail_has_no_key_yet(cli, service: Service):
    ran = cli("key", "create", "--service", "Detections", "--kind", "email")
    assert (ran.code, "not active yet" in ran.err) == (1, True)


def test_a_key_is_replaced_with_an_overlap(cli, service: Service):
    made = cli("key", "create", "--service", "Detections", "--json").json()
    new = cli("key", "rotate", made["id"], "--overlap", "24h", "--json").json()
    assert set(new) == {"key", "id", "service", "kind", "replaces", "old_ends_at"}
    assert bytes(IntegrationKey.objects.get(pk=new["id"]).digest) == digest_of(new["key"])
    listed = {row["id"]: row for row in cli("key", "list", "--json").json()}
    assert (listed[new["id"]]["replaces"], listed[made["id"]]["ends_at"]) == (made["id"], new["old_ends_at"])
    assert "works until" in cli("key", "list").out
    for overlap, words in (("1 month", "no fixed length"), ("soon", "is no duration"), ("1000 days", "up to 90 days")):
        ran = cli("key", "rotate", new["id"], "--overlap", overlap)
        assert (ran.code, words in ran.err) == (1, True)
    text = cli("key", "rotate", new["id"]).out
    assert f"Key {new['id']} (...{new['key'][-4:]}) works until" in text


def test_the_list_counts_what_came(cli, service: Service):
    key = cli("key", "create", "--service", "Detections", "--json").json()["id"]
    for state in ("done", "aside", "aside"):
        Event.objects.create(key_id=key, service=service, kind="events", received_at=make.T0, body=b"{}", state=state)
    (row,) = cli("key", "list", "--json").json()
    assert (row["events"], row["more_events"], row["set_aside"], row["last_event_at"], row["mapped"]) == (3, False, 2, None, False)


def test_a_mapping_is_tried_kept_shown_and_cleared(cli, service: Service, tmp_path: Path):
    key = cli("key", "create", "--service", "Detections", "--kind", "generic", "--json").json()["id"]
    sample, mapping = tmp_path / "sample.json", tmp_path / "mapping.yaml"
    sample.write_text('{"a": {"b": "Disk full", "p": "P1"}, "host": "db1"}')
    mapping.write_text("summary: a.b\nseverity: a.p\n")
    tried = cli("key", "try", key, "--sample", sample, "--file", mapping, "--json").json()
    (alert,) = tried["alerts"]
    assert (alert["action"], alert["summary"], alert["severity"], alert["their_severity"], alert["source"]) == (
        "trigger",
        "Disk full",
        "critical",
        "P1",
        "db1",
    )
    assert tried["remark"] == ""
    assert cli("key", "mapping", key).json() == {}
    assert cli("key", "mapping", key, "--file", mapping).code == 0
    assert cli("key", "mapping", key).json() == {"summary": "a.b", "severity": "a.p"}
    assert "Disk full" in cli("key", "try", key, "--sample", sample).out
    assert cli("key", "mapping", key, "--clear").code == 0
    assert cli("key", "try", key, "--sample", sample).out.startswith('trigger  {"a"')  # by its usual names nothing is found
    assert not Event.objects.exists()
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("summary: 'a['", "no JMESPath"),
        ("colour: x", "no field 'colour'"),
        ("a: [", "cannot be read: line 1"),
        ("- x", "A mapping is an object"),
    ],
)
def test_a_mapping_that_is_none_is_refused(cli, service: Service, tmp_path: Path, text: str, words: str):
    key = cli("key", "create", "--service", "Detections", "--kind", "generic", "--json").json()["id"]
    file = tmp_path / "mapping.yaml"
    file.write_text(text)
    for command in (("key", "mapping", key, "--file", file), ("key", "try", key, "--file", file, "--sample", file)):
        ran = cli(*command)
        assert (ran.code, words in ran.err) == (1, True), ran.err


def test_a_sample_that_would_be_refused_says_so(cli, service: Service, tmp_path: Path):
    made = {kind: cli("key", "create", "--service", "Detections", "--kind", kind, "--json").json()["id"] for kind in ACTIVE_KINDS}
    sample = tmp_path / "sample.json"
    sample.write_text("{}")
    for kind in ("grafana", "alertmanager", "opsgenie", "events"):
        ran = cli("key", "try", made[kind], "--sample", sample)
        assert (ran.code, "It would be refused" in ran.err) == (1, True), (kind, ran.err)
    sample.write_text(json.dumps({"zen": "x"}))
    assert "set up" in cli("key", "try", made["github-alerts"], "--sample", sample).out
    assert cli("key", "try", 424242, "--sample", sample).code == 1
    assert "cannot be read" in cli("key", "try", made["generic"], "--sample", tmp_path / "none").err
