"""Whatever is in whichever field of any way in: the documented answer, never a 500, and what was answered 2xx has its effect."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import T0, actor
from tests.frontdoor.house import Answer, House, ask
from tests.frontdoor.test_ways import PAYLOADS
from tests.intake.desk import Desk
from watchbill.connectors import alertmanager
from watchbill.connectors.inbound import WAYS
from watchbill.intake.actions import create_key, set_mapping, take_in
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


def paths_in(value: Any, so_far: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where every value of a message stands."""
    found = [so_far] if so_far else []
    if isinstance(value, dict):
        return found + [path for name, inner in value.items() for path in paths_in(inner, (*so_far, name))]
    if isinstance(value, list):
        return found + [path for n, inner in enumerate(value[:3]) for path in paths_in(inner, (*so_far, n))]
    return found


def with_value(message: Any, path: tuple[Any, ...], value: Any) -> Any:
    copied = json.loads(json.dumps(message))
    spot = copied
    for step in path[:-1]:
        spot = spot[step]
    spot[path[-1]] = value
    return copied


MAPPING = {
    "summary": "summary || title",
    "severity": "severity",
    "action": "status",
    "each": "items || [@]",
    "dedup_key": "join('-', [dedup_key, source])",
}


@pytest.mark.parametrize("kind", sorted(WAYS))
def test_every_field_of_every_documented_message(house: House, desk: Desk, kind: str):
    made, key = create_key(desk.service, kind, by=actor(desk.grace), now=T0)
    if kind == "generic":
        set_mapping(made.id, MAPPING, by=actor(desk.grace), now=T0)
    messages = [json.loads(path.read_bytes()) for path in PAYLOADS[kind]]
    spots = [(n, path) for n, message in enumerate(messages) for path in paths_in(message)]
    taken = 0

    @given(spot=st.sampled_from(spots), value=VALUES)
    @settings(WITH_FIXTURES, max_examples=300)
    def send(spot: tuple[int, tuple[Any, ...]], value: Any) -> None:
        nonlocal taken
        message = with_value(messages[spot[0]], spot[1], value)
        raw = json.dumps(message).encode()
        taken += check(house.post(f"/in/{kind}/{key}", raw), events=False)

    send()
    assert taken > 10
    nothing_was_lost(taken)


@pytest.mark.parametrize("kind", sorted(WAYS))
def test_bytes_and_depths_and_lengths_at_every_way(house: House, desk: Desk, kind: str):
    key = create_key(desk.service, kind, by=actor(desk.grace), now=T0)[1]
    taken = 0

    @given(
        raw=st.binary(max_size=200)
        | DEEP
        | st.sampled_from([b"{" * 100_000, b'{"a":' * 60_000, b'"' + b"\\ud800" * 50_000 + b'"', b" " * 10_000_000])
    )
    @settings(WITH_FIXTURES, max_examples=60)
    def send(raw: bytes) -> None:
        nonlocal taken
        taken += check(house.post(f"/in/{kind}/{key}", raw), events=False)

    send()
    assert house.post(f"/in/{kind}/{key}", {"summary": "x" * 10_000_000}).status == 413
    for depth in (90, 101, 5000):
        nested = b'{"x":' + b"[" * depth + b"]" * depth + b"}"
        answer = house.post(f"/in/{kind}/{key}", nested)
        assert answer.status in ((202, 400) if depth < 100 else (400,))
        taken += answer.status == 202
    nothing_was_lost(taken)


OPSGENIE = {
    "": (
        "POST",
        {
            "message": "x",
            "alias": "a",
            "priority": "P1",
            "description": "d",
            "tags": ["t"],
            "details": {"a": "b"},
            "responders": [{"name": "n"}],
            "note": "n",
            "source": "s",
            "entity": "e",
            "user": "u",
            "actions": ["r"],
            "visibleTo": [],
        },
    ),
    "/a/close": ("POST", {"note": "n", "user": "u", "source": "s"}),
    "/a/acknowledge": ("POST", {"note": "n", "user": "u", "source": "s"}),
    "/a/unacknowledge": ("POST", {"note": "n"}),
    "/a/notes": ("POST", {"note": "n", "user": "u"}),
    "/a/tags": ("POST", {"tags": ["a"], "note": "n"}),
    "/a/details": ("POST", {"details": {"a": "b"}, "note": "n"}),
    "/a/message": ("PUT", {"message": "m"}),
    "/a/description": ("PUT", {"description": "m"}),
    "/a/priority": ("PUT", {"priority": "P2"}),
}


def test_every_field_of_opsgenies_requests(house: House, desk: Desk):
    key = create_key(desk.service, "opsgenie", by=actor(desk.grace), now=T0)[1].encode()
    spots = [(rest, name) for rest, (_, body) in OPSGENIE.items() for name in [*body, "unknown"]]
    taken = 0

    @given(spot=st.sampled_from(spots), value=VALUES)
    @settings(WITH_FIXTURES, max_examples=300)
    def send(spot: tuple[str, str], value: Any) -> None:
        nonlocal taken
        method, body = OPSGENIE[spot[0]]
        raw = json.dumps({**body, spot[1]: value}).encode()
        headers = [(b"authorization", b"GenieKey " + key)]
        answer = house.run(ask(house.app, f"/v2/alerts{spot[0]}", [raw], method=method, headers=headers, query=b"identifierType=alias"))
        assert answer.status in (202, 400, 422), (answer.status, answer.body)
        assert "requestId" in answer.json()
        taken += answer.status == 202

    send()
    assert taken > 10
    nothing_was_lost(taken)


def test_every_field_of_the_first_version(house: House, desk: Desk):
    whole = {
        "service_key": desk.key,
        "event_type": "trigger",
        "incident_key": "k",
        "description": "d",
        "details": {"a": 1},
        "client": "c",
        "client_url": "https://c",
        "contexts": [{"type": "link", "href": "https://l"}],
    }
    taken = 0

    @given(action=ACTIONS, more=st.dictionaries(st.sampled_from([*whole, "unknown"]), VALUES, max_size=3))
    @WITH_FIXTURES
    def send(action: str, more: dict[str, Any]) -> None:
        nonlocal taken
        answer = house.post("/generic/2010-04-15/create_event.json", json.dumps({**whole, "event_type": action, **more}).encode())
        assert answer.status in (200, 400)
        taken += answer.status == 200

    send()
    assert taken > 10
    nothing_was_lost(taken)
