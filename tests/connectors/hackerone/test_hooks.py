"""POST /in/hackerone/NAME: proved over the raw body, stored once, answered at once. It is a hint: what is true is asked of HackerOne."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.test import Client

from tests.connectors.hackerone.conftest import House
from tests.connectors.hackerone.fake import signed
from watchbill.connectors.hackerone.verifying import is_proved
from watchbill.kernel.clock import database_now
from watchbill.platforms.models import Delivery, Platform

VECTOR = b'{"data":{"activity":{"type":"activity-comment"},"report":{"id":"1337"}}}'
RIGHT = "sha256=d40a6085aa0553dd12abd516d12a21df3b7750e7850b0c44508bd2e1b654a365"


def body(report: str, *, inner: bool = False, program: str = "acme") -> bytes:
    row: Any = {"id": report, "type": "report", "relationships": {"program": {"data": {"attributes": {"handle": program}}}}}
    return json.dumps({"data": {"activity": {"type": "activity-bug-triaged"}, "report": {"data": row} if inner else row}}).encode()


def post(client: Client, raw: bytes, headers: dict[str, str], name: str = "h1") -> Any:
    return client.post(f"/in/hackerone/{name}", raw, content_type="application/json", headers=headers)


def test_the_signature_is_the_one_of_hackerones_documentation() -> None:
    assert is_proved("s3cret", {"x-h1-signature": RIGHT}, VECTOR)
    assert not is_proved("s3cret", {"x-h1-signature": RIGHT}, VECTOR + b" ")
    assert not is_proved("s3cret", {}, VECTOR)
    assert not is_proved("other", {"x-h1-signature": RIGHT}, VECTOR)
    for secret in ("", "  ", "\n"):
        empty = signed(VECTOR, secret=secret)["X-H1-Signature"]
        assert not is_proved(secret, {"x-h1-signature": empty}, VECTOR)


@pytest.mark.req("K26")
@pytest.mark.parametrize("inner", [False, True])
def test_a_webhook_makes_the_report_be_read_at_once_in_both_shapes(house: House, client: Client, inner: bool) -> None:
    id_ = house.fake.add()
    house.round()
    house.fake.change(id_, state="triaged")
    Platform.objects.update(due_at=database_now() + dt.timedelta(hours=1))
    raw = body(id_, inner=inner)
    for _ in range(2):
        assert post(client, raw, signed(raw)).status_code == 202
    row = Delivery.objects.get()
    assert (bytes(row.body), row.external_id, row.event, row.handled_at) == (raw, id_, "report_created", None)
    house.thread.work()
    assert house.mirrored(id_).state == "triaged"
    assert Platform.objects.get().heard_at is not None


def test_a_webhook_of_what_is_not_understood_makes_all_be_read_soon(house: House, client: Client) -> None:
    house.round()
    new = house.fake.add()
    raw = b'{"data": {"something": ["else"]}}'
    assert post(client, raw, signed(raw, event="report_\x00\ufffd".replace("\x00", ""))).status_code == 202
    house.thread.work()
    assert house.mirrored(new).title


def test_the_same_body_under_another_name_is_the_same(house: House, client: Client) -> None:
    raw = body("1337")
    for delivery in ("d-1", "d-2", ""):
        assert post(client, raw, signed(raw, delivery=delivery)).status_code == 202
    assert Delivery.objects.count() == 1


def test_what_is_not_proved_or_not_for_us_stores_nothing(house: House, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = body("1337")
    assert post(client, raw, signed(raw, secret="wrong")).status_code == 401
    assert post(client, raw, {}).status_code == 401
    assert post(client, raw + b" ", signed(raw)).status_code == 401
    assert post(client, raw, signed(raw), name="other").status_code == 404
    assert post(client, raw, signed(raw), name="h1/more").status_code == 404
    assert client.get("/in/hackerone/h1", headers=signed(b"")).status_code == 422
    other = body("1337", program="someone-else")
    refused = post(client, other, signed(other))
    assert (refused.status_code, "Expected acme" in refused.json()["message"]) == (422, True)
    for odd in (b"[]", b"nonsense", b""):
        assert post(client, odd, signed(odd)).status_code == 422
    for secret in ("", "   "):
        monkeypatch.setenv("H1_SECRET", secret)
        assert post(client, raw, signed(raw, secret=secret)).status_code == 503
    Platform.objects.update(webhook_env="")
    assert post(client, raw, signed(raw, secret="")).status_code == 503
    assert not Delivery.objects.exists()
