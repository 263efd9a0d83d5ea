"""PagerDuty's Events API v1, which old monitors still speak."""

from __future__ import annotations

from typing import Any

from watchbill.connectors import bodies
from watchbill.connectors.pagerduty_events.validation import Checked
from watchbill.connectors.reading import links, object_of
from watchbill.intake.rules import KEY_CHARACTERS, KEY_LENGTH, SUMMARY_LENGTH, Draft, Parsed, Verb, clean, clean_deeply, short

ACTIONS = ("trigger", "acknowledge", "resolve")


def check_first(event: Any) -> Checked:
    """Check the decoded body of POST /generic/2010-04-15/create_event.json."""
    if not isinstance(event, dict):
        return Checked(("Event must be a JSON object",))
    errors = []
    key, action, dedup = event.get("service_key"), event.get("event_type"), event.get("incident_key")
    if not isinstance(key, str) or len(key) != KEY_CHARACTERS or not (key.isascii() and key.isalnum()):
        errors.append(f"Service key is missing or invalid (should be {KEY_CHARACTERS} characters)")
    if action not in ACTIONS:
        errors.append("Event type is missing or invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')")
    if dedup is not None and not isinstance(dedup, str):
        errors.append("Incident key must be a string")
    elif dedup and len(dedup) > KEY_LENGTH:
        errors.append(f"Incident key is too long (should be at most {KEY_LENGTH} characters)")
    elif not dedup and action in ACTIONS[1:]:
        errors.append("Incident key is missing")
    if action == "trigger" and (not isinstance(event.get("description"), str) or not event["description"].strip()):
        errors.append("Description is missing or blank")
    return Checked(tuple(errors)) if errors else Checked((), str(key), str(action), clean(dedup or ""))


def parse_first(body: bytes, dedup_key: str) -> Parsed:
    """The one draft of an event of version 1. It knows no severity: that is the service's."""
    event = bodies.decode(body)
    verb = Verb(event["event_type"])
    if verb is not Verb.TRIGGER:
        return Parsed((Draft(verb, dedup_key),))
    details = event.get("details")
    found = event.get("contexts") if isinstance(event.get("contexts"), list) else []
    pairs = [(one.get("href") or one.get("src"), short(one.get("text")) or "Link") for one in (found or [])[:20] if isinstance(one, dict)]
    draft = Draft(
        verb,
        dedup_key,
        summary=short(event["description"], SUMMARY_LENGTH),
        source=short(event.get("client")),
        details=object_of(details) if isinstance(details, dict) else {"details": clean_deeply(details)} if details else {},
        links=links((event.get("client_url"), short(event.get("client")) or "Source"), *pairs),
    )
    return Parsed((draft,))
