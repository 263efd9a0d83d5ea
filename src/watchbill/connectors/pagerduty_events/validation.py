"""Is this an event as PagerDuty's Events API v2 takes it? The sentences are PagerDuty's where they are known.

Strict in what would change the meaning (action, keys, summary, severity), tolerant in decoration: a timestamp that cannot be read, details
of another shape or a broken link never cost an alert.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from watchbill.intake.rules import KEY_CHARACTERS, KEY_LENGTH, SUMMARY_LENGTH, clean

ACTIONS = ("trigger", "acknowledge", "resolve")
SEVERITIES = ("critical", "warning", "error", "info")
OPTIONAL_TEXTS = ("component", "group", "class")


@dataclass(frozen=True, slots=True)
class Checked:
    """What the front door needs of an event; with errors, nothing else counts. An empty dedup key: the server makes one."""

    errors: tuple[str, ...] = ()
    routing_key: str = ""
    action: str = ""
    dedup_key: str = ""


def check_event(event: Any) -> Checked:
    """Check the decoded body of POST /v2/enqueue."""
    if type(event) is not dict:
        return Checked(("Event must be a JSON object",))
    errors: list[str] = []
    routing_key = _routing_key(event.get("routing_key"), errors)
    action = event.get("event_action")
    if type(action) is not str or not action:
        errors.append("'event_action' is missing or blank" if action in (None, "") else "'event_action' must be a string")
    elif action not in ACTIONS:
        errors.append("'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')")
    dedup_key = _dedup_key(event.get("dedup_key"), action, errors)
    if action == "trigger":
        _payload(event.get("payload"), errors)
    _decoration(event, errors)
    return Checked(tuple(errors)) if errors else Checked((), routing_key, str(action), dedup_key)


def check_change(event: Any) -> Checked:
    """Check the decoded body of POST /v2/change/enqueue."""
    if type(event) is not dict:
        return Checked(("Event must be a JSON object",))
    errors: list[str] = []
    routing_key = _routing_key(event.get("routing_key"), errors)
    payload = event.get("payload")
    if type(payload) is not dict:
        errors.append("'payload' is missing or blank" if payload is None else "'payload' must be an object")
    else:
        _summary(payload.get("summary"), errors)
        _optional_text(payload.get("source"), "payload.source", errors)
    _decoration(event, errors)
    return Checked(tuple(errors)) if errors else Checked((), routing_key)


def _routing_key(value: Any, errors: list[str]) -> str:
    if type(value) is not str:
        errors.append("'routing_key' is missing or blank" if value is None else "'routing_key' must be a string")
        return ""
    if not value:
        errors.append("'routing_key' is missing or blank")
    elif len(value) != KEY_CHARACTERS:
        errors.append(f"Length of 'routing_key' is incorrect (should be {KEY_CHARACTERS} characters)")
    if value and not (value.isascii() and value.isalnum()):
        errors.append("'routing_key' cannot contain non-alphanumeric characters.")
    return value


def _dedup_key(value: Any, action: Any, errors: list[str]) -> str:
    if value is None or value == "":
        if action in ("acknowledge", "resolve"):
            errors.append("'dedup_key' is missing or blank")
        return ""
    if type(value) is not str:
        errors.append("'dedup_key' must be a string")
        return ""
    if len(value) > KEY_LENGTH:
        errors.append(f"Length of 'dedup_key' is incorrect (should be at most {KEY_LENGTH} characters)")
    return clean(value)


def _payload(payload: Any, errors: list[str]) -> None:
    if type(payload) is not dict:
        errors.append("'payload' is missing or blank" if payload is None else "'payload' must be an object")
        return
    _summary(payload.get("summary"), errors)
    source = payload.get("source")
    if type(source) is not str or not source.strip():
        errors.append(
            "'payload.source' is missing or blank" if source is None or type(source) is str else "'payload.source' must be a string"
        )
    severity = payload.get("severity")
    if severity is None or severity == "":
        errors.append("'payload.severity' is missing or blank")
    elif severity not in SEVERITIES:
        errors.append("'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')")
    for name in OPTIONAL_TEXTS:
        _optional_text(payload.get(name), f"payload.{name}", errors)


def _summary(value: Any, errors: list[str]) -> None:
    if type(value) is not str:
        errors.append("'payload.summary' is missing or blank" if value is None else "'payload.summary' must be a string")
    elif not value.strip():
        errors.append("'payload.summary' is missing or blank")
    elif len(value) > SUMMARY_LENGTH:
        errors.append(f"Length of 'payload.summary' is incorrect (should be at most {SUMMARY_LENGTH} characters)")


def _optional_text(value: Any, name: str, errors: list[str]) -> None:
    if value is not None and type(value) is not str:
        errors.append(f"'{name}' must be a string")


def _decoration(event: dict[str, Any], errors: list[str]) -> None:
    for name in ("client", "client_url"):
        _optional_text(event.get(name), name, errors)
    for name in ("links", "images"):
        value = event.get(name)
        if value is not None and type(value) is not list:
            errors.append(f"'{name}' must be a list")
