"""Requests that break off, creep in, are written in another way or to an address with a slash too many: an answer that says what to do."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import pytest

from tests.factories import T0, actor
from tests.frontdoor.house import Answer, House, ask
from tests.intake.desk import Desk, body
from watchbill.frontdoor import requests
from watchbill.frontdoor.app import FrontDoor
from watchbill.intake.actions import create_key, take_in
from watchbill.intake.models import Alert, Event

GENIE = "/v2/alerts"


def event(desk: Desk, **fields: Any) -> bytes:
    return json.dumps({**body("k1"), "routing_key": desk.key, **fields}).encode()


async def begin(house: House, path: str, *, ends: bool) -> Answer:
    """A request whose body breaks off (`ends`) or never goes on, by a client that still listens."""
    sent: list[dict[str, Any]] = []
    messages = [{"type": "http.request", "body": b'{"a', "more_body": True}]

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop(0)
        if not ends:
            await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": path, "method": "POST", "headers": [], "query_string": b""}
    await house.app(scope, receive, send)  # type: ignore[arg-type]
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))


WAYS = ["/v2/enqueue", "/in/alertmanager/x", "/in/heartbeat/x", "/v2/alerts", "/in/nothing/x", "/acceptz"]


@pytest.mark.parametrize("path", WAYS)
def test_a_request_that_breaks_off_is_told_so(house: House, desk: Desk, path: str):
    answer = house.run(begin(house, path, ends=True))
    assert answer.status == 400
    assert "broke off" in answer.json()["message"] + str(answer.json().get("errors"))
    assert not Event.objects.exists()


def test_what_the_application_behind_leaves_without_a_word_is_answered():
    """As Django does with a body that breaks off."""

    async def silent(_scope: Any, receive: Any, _send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    for path in ("/api/v1/incidents", "/in/slack/main/events", "/v2/alerts/7/close"):
        answer = asyncio.run(ask(FrontDoor(silent), path, [b"{"]))
        assert (answer.status, answer.json()["error"]) == (400, "broke_off")


@pytest.mark.parametrize("path", [*WAYS, "/in/slack/main/events", "/api/v1/incidents"])
def test_a_request_that_creeps_is_told_to_come_again(house: House, desk: Desk, path: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(requests, "SLOWEST", 0.1)
    answer = house.run(begin(house, path, ends=False))
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert "did not arrive" in answer.json()["message"] + str(answer.json().get("errors"))


def test_while_the_server_stops_what_still_comes_is_sent_elsewhere(house: House, desk: Desk):
    house.run(house.app.stop())
    for path, raw in (
        ("/v2/enqueue", event(desk)),
        (f"/in/alertmanager/{desk.key}", b'{"alerts": []}'),
        (f"{GENIE}", b"{}"),
        ("/in/heartbeat/x", b""),
    ):
        answer = house.post(path, raw, headers=[(b"authorization", b"GenieKey x")])
        assert (answer.status, answer.headers["retry-after"]) == (503, "5"), path


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (gzip.compress(b"{}", mtime=0), "compressed"),
        ('{"a": 1}'.encode("utf-16"), "UTF-8"),
        ('{"a": 1}'.encode("utf-16-le"), "UTF-8"),
        ('{"a": "é"}'.encode("latin-1"), "UTF-8"),
        (b'{"a": 1e400, "b": "\\ud800"}', "out of range"),
        (b'{"a": ' + b"9" * 5000 + b', "b": "\\ud800"}', "digits"),
        (b'{"a": NaN, "b": "\\ud800"}', "NaN"),
    ],
)
def test_a_body_that_cannot_be_read_is_told_what_was_expected(house: House, desk: Desk, raw: bytes, says: str):
    for path in ("/v2/enqueue", f"/in/generic/{desk.key}", f"/in/alertmanager/{desk.key}", f"/in/github-alerts/{desk.key}"):
        answer = house.post(path, raw)
        said = answer.json()
        assert answer.status == 400
        assert says in str(said.get("errors") or said["message"]), path
        assert "sys." not in str(said)


@pytest.mark.parametrize("raw", [b"a=%FF&b=\xff", b"&".join(b"a%d=1" % n for n in range(3000)), b"a=1&b"])
def test_a_form_that_cannot_be_read_is_not_called_json(house: House, desk: Desk, raw: bytes):
    answer = house.post(f"/in/generic/{desk.key}", raw)
    assert (answer.status, answer.json()["message"]) == (400, "The body is neither JSON nor a form of at most 2000 fields in UTF-8.")


def test_slashes_too_many_cost_no_alert(house: House, desk: Desk):
    """An address with a slash at its end, and a path with one at its begin."""
    for path, raw in (
        ("//v2/enqueue", event(desk)),
        ("/v2//enqueue/", event(desk)),
        (f"//in/alertmanager//{desk.key}/", b'{"alerts": []}'),
        ("//v2/alerts", b'{"message": "m"}'),
        (
            "//generic/2010-04-15/create_event.json",
            json.dumps({"service_key": desk.key, "event_type": "trigger", "description": "d"}).encode(),
        ),
    ):
        answer = house.post(path, raw, headers=[(b"authorization", f"GenieKey {desk.key}".encode())])
        assert answer.status in (200, 202), path
        assert "x-behind" not in answer.headers
    assert Event.objects.count() == 5
    assert house.post("//", b"").headers["x-behind"] == "//"


def test_who_sends_no_key_at_all_is_told_where_it_goes(house: House, desk: Desk):
    answer = house.post("/in/alertmanager", b"{}")
    assert answer.status == 401
    assert "/in/alertmanager/KEY" in answer.json()["message"]
    assert "Authorization: Bearer" in answer.json()["message"]
    assert "unknown or revoked" in house.post("/in/alertmanager/x", b"{}").json()["message"]


def test_what_cannot_be_a_key_is_not_remembered(house: House, desk: Desk):
    """Ten thousand remembered addresses of any length would fill the memory."""
    for words in ("x" * 9000, "k" * 33, "k"):
        assert house.post(f"/in/generic/{words}", b"{}").status == 401
    assert house.app.keys is not None
    assert house.app.keys.known == {}


def test_a_question_to_opsgenie_with_many_words_is_answered(house: House, desk: Desk):
    key = create_key(desk.service, "opsgenie", by=actor(desk.grace), now=T0)[1]
    headers = [(b"authorization", f"GenieKey {key}".encode())]
    assert house.post(GENIE, b'{"message": "m", "alias": "a"}', headers=headers).status == 202
    take_in(now=T0)
    many = "&".join(f"x{n}=1" for n in range(200))
    answer = house.run(ask(house.app, f"{GENIE}/a/close", [b"{}"], headers=headers, query=f"identifierType=alias&{many}".encode()))
    assert answer.status == 202
    take_in(now=T0)
    assert Alert.objects.get().state == "resolved"
