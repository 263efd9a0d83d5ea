"""PagerDuty's Events API: the documented answer to every field, and what a stored event says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchbill.connectors import bodies, pagerduty_events
from watchbill.intake.rules import Verb

KEY = "0123456789abcdef0123456789abcdef"
PAYLOADS = Path(pagerduty_events.__file__).parent / "payloads"


def event(**fields: Any) -> dict[str, Any]:
    return {
        "routing_key": KEY,
        "event_action": "trigger",
        "dedup_key": "k1",
        "payload": {"summary": "disk full", "source": "host1", "severity": "critical"},
        **fields,
    }


def payload(**fields: Any) -> dict[str, Any]:
    return event(payload={**event()["payload"], **fields})


def without(field: str) -> dict[str, Any]:
    return {name: value for name, value in event().items() if name != field}


def errors(value: Any) -> list[str]:
    return list(pagerduty_events.check_event(value).errors)


def test_a_good_event_is_taken():
    checked = pagerduty_events.check_event(event())
    assert (checked.errors, checked.routing_key, checked.action, checked.dedup_key) == ((), KEY, "trigger", "k1")


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ([], "Event must be a JSON object"),
        (without("routing_key"), "'routing_key' is missing or blank"),
        (event(routing_key=""), "'routing_key' is missing or blank"),
        (event(routing_key=3), "'routing_key' must be a string"),
        (event(routing_key="short"), "Length of 'routing_key' is incorrect (should be 32 characters)"),
        (event(routing_key="é" * 32), "'routing_key' cannot contain non-alphanumeric characters."),
        (without("event_action"), "'event_action' is missing or blank"),
        (event(event_action=["trigger"]), "'event_action' must be a string"),
        (event(event_action="explode"), "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"),
        (event(dedup_key="x" * 256), "Length of 'dedup_key' is incorrect (should be at most 255 characters)"),
        (event(dedup_key=7), "'dedup_key' must be a string"),
        (event(event_action="resolve", dedup_key=""), "'dedup_key' is missing or blank"),
        (event(event_action="acknowledge", dedup_key=None), "'dedup_key' is missing or blank"),
        (without("payload"), "'payload' is missing or blank"),
        (event(payload="x"), "'payload' must be an object"),
        (payload(summary=None), "'payload.summary' is missing or blank"),
        (payload(summary="  "), "'payload.summary' is missing or blank"),
        (payload(summary=5), "'payload.summary' must be a string"),
        (payload(summary="x" * 1025), "Length of 'payload.summary' is incorrect (should be at most 1024 characters)"),
        (payload(source=None), "'payload.source' is missing or blank"),
        (payload(source={}), "'payload.source' must be a string"),
        (payload(severity=None), "'payload.severity' is missing or blank"),
        (payload(severity="red"), "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')"),
        (
            payload(severity=["critical"]),
            "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
        ),
        (payload(component=1), "'payload.component' must be a string"),
        (payload(**{"class": []}), "'payload.class' must be a string"),
        (event(client=1), "'client' must be a string"),
        (event(links={}), "'links' must be a list"),
        (event(images="x"), "'images' must be a list"),
    ],
)
def test_each_fault_has_its_sentence(sent: Any, sentence: str):
    assert errors(sent) == [sentence]


def test_all_faults_are_told_at_once():
    assert len(errors({"event_action": "x", "payload": {}})) == 2  # of an action that is none, no payload is asked
    assert len(errors({"event_action": "trigger", "payload": {}})) == 4


@pytest.mark.parametrize(
    "timestamp", ["2026-01-01T00:00:00+00:00Z", "yesterday", "9999-12-31T23:59:59Z", "0000", 12, None, {}, "2015-07-17T08:42:58.315+0000"]
)
def test_a_timestamp_never_costs_an_alert(timestamp: Any):
    assert errors(payload(timestamp=timestamp)) == []


@pytest.mark.parametrize("details", ["text", ["a"], 3, None, {"a": 1}])
def test_details_of_any_shape_are_kept(details: Any):
    sent = payload(custom_details=details)
    assert errors(sent) == []
    (draft,) = pagerduty_events.parse(json.dumps(sent).encode(), "k1").drafts
    assert isinstance(draft.details, dict)


def test_acknowledge_and_resolve_need_no_payload_and_ignore_a_broken_one():
    assert errors({"routing_key": KEY, "event_action": "resolve", "dedup_key": "k"}) == []
    assert errors(event(event_action="acknowledge", payload="nonsense")) == []


@pytest.mark.parametrize("name", ["alertmanager_trigger", "alertmanager_resolve"])
def test_what_alertmanager_sends_is_taken(name: str):
    raw = (PAYLOADS / f"{name}.json").read_bytes()
    checked = pagerduty_events.check_event(bodies.decode(raw))
    assert checked.errors == ()
    (draft,) = pagerduty_events.parse(raw, checked.dedup_key).drafts
    assert draft.verb is (Verb.TRIGGER if name.endswith("trigger") else Verb.RESOLVE)
    assert draft.dedup_key == checked.dedup_key


def test_a_draft_has_what_was_sent_and_only_addresses_as_links():
    sent = event(
        client="Monitor",
        client_url="https://monitor.example.org",
        links=[{"href": "javascript:alert(1)"}, {"href": "https://a.example.org", "text": "A"}, 5, {}],
        images=[{"src": "https://a.example.org/x.png"}],
        payload={**event()["payload"], "component": "db", "group": "eu", "class": "disk", "custom_details": {"a": {"b": 1}}},
    )
    assert errors(sent) == []
    (draft,) = pagerduty_events.parse(json.dumps(sent).encode(), "k1").drafts
    assert (draft.component, draft.group, draft.event_class, draft.details) == ("db", "eu", "disk", {"a": {"b": 1}})
    assert [link["href"] for link in draft.links] == ["https://monitor.example.org", "https://a.example.org", "https://a.example.org/x.png"]


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"{", "not valid JSON"),
        (b"", "empty"),
        (b'"\xff"', "not valid UTF-8"),
        (b"[" * 50_000, "nested deeper"),
        (b"[" * 101 + b"]" * 101, "nested deeper"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, "nested deeper"),
        (b'["\\ud800",' + b"[" * 200 + b"]" * 200 + b"]", "nested deeper"),
        (b'["\\ud800", NaN]', "not valid JSON"),
        (b'["\\ud800"', "not valid JSON"),
        (b"NaN", "not valid JSON"),
        (b"1e999", "not valid JSON"),
        (b"1" * 5000, "not valid JSON"),
    ],
)
def test_bodies_that_are_no_json_are_refused_with_a_sentence(raw: bytes, sentence: str):
    with pytest.raises(bodies.Unreadable, match=sentence):
        bodies.decode(raw)


@pytest.mark.parametrize(
    "raw", [b"[" * 100 + b"]" * 100, b"\xef\xbb\xbf{}", b'["\\ud800"]', b'["\\udc00\\ud800", "\\u0000"]', b"[[],[]]" + b" " * 9]
)
def test_bodies_that_are_json_are_read(raw: bytes):
    bodies.decode(raw)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters(codec=None), max_size=300),  # type: ignore[arg-type]
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = ["routing_key", "event_action", "dedup_key", "payload", "client", "client_url", "links", "images"]
PAYLOAD_NAMES = ["summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details"]


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING), st.dictionaries(st.sampled_from(PAYLOAD_NAMES), ANYTHING))
@settings(max_examples=200)
def test_what_passes_the_check_can_be_read_and_stored(outer: dict[str, Any], inner: dict[str, Any]):
    sent = {**payload(**inner), **outer}
    try:
        decoded = bodies.decode(json.dumps(sent).encode())
    except bodies.Unreadable:
        return
    checked = pagerduty_events.check_event(decoded)
    assert pagerduty_events.check_change(decoded) is not None
    if checked.errors:
        assert all(isinstance(one, str) and one for one in checked.errors)
        return
    (draft,) = pagerduty_events.parse(json.dumps(sent).encode(), checked.dedup_key).drafts
    stored = json.dumps([draft.summary, draft.source, draft.component, dict(draft.details), list(draft.links)], allow_nan=False)
    assert "\\u0000" not in stored
    assert len(draft.summary) <= 1024
