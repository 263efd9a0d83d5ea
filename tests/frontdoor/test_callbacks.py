"""Signed callbacks of remotes: passed on whole, answered by the handler of their kind, and refused in the one shape of errors."""

from __future__ import annotations

import asyncio
import datetime as dt
import json

import pytest
from django.db import DataError, OperationalError
from django.test import Client

from tests.frontdoor.house import ask, behind
from watchbill.connectors.callbacks import CALLBACKS, Answer, Call
from watchbill.frontdoor.app import FrontDoor
from watchbill.kernel.errors import NotAllowed, NotReady

pytestmark = pytest.mark.django_db
HEARD: list[Call] = []


def echo(call: Call, now: dt.datetime) -> Answer:
    assert now.tzinfo is not None
    if call.headers.get("x-signature") != "right":
        raise NotAllowed("The signature does not fit.")
    if call.rest == "break":
        raise ZeroDivisionError
    if call.rest == "away":
        raise OperationalError
    if call.rest == "later":
        raise NotReady("Not yet.")
    if call.rest == "data":
        raise DataError
    HEARD.append(call)
    return Answer(202, b"<Response/>", "text/xml")


@pytest.fixture(autouse=True)
def a_kind_that_calls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    HEARD.clear()
    monkeypatch.setitem(CALLBACKS, "echo", f"{__name__}.echo")


def test_a_callback_reaches_its_handler_as_it_came(client: Client, settings) -> None:
    settings.PUBLIC_URL = "https://desk.example.org"
    answer = client.post(
        "/in/echo/main/status?x=1", data=b"a=%C3%A9&b=", content_type="application/x-www-form-urlencoded", headers={"X-Signature": "right"}
    )
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (202, b"<Response/>", "text/xml")
    (call,) = HEARD
    assert (call.name, call.rest, call.body, call.query) == ("main", "status", b"a=%C3%A9&b=", "x=1")
    assert call.url == "https://desk.example.org/in/echo/main/status?x=1"


def test_a_refusal_and_a_failure_have_the_shape_of_errors(client: Client) -> None:
    refused = client.post("/in/echo/main", data=b"x", content_type="text/plain")
    assert (refused.status_code, json.loads(refused.content)["error"]) == (403, "not_allowed")
    broken = client.post("/in/echo/main/break", data=b"x", content_type="text/plain", headers={"X-Signature": "right"})
    assert (broken.status_code, json.loads(broken.content)["error"]) == (500, "internal")
    unknown = client.post("/in/other/main", data=b"x", content_type="text/plain")
    assert (unknown.status_code, json.loads(unknown.content)["error"]) == (404, "not_found")


def test_what_may_pass_is_asked_to_come_again(client: Client) -> None:
    for rest in ("away", "later"):
        answer = client.post(f"/in/echo/main/{rest}", data=b"x", content_type="text/plain", headers={"X-Signature": "right"})
        assert (answer.status_code, answer.headers["Retry-After"], json.loads(answer.content)["error"]) == (503, "5", "not_ready")


def test_what_no_column_takes_is_no_failure_of_ours(client: Client) -> None:
    answer = client.post("/in/echo/main/data", data=b"x", content_type="text/plain", headers={"X-Signature": "right"})
    assert (answer.status_code, json.loads(answer.content)["error"]) == (422, "invalid")


def test_a_callback_that_is_too_long_is_told_so_in_json(client: Client) -> None:
    answer = client.post("/in/echo/main", data=b"x" * (3 * 1024 * 1024), content_type="text/plain", headers={"X-Signature": "right"})
    assert (answer.status_code, json.loads(answer.content)["error"]) == (413, "too_big")


def test_a_slash_at_the_end_changes_nothing(client: Client) -> None:
    answer = client.post("/in/echo/main/status/", data=b"x", content_type="text/plain", headers={"X-Signature": "right"})
    assert (answer.status_code, HEARD[-1].rest) == (202, "status")
    assert HEARD[-1].url.endswith("/status/")  # as it was signed


@pytest.mark.parametrize("path", ["/in/slack/%00/events", "/in/slack/a%00b/command", "/in/twilio/%00/sms", "/in/phone/%00/sms"])
def test_a_name_that_nothing_has_is_not_there(client: Client, path: str) -> None:
    assert client.post(path, data=b"x", content_type="text/plain").status_code in (404, 503)


def test_the_front_door_passes_it_to_the_pages() -> None:
    answer = asyncio.run(ask(FrontDoor(behind), "/in/echo/main"))
    assert answer.headers["x-behind"] == "/in/echo/main"
    for path in ("/in/echo", "/in/echo/"):
        answer = asyncio.run(ask(FrontDoor(behind), path))
        assert (answer.status, answer.json()["error"]) == (404, "not_found")
