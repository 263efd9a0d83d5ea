"""The addresses of machines: nothing gets in without its key or its signature, a session opens none of them, and no answer tells a secret."""

from __future__ import annotations

import ast
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import get_resolver

from tests.committed import committed
from tests.frontdoor.house import Answer, House
from tests.matrix.cast import OF_THE_TEAM, OPERATOR, SECRET, World, build
from tests.matrix.rules import DOORS, ITS_OWN, NOT_FOR_PEOPLE, SIGNED, Door
from tests.matrix.test_matrix import fill, walk
from watchbill.connectors.callbacks import CALLBACKS
from watchbill.connectors.inbound import WAYS
from watchbill.connectors.opsgenie.requests import ACTS
from watchbill.frontdoor import app, away
from watchbill.intake.actions import create_key, revoke_key
from watchbill.intake.models import Event
from watchbill.kernel.clock import database_now
from watchbill.notifications.chats.models import Chat
from watchbill.notifications.models import Phone, Receipt
from watchbill.platforms.models import Delivery as PlatformDelivery
from watchbill.platforms.models import Platform
from watchbill.trackers.models import Delivery, Tracker

KEYED = [path for path, door in DOORS.items() if door.key]
HOW_TO = """
There is no rule for {missing}, an address of machines.
Add to tests/matrix/rules.py, in DOORS, what it takes and by which key:
    "{path}": Door("generic", {{"a": "valid message"}}),
or in SIGNED, for a kind that calls back and signs, an address and what an unsigned call hears:
    "{kind}": ("{path}/NAME/...", 403),"""


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with committed(django_db_blocker):
        for name, kind in (("main", "twilio"), ("gateway", "http")):
            envs = {"account_env": "MATRIX_SECRET", "token_env": "MATRIX_SECRET", "secret_env": "MATRIX_SECRET"}
            Phone.objects.create(name=name, kind=kind, url="https://phone.example.org", sends=["sms"], per_person=9, overall=9, **envs)
        Chat.objects.create(name="team", kind="slack", token_env="MATRIX_SECRET", signing_env="MATRIX_SECRET", writes=["post"])
        for name, kind in (("hub", "github"), ("lab", "gitlab")):
            envs = {"token_env": "MATRIX_SECRET", "webhook_env": "MATRIX_SECRET"}
            Tracker.objects.create(name=name, kind=kind, url=f"https://{kind}.example.org", **envs)
        Platform.objects.create(name="bounty", kind="hackerone", url="https://h1.example.org", program="acme", **envs)
        yield build()


@pytest.fixture(scope="module")
def house(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with override_settings(DATA_DIR=tmp_path_factory.mktemp("journal")), House() as running:
        yield running


def post(house: House, path: str, door: Door, key: str, *headers: tuple[bytes, bytes]) -> Answer:
    """One message with this key where its sender puts it."""
    sent = list(headers)
    if door.where == "genie" and key:
        sent.append((b"authorization", f"GenieKey {key}".encode()))
    address = f"{path}/{key}" if door.where == "path" and key else path
    return house.post(address, fill(door.send, {"key": key}), method=door.method, headers=sent)


def mentioned() -> set[str]:
    """Addresses that the front door's own source names, except where it answers for pages that are away: tests/frontdoor/test_relay.py."""
    found: set[str] = set()
    for file in set(Path(app.__file__).parent.glob("*.py")) - {Path(away.__file__)}:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"/[a-z0-9][\w/-]*(\.json)?", node.value):
                found.add(node.value.rstrip("/"))
    return found - {"/in", "/v2", "/v2/change", "/generic"}  # what several of them begin with


def test_every_address_of_machines_has_a_rule():
    there = set(app.FrontDoor(app.messages.no_way).ways) | mentioned() | {f"/in/{kind}" for kind in (*WAYS, *CALLBACKS)}
    known = set(DOORS) | {f"/in/{kind}" for kind in SIGNED}
    missing = sorted(there - known - set(ITS_OWN))
    if missing:
        pytest.fail(HOW_TO.format(missing=", ".join(missing), path=missing[0], kind=missing[0].rpartition("/")[2]))
    assert set(SIGNED) == set(CALLBACKS), "A kind that calls back needs a row in SIGNED, one that is gone loses it."
    assert not known - there, "These addresses are gone; take their rows out of tests/matrix/rules.py."
    django = {each for each in walk(get_resolver("watchbill.main.urls")) if each.startswith(NOT_FOR_PEOPLE)}
    expected = {"/in/<slug:kind>/<str:name>", "/in/<slug:kind>/<str:name>/<path:rest>", "/v2/alerts", "/v2/alerts/<path:rest>"}
    assert django == expected, "The pages' URL map has another address of machines: ask for it here as for these four."


@pytest.mark.parametrize("path", KEYED)
def test_only_a_key_that_works_opens_it(world: World, house: House, path: str):
    door, before = DOORS[path], Event.objects.count()
    session = world.browser("root").cookies.output(header="", sep=";").encode()
    made, secret = create_key("S", door.key, OF_THE_TEAM, by=OPERATOR, now=database_now())
    for key in ("", "f" * 32, "%00", "x" * 300, SECRET):
        for headers in ([], [(b"cookie", session)], [(b"authorization", f"Bearer {world.tokens['root']}".encode())]):
            heard = post(house, path, door, key, *headers)
            assert heard.status == door.wrong, (key, heard)
            assert SECRET not in heard.body.decode().lower().replace(f'"{key}"', "")
    assert Event.objects.count() == before
    opened = post(house, path, door, secret)
    assert opened.status == door.ok, opened
    assert Event.objects.count() == before + 1
    assert OF_THE_TEAM not in opened.body.decode()
    revoke_key(made.id, by=OPERATOR, now=database_now())
    until = time.monotonic() + 10  # the door hears of it by a signal
    while time.monotonic() < until:
        if (heard := post(house, path, door, secret)).status == door.wrong:
            return
    pytest.fail(f"a revoked key still opens {path}: {heard}")


def test_whoever_asks_whether_events_are_taken_needs_no_key_and_learns_nothing_else(world: World, house: House):
    heard = house.post("/acceptz", b"", method="GET")
    assert heard.status == DOORS["/acceptz"].ok
    assert set(heard.json()) == {"status", "stored_in", "journal"}


@pytest.mark.parametrize("kind", SIGNED)
def test_an_unsigned_callback_is_refused_and_does_nothing(world: World, kind: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MATRIX_SECRET", "whsec_" + "A" * 32)
    path, status = SIGNED[kind]
    signatures = {"X-Twilio-Signature": "AAAA", "webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
    signatures |= {"X-Hub-Signature-256": "sha256=" + "a" * 64, "X-Gitlab-Token": "a" * 32, "X-Gitlab-Event": "Issue Hook"}
    signatures |= {"X-H1-Signature": "sha256=" + "a" * 64, "X-H1-Delivery": "d-1", "X-H1-Event": "report_created"}
    signatures |= {"X-Slack-Signature": "v0=" + "a" * 64, "X-Slack-Request-Timestamp": "1"}
    for client in (Client(), world.browser("root", csrf=True), world.browser("alice")):
        for headers in ({}, signatures, {"Authorization": f"Bearer {world.tokens['root']}"}):
            heard = client.post(path, "{}", content_type="application/json", headers=headers)
            assert heard.status_code == status, heard.content
            assert client.get(path, headers=headers).status_code == status
    assert not Receipt.objects.exists()
    assert not Delivery.objects.exists()
    assert not PlatformDelivery.objects.exists()


@pytest.mark.parametrize("act", sorted({f"{method} {last}" for method, last in ACTS}))
def test_what_is_asked_of_an_alert_by_its_id_needs_the_key_of_its_service(world: World, act: str):
    method, last = act.split()
    before = Event.objects.count()
    for number in (world.values["alert_id"], world.secret_values["alert_id"]):
        for headers in ({}, {"Authorization": "GenieKey " + "f" * 32}, {"Authorization": f"Bearer {world.tokens['root']}"}):
            address = f"/v2/alerts/{number}/{last}?identifierType=id"
            heard = world.browser("root", csrf=True).generic(method, address, "{}", content_type="application/json", headers=headers)
            assert heard.status_code == 401
    assert Event.objects.count() == before


def test_a_key_reads_the_alerts_of_its_own_service_and_of_a_restricted_one_nothing(world: World):
    restricted, other = world.secret_values["alert_id"], world.values["alert_id"]
    _, own = create_key("S", "opsgenie", by=OPERATOR, now=database_now())
    _, quiet = create_key("Quiet", "opsgenie", by=OPERATOR, now=database_now())

    def read(number: Any, key: str) -> tuple[int, str]:
        got = Client().get(f"/v2/alerts/{number}", headers={"Authorization": f"GenieKey {key}"})
        said = json.loads(got.content)
        return got.status_code, json.dumps({name: value for name, value in said.items() if name not in ("took", "requestId")})

    assert read(other, own)[0] == 200
    nothing = read(999_999_937, own)
    assert [read(restricted, own), read(restricted, quiet), read(other, quiet)] == [nothing] * 3
    assert (nothing[0], SECRET in nothing[1]) == (404, False)
