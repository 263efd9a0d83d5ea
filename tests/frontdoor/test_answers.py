"""What each request is answered, and that a 2xx is on disk."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import Any

import httpx
import pytest
from django.db import connection

from tests.factories import T0, actor
from tests.frontdoor.house import Answer, House, ask
from tests.intake.desk import Desk, add_key, body
from watchbill.incidents.models import Incident, Service
from watchbill.intake.actions import create_key, revoke_key, take_in
from watchbill.intake.models import Alert, Event, IntegrationKey
from watchbill.kernel.clock import database_now

MESSAGE = {"alerts": [{"status": "firing", "labels": {"alertname": "X"}, "fingerprint": "1"}], "groupKey": "g"}


def event(desk: Desk, key: str | None = "k1", **fields: Any) -> dict[str, Any]:
    said = {**body("k1"), "routing_key": desk.key, "dedup_key": key, **fields}
    return {name: value for name, value in said.items() if value is not None}


def test_an_event_is_on_disk_when_it_is_answered_as_pagerduty_does(house: House, desk: Desk):
    answer = house.post("/v2/enqueue", event(desk))
    assert answer.status == 202
    assert answer.json() == {"status": "success", "message": "Event processed", "dedup_key": "k1"}
    assert answer.headers["content-type"] == "application/json"
    stored = Event.objects.get()
    assert (stored.state, stored.kind, stored.dedup_key, stored.service_id) == ("pending", "events", "k1", desk.service.id)
    assert stored.key_id == IntegrationKey.objects.get().id
    assert abs((stored.received_at - database_now()).total_seconds()) < 10
    assert desk.key.encode() not in bytes(stored.body)
    assert json.loads(bytes(stored.body))["payload"]["summary"] == "disk full"


def test_a_key_written_with_escapes_is_kept_nowhere_either(house: House, desk: Desk):
    raw = json.dumps(event(desk)).replace(desk.key, "\\u0030" + desk.key[1:]).encode()
    assert house.post("/v2/enqueue", raw).status == 202
    assert json.loads(bytes(Event.objects.get().body))["routing_key"] == "*" * 32


def test_without_a_dedup_key_one_is_made_answered_and_used(house: House, desk: Desk):
    made = [house.post("/v2/enqueue", event(desk, key)).json()["dedup_key"] for key in (None, "")]
    assert all(re.fullmatch("[0-9a-f]{32}", key) for key in made)
    assert made[0] != made[1]
    take_in(now=T0)
    assert set(Alert.objects.values_list("dedup_key", flat=True)) == set(made)


def test_equal_bytes_are_events_of_their_own(house: House, desk: Desk):
    """What was read once is not read again, and nothing else is spared: each is stored, and has its own key when the server makes it."""
    made = [house.post("/v2/enqueue", event(desk, None)).json()["dedup_key"] for _ in range(3)]
    assert len(set(made)) == 3
    assert [house.post("/v2/enqueue", event(desk)).json()["dedup_key"] for _ in range(3)] == ["k1"] * 3
    assert house.post("/v2/enqueue", event(desk, "k2")).json()["dedup_key"] == "k2"
    wrong = event(desk, event_action="shout")
    answers = [house.post("/v2/enqueue", wrong) for _ in range(2)]
    assert [(each.status, each.json()["status"]) for each in answers] == [(400, "invalid event")] * 2
    assert sorted(Event.objects.values_list("dedup_key", flat=True)) == sorted([*made, "k1", "k1", "k1", "k2"])
    assert not any(desk.key.encode() in bytes(each.body) for each in Event.objects.all())


def test_a_key_that_was_revoked_stops_equal_bytes_too(house: House, desk: Desk):
    assert house.post("/v2/enqueue", event(desk)).status == 202
    revoke_key(IntegrationKey.objects.get().id, by=actor(desk.ada), now=database_now())
    for _ in range(100):
        if house.post("/v2/enqueue", event(desk)).status == 400:
            return
        time.sleep(0.05)
    raise AssertionError("a revoked key still takes events")


def test_resolve_and_acknowledge_are_taken_even_when_nothing_fires(house: House, desk: Desk):
    for action in ("acknowledge", "resolve"):
        assert house.post("/v2/enqueue", event(desk, event_action=action)).status == 202
    take_in(now=T0)
    assert not Incident.objects.exists()


@pytest.mark.parametrize("key", ["0" * 31 + "z", "é" * 32, "x", ""])
def test_an_unknown_key_is_an_invalid_event(house: House, desk: Desk, key: str):
    answer = house.post("/v2/enqueue", event(desk, routing_key=key))
    assert answer.status == 400
    assert answer.json()["status"] == "invalid event"
    assert answer.json()["message"] == "Event object is invalid"
    assert answer.json()["errors"]
    assert not Event.objects.exists()


@pytest.mark.parametrize("raw", [b"{", b"", b"[1]", b'"\xff"', b"[" * 50_000, b"null", b"1e999"])
def test_a_body_that_is_no_event_is_refused_and_not_stored(house: House, desk: Desk, raw: bytes):
    for path in ("/v2/enqueue", "/v2/change/enqueue"):
        answer = house.post(path, raw)
        assert (answer.status, answer.json()["status"]) == (400, "invalid event")
    answer = house.post(f"/in/alertmanager/{desk.key}", raw)
    assert (answer.status, answer.json()["error"]) == (400, "invalid")
    assert not Event.objects.exists()


def test_nul_and_lone_surrogates_are_taken_and_stored_clean(house: House, desk: Desk):
    raw = json.dumps(event(desk, "k\x00\ud800")).replace("disk full", "a\\u0000\\udfff").encode()
    answer = house.post("/v2/enqueue", raw)
    assert (answer.status, answer.json()["dedup_key"]) == (202, "k\ufffd\ufffd")
    take_in(now=T0)
    assert Alert.objects.get().summary == "a\ufffd\ufffd"


@pytest.mark.parametrize(("length", "status"), [(512 * 1024, 202), (512 * 1024 + 1, 413), (10 * 1024 * 1024, 413)])
def test_bodies_up_to_512_kb_are_taken_and_bigger_ones_answered(house: House, desk: Desk, length: int, status: int):
    raw = json.dumps(event(desk)).encode()
    raw += b" " * (length - len(raw))
    parts = [raw[n : n + 65536] for n in range(0, len(raw), 65536)]
    answer = house.run(ask(house.app, "/v2/enqueue", parts))
    assert answer.status == status
    assert int(answer.headers["read"]) == len(parts)  # to the end, so that the client sees the answer and not a reset
    assert Event.objects.count() == (status == 202)
    if status == 413:
        assert answer.json()["errors"] == ["Event is too big (should be at most 524288 bytes)"]


def test_what_never_ends_is_not_read_for_ever(house: House, desk: Desk):
    answer = house.run(ask(house.app, "/v2/enqueue", [b"x" * 1024 * 1024] * 40))
    assert answer.status == 413
    assert int(answer.headers["read"]) < 20


def test_a_client_that_goes_away_leaves_nothing_and_is_answered_in_case_it_did_not(house: House, desk: Desk):
    raw = json.dumps(event(desk)).encode()

    async def leave() -> list[Any]:
        async def receive() -> dict[str, Any]:
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        sent: list[Any] = []
        messages: list[dict[str, Any]] = [{"type": "http.request", "body": raw, "more_body": True}, {"type": "http.disconnect"}]
        await house.app({"type": "http", "path": "/v2/enqueue", "method": "POST", "headers": []}, receive, send)  # type: ignore[arg-type]
        return sent

    assert house.run(leave())[0]["status"] == 400
    assert not Event.objects.exists()


@pytest.mark.parametrize("path", ["/v2/enqueue", "/v2/change/enqueue", "/in/alertmanager/x"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_are_answered_405_with_json(house: House, path: str, method: str):
    answer = house.post(path, b"", method=method)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["error"] == "method_not_allowed"


def test_a_change_event_is_stored_and_notifies_nobody(house: House, desk: Desk):
    answer = house.post("/v2/change/enqueue", {"routing_key": desk.key, "payload": {"summary": "deployed"}})
    assert (answer.status, answer.json()) == (202, {"status": "success", "message": "Change event processed"})
    stored = Event.objects.get()
    assert (stored.kind, stored.state, stored.outcome) == ("change", "done", "Stored.")
    assert take_in(now=T0) == 0
    assert not Incident.objects.exists()
    refused = house.post("/v2/change/enqueue", {"routing_key": desk.key, "payload": {"summary": 3}})
    assert refused.json()["errors"] == ["'payload.summary' must be a string"]


def test_alertmanager_by_the_key_in_the_path_or_as_bearer(house: House, desk: Desk):
    assert house.post(f"/in/alertmanager/{desk.key}", MESSAGE).status == 202
    assert house.post("/in/alertmanager", MESSAGE, headers=[(b"authorization", f"Bearer {desk.key}".encode())]).status == 202
    assert house.post("/in/alertmanager", MESSAGE, headers=[(b"authorization", f"bearer  {desk.key}".encode())]).status == 202
    assert Event.objects.filter(kind="alertmanager").count() == 3
    for path, headers in [
        ("/in/alertmanager/nope", []),
        ("/in/alertmanager", []),
        ("/in/alertmanager", [(b"authorization", b"Bearer \xff")]),
        ("/in/alertmanager", [(b"authorization", f"Basic {desk.key}".encode())]),
    ]:
        answer = house.post(path, MESSAGE, headers=headers)
        assert (answer.status, answer.json()["error"]) == (401, "unknown_key")
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_a_message_of_alertmanager_may_be_longer_than_an_event(house: House, desk: Desk):
    alert = MESSAGE["alerts"][0]
    big = {"alerts": [{**alert, "fingerprint": str(n), "annotations": {"summary": "x" * 900}} for n in range(1500)], "groupKey": "g"}
    assert house.post(f"/in/alertmanager/{desk.key}", big).status == 202
    answer = house.post(f"/in/alertmanager/{desk.key}", b" " * (4 * 1024 * 1024 + 1))
    assert (answer.status, answer.json()["error"]) == (413, "too_big")


@pytest.mark.parametrize("path", ["/in", "/in/", "/in/nope/x", "/in/\ud800", "/in/grafanas/x", "/v2/enqueue/more", "/v2/", "/v2/alertsx"])
def test_addresses_of_machines_that_nobody_answers_are_refused_with_json(house: House, path: str):
    answer = house.post(path, b"{}")
    assert (answer.status, answer.json()["error"]) == (404, "not_found")


def test_a_slash_at_the_end_costs_no_alert(house: House, desk: Desk):
    assert house.post("/v2/enqueue/", event(desk)).status == 202
    assert house.post("/v2/change/enqueue/", {"routing_key": desk.key, "payload": {"summary": "deployed"}}).status == 202
    assert house.post(f"/in/alertmanager/{desk.key}/", MESSAGE).status == 202
    assert house.post("/acceptz/", b"", method="GET").status == 200
    assert Event.objects.count() == 3


@pytest.mark.parametrize("path", ["/api/v1/incidents", "/accounts/login/"])
@pytest.mark.parametrize("said", [True, False])
def test_no_body_is_longer_than_what_anything_takes(house: House, path: str, said: bool):
    parts = [b"x" * 1024 * 1024] * 20
    headers = [(b"content-length", str(20 * 1024 * 1024).encode())] if said else []
    answer = house.run(ask(house.app, path, parts, headers=headers))
    assert (answer.status, answer.json()["error"]) == (413, "too_big")
    assert int(answer.headers["read"]) <= 17
    whole = house.run(ask(house.app, path, parts[:16], headers=[(b"content-length", str(16 * 1024 * 1024).encode())] if said else []))
    assert (whole.status, whole.headers["x-behind"], whole.headers["read"]) == (200, path, "16")


def test_an_event_that_is_too_big_is_told_in_both_shapes(house: House, desk: Desk):
    answer = house.post("/v2/enqueue", event(desk, client="x" * 512 * 1024))
    assert answer.status == 413
    said = answer.json()
    assert (said["error"], said["status"]) == ("too_big", "invalid event")
    assert said["errors"] == ["Event is too big (should be at most 524288 bytes)"]


def test_everything_else_goes_to_the_application_behind(house: House):
    for path in ("/", "/v2", "/internal", "/healthz"):
        assert house.post(path, b"").headers["x-behind"] == path


def test_acceptz_says_whether_an_event_can_be_stored(house: House):
    for _ in range(2):
        assert house.post("/acceptz", b"", method="GET").status == 200
    assert house.post("/acceptz", b"").status == 405
    assert not Event.objects.exists()


def test_a_revoked_key_stops_and_a_new_one_works_at_once(house: House, desk: Desk):
    assert house.post("/v2/enqueue", event(desk)).status == 202
    operator, now = actor(desk.grace, "cli"), database_now()
    revoke_key(IntegrationKey.objects.get().id, by=operator, now=now)
    ended = _until(lambda: house.post("/v2/enqueue", event(desk)), 400)
    assert ended < 0.5
    _, secret = create_key(desk.service, "events", by=operator, now=now)
    assert len(secret) == 32
    assert _until(lambda: house.post("/v2/enqueue", event(desk, routing_key=secret)), 202) < 0.5
    assert not IntegrationKey.objects.filter(digest=secret.encode()).exists()


@pytest.mark.timed
def test_a_key_that_ended_without_a_signal_stops_within_a_second(house: House, desk: Desk):
    assert house.post("/v2/enqueue", event(desk)).status == 202
    IntegrationKey.objects.update(revoked_at=T0)
    assert _until(lambda: house.post("/v2/enqueue", event(desk)), 400) < 1.5


def test_a_rotated_key_works_until_its_end_and_a_closed_service_takes_nothing(house: House, desk: Desk):
    import datetime as dt

    now = database_now()
    still = add_key(desk.service, ends_at=now + dt.timedelta(hours=1))
    over = add_key(desk.service, ends_at=now - dt.timedelta(seconds=1))
    assert house.post("/v2/enqueue", event(desk, routing_key=still)).status == 202
    assert house.post("/v2/enqueue", event(desk, routing_key=over)).status == 400
    Service.objects.update(is_active=False)
    assert _until(lambda: house.post("/v2/enqueue", event(desk)), 400) < 1.5


def test_many_requests_share_a_commit_and_each_is_stored_once(house: House, desk: Desk):
    async def flood() -> list[Answer]:
        return await asyncio.gather(*(ask(house.app, "/v2/enqueue", [json.dumps(event(desk, f"k{n}")).encode()]) for n in range(400)))

    answers = house.run(flood())
    assert {answer.status for answer in answers} == {202}
    assert sorted(Event.objects.values_list("dedup_key", flat=True)) == sorted(answer.json()["dedup_key"] for answer in answers)
    assert Event.objects.values("batch").distinct().count() < 40


def test_the_engine_is_woken_by_what_is_stored(house: House, desk: Desk):
    with connection.cursor() as cursor:
        cursor.execute("LISTEN watchbill_events")
    house.post("/v2/enqueue", event(desk))
    heard = list(connection.connection.notifies(timeout=2, stop_after=1))
    assert [notify.channel for notify in heard] == ["watchbill_events"]
    with connection.cursor() as cursor:
        cursor.execute("UNLISTEN *")


def test_an_ordinary_client_through_asgi_without_a_lifespan(desk: Desk):
    from tests.frontdoor.house import behind
    from watchbill.frontdoor.app import FrontDoor

    async def use() -> httpx.Response:
        app = FrontDoor(behind)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as client:  # type: ignore[arg-type]
            answer = await client.post("/v2/enqueue", content=json.dumps(event(desk)).encode())  # no content type
        await app.stop()
        return answer

    assert asyncio.run(use()).status_code == 202
    assert Event.objects.count() == 1


def _until(request: Any, status: int) -> float:
    """Seconds until this request is answered so."""
    started = time.monotonic()
    while request().status != status:
        assert time.monotonic() - started < 5
        time.sleep(0.02)
    return time.monotonic() - started
