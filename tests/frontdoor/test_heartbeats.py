"""A sign of life over HTTP: on disk before it is answered, by any method that a shell or a cron job has at hand."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import transaction

from tests.factories import actor
from tests.frontdoor.house import House, ask
from tests.intake.desk import Desk, body
from watchbill.intake.actions import create_heartbeat_key, revoke_key, rotate_key
from watchbill.intake.actions.heartbeats import watch_in
from watchbill.intake.models import Heartbeat, IntegrationKey, Listening
from watchbill.intake.rules import digest_of
from watchbill.kernel.clock import database_now


@pytest.fixture
def key(desk: Desk) -> str:
    now = database_now()
    with transaction.atomic():
        watch_in("backup", {"service_id": desk.service.id, "every_seconds": 300, "grace_seconds": 0, "severity": "high"}, now=now)
    return create_heartbeat_key("backup", by=actor(desk.ada), now=now)[1]


@pytest.mark.req("P20")
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_sign_is_on_disk_when_it_is_answered(house: House, key: str, method: str):
    answer = house.run(ask(house.app, f"/in/heartbeat/{key}", [b"anything"], method=method))
    assert answer.status == 202
    last = Heartbeat.objects.get().last_at
    assert last is not None
    assert abs((database_now() - last).total_seconds()) < 10


def test_the_key_may_be_a_bearer_token(house: House, key: str):
    answer = house.run(ask(house.app, "/in/heartbeat", headers=[(b"authorization", b"Bearer " + key.encode())]))
    assert answer.status == 202
    answer = house.run(ask(house.app, "/in/heartbeat/", headers=[(b"authorization", b"bearer  " + key.encode())]))
    assert answer.status == 202


def test_what_is_refused(house: House, desk: Desk, key: str):
    assert house.run(ask(house.app, f"/in/heartbeat/{'0' * 32}")).status == 401
    assert house.run(ask(house.app, "/in/heartbeat")).status == 401
    assert house.run(ask(house.app, f"/in/heartbeat/{desk.key}")).status == 401  # a key for events gives no sign of life
    assert house.run(ask(house.app, f"/in/heartbeat/{key}", method="DELETE")).status == 405
    assert house.post("/v2/enqueue", {**body("k"), "routing_key": key}).status == 400  # nor the other way round
    assert Heartbeat.objects.get().last_at is None
    revoke_key(Heartbeat.objects.get().keys.get().id, by=actor(desk.ada), now=database_now())
    assert house.run(ask(house.app, f"/in/heartbeat/{key}")).status == 401


def test_a_key_that_was_replaced_beats_on_for_the_overlap(house: House, desk: Desk, key: str):
    now = database_now()
    new, secret = rotate_key(Heartbeat.objects.get().keys.get().id, timedelta(hours=1), by=actor(desk.ada), now=now)
    assert new.heartbeat == Heartbeat.objects.get()
    for one in (key, secret):
        assert house.run(ask(house.app, f"/in/heartbeat/{one}")).status == 202
    IntegrationKey.objects.filter(follows=None, heartbeat__isnull=False).update(ends_at=now)
    assert house.run(ask(house.app, f"/in/heartbeat/{key}")).status == 401


def test_keys_of_heartbeats_are_not_among_those_that_open_the_door_without_the_database(house: House, desk: Desk, key: str):
    house.run(ask(house.app, f"/in/heartbeat/{key}"))
    waited = threading.Event()
    for _ in range(100):
        if house.app.keys is not None and house.app.keys.good.keys:
            break
        waited.wait(0.05)
    assert house.app.keys.good.find(digest_of(desk.key))
    assert house.app.keys.good.find(digest_of(key)) is None


def test_the_door_says_that_it_listens_and_names_a_gap(house: House, key: str):
    house.run(ask(house.app, f"/in/heartbeat/{key}"))
    waited = threading.Event()
    for _ in range(100):
        if Listening.objects.exists():
            break
        waited.wait(0.05)
    first = Listening.objects.get()
    assert first.gap_from is None
    Listening.objects.update(last_at=first.last_at.replace(year=first.last_at.year - 1))
    for _ in range(100):
        if Listening.objects.get().gap_from:
            break
        waited.wait(0.05)
    after = Listening.objects.get()
    assert after.gap_from.year == first.last_at.year - 1
    assert after.since > first.since
