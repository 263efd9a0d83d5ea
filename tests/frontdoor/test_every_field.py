"""Whatever is in whichever field of either way in: the documented answer, never a 500, and what was answered 2xx has its effect."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import T0
from tests.frontdoor.house import Answer, House
from tests.intake.desk import Desk
from watchbill.connectors import alertmanager
from watchbill.intake.actions import take_in
from watchbill.intake.models import Alert, Event

pytestmark = pytest.mark.req("P12", "P13")

TEXT = st.text(alphabet=st.characters(codec=None), max_size=40)  # type: ignore[arg-type]  # surrogates and NUL too
TIMES = st.sampled_from(
    ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00+0000", "tomorrow", "2026-13-45T99:99:99Z", 1e308, -1]
)
LONG = st.sampled_from(["x" * 255, "x" * 256, "\u20ac" * 1024, "x" * 1025, "x" * 5000, "\U0001f525" * 1024])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | TIMES | LONG,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)
DEEP = st.sampled_from([101, 150, 900, 5000]).map(lambda n: b"[" * n + b"]" * n)
EVENT = ["routing_key", "event_action", "dedup_key", "payload", "client", "client_url", "links", "images", "unknown"]
PAYLOAD = ["summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details", "unknown"]
ACTIONS = st.sampled_from(["trigger", "acknowledge", "resolve"])
MESSAGE = [
    "receiver",
    "status",
    "alerts",
    "groupLabels",
    "commonLabels",
    "commonAnnotations",
    "externalURL",
    "version",
    "groupKey",
    "truncatedAlerts",
]
ALERT = ["status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"]

WITH_FIXTURES = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def check(answer: Answer, *, events: bool) -> bool:
    """Is the answer one of those that the contract names, in its shape? Says whether it was taken."""
    assert answer.status in (202, 400, 413), (answer.status, answer.body)
    said = answer.json()
    if answer.status == 202:
        assert said["status"] == "success"
    elif events:
        assert (said["status"], said["message"]) == ("invalid event", "Event object is invalid")
        assert said["errors"]
        assert all(isinstance(one, str) for one in said["errors"])
    else:
        assert set(said) == {"error", "message", "details"}
    return answer.status == 202


def nothing_was_lost(taken: int) -> None:
    """Every 202 has its row, and every row its effect."""
    assert Event.objects.count() == taken
    while take_in(now=T0):
        pass
    assert not Event.objects.exclude(state="done").exists(), list(Event.objects.exclude(state="done").values_list("outcome", flat=True))


def test_every_field_of_an_event(house: House, desk: Desk):
    taken = 0

    @given(
        action=ACTIONS,
        outer=st.dictionaries(st.sampled_from(EVENT), VALUES, max_size=2),
        inner=st.dictionaries(st.sampled_from(PAYLOAD), VALUES, max_size=3),
    )
    @WITH_FIXTURES
    def send(action: str, outer: dict[str, Any], inner: dict[str, Any]) -> None:
        nonlocal taken
        said = {"summary": "disk full", "source": "host1", "severity": "error", **inner}
        event = {"routing_key": desk.key, "event_action": action, "dedup_key": "k", "payload": said, **outer}
        for path in ("/v2/enqueue", "/v2/change/enqueue"):
            answer = house.post(path, json.dumps(event).encode())
            if check(answer, events=True):
                taken += 1
                if path == "/v2/enqueue":
                    assert 0 < len(answer.json()["dedup_key"]) <= 255

    send()
    assert taken > 10
    nothing_was_lost(taken)
    assert Alert.objects.exists()


def test_every_field_of_a_message_of_alertmanager(house: House, desk: Desk):
    whole = {
        "version": "4",
        "status": "firing",
        "groupKey": "{}",
        "receiver": "hook",
        "alerts": [
            {"status": "firing", "labels": {"alertname": "X"}, "annotations": {}, "fingerprint": "1", "endsAt": "0001-01-01T00:00:00Z"}
        ],
    }
    taken = 0

    @given(
        outer=st.dictionaries(st.sampled_from(MESSAGE), VALUES, max_size=3),
        inner=st.dictionaries(st.sampled_from(ALERT), VALUES, max_size=3),
    )
    @WITH_FIXTURES
    def send(outer: dict[str, Any], inner: dict[str, Any]) -> None:
        nonlocal taken
        alert = {**whole["alerts"][0], **inner}  # type: ignore[dict-item]
        message = {**whole, "alerts": [alert], **outer}
        taken += check(house.post(f"/in/alertmanager/{desk.key}", json.dumps(message).encode()), events=False)

    send()
    assert taken > 10
    nothing_was_lost(taken)


def test_bytes_that_are_nothing_in_particular(house: House, desk: Desk):
    @given(
        raw=st.binary(max_size=200)
        | DEEP
        | st.sampled_from([b"{" * 100_000, b'{"a":' * 60_000, b'"' + b"\\ud800" * 50_000 + b'"', b" " * 10_000_000])
    )
    @settings(WITH_FIXTURES, max_examples=60)
    def send(raw: bytes) -> None:
        for path in ("/v2/enqueue", "/v2/change/enqueue"):
            assert not check(house.post(path, raw), events=True)
        assert not check(house.post(f"/in/alertmanager/{desk.key}", raw), events=False)

    send()
    assert not Event.objects.exists()


@pytest.mark.parametrize("depth", [90, 101, 5000])
def test_nesting_is_taken_as_deep_as_it_can_be_stored(house: House, desk: Desk, depth: int):
    nested = b"[" * depth + b"]" * depth
    event = json.dumps(
        {"routing_key": desk.key, "event_action": "trigger", "payload": {"summary": "s", "source": "s", "severity": "info"}}
    ).encode()
    raw = event.replace(b'"severity"', b'"custom_details":{"x":' + nested + b'},"severity"')
    message = b'{"alerts":[{"labels":{"alertname":"X","y":' + nested + b"}}]}"
    expected = 202 if depth < 100 else 400
    assert house.post("/v2/enqueue", raw).status == expected
    assert house.post(f"/in/alertmanager/{desk.key}", message).status == expected
    nothing_was_lost(2 if depth < 100 else 0)


def test_ten_megabytes_in_one_field(house: House, desk: Desk):
    big = "x" * 10_000_000
    event = {
        "routing_key": desk.key,
        "event_action": "trigger",
        "payload": {"summary": "s", "source": "s", "severity": "info", "custom_details": big},
    }
    assert house.post("/v2/enqueue", event).status == 413
    assert house.post(f"/in/alertmanager/{desk.key}", {"alerts": [{"labels": {"a": big}}]}).status == 413
    assert not Event.objects.exists()


def test_the_recorded_messages_are_taken(house: House, desk: Desk):
    from pathlib import Path

    for path in sorted((Path(alertmanager.__file__).parent / "payloads").glob("*.json")):
        assert house.post(f"/in/alertmanager/{desk.key}", path.read_bytes()).status == 202
    nothing_was_lost(5)
