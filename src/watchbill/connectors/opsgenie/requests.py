"""Which request is this, may it be taken, and how is it stored? Shared by the two doors of the Alert API.

What is stored is the request's body as it came, in an envelope that says what was asked of which alert.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from watchbill.connectors import bodies

PREFIX = "/v2/alerts"
ACTS: Mapping[tuple[str, str], str] = {  # (method, last part of the path) -> what is done
    ("POST", "close"): "Close",
    ("POST", "acknowledge"): "Acknowledge",
    ("POST", "unacknowledge"): "Unacknowledge",
    ("POST", "notes"): "AddNote",
    ("POST", "tags"): "AddTags",
    ("POST", "details"): "AddDetails",
    ("PUT", "message"): "UpdateMessage",
    ("PUT", "description"): "UpdateDescription",
    ("PUT", "priority"): "UpdatePriority",
    ("PATCH", "message"): "UpdateMessage",
    ("PATCH", "description"): "UpdateDescription",
    ("PATCH", "priority"): "UpdatePriority",
}
HUMAN = "who is woken and when is decided by this desk's policies and its people"
REFUSED: Mapping[str, str] = {  # what a monitor may not do here, and why
    "snooze": f"A monitor cannot snooze here: {HUMAN}. Snooze the incident in Watchbill.",
    "escalate": f"A monitor cannot escalate here: {HUMAN}. Escalate the incident in Watchbill.",
    "assign": f"A monitor cannot assign here: {HUMAN}. Hand the incident over in Watchbill.",
    "responders": f"A monitor cannot add responders here: {HUMAN}. Page them in Watchbill.",
    "delete": "Alerts are evidence and are not deleted. Close the alert instead.",
}
NEEDED: Mapping[str, tuple[str, type]] = {  # the field without which a request says nothing
    "AddNote": ("note", str),
    "AddTags": ("tags", list),
    "AddDetails": ("details", dict),
    "UpdateMessage": ("message", str),
    "UpdateDescription": ("description", str),
    "UpdatePriority": ("priority", str),
    "Create": ("message", str),
}
PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
TYPES = ("id", "alias", "tiny")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of which alert. `refused`: the sentence of a request that is never taken here."""

    act: str = ""
    identifier: str = ""
    by: str = "id"
    refused: str = ""


def which(method: str, path: str, by: str) -> Asked | None:
    """The request of this path below /v2/alerts; None when there is no such thing to ask. `by`: the identifier's type."""
    rest = path.removeprefix(PREFIX).strip("/")
    if not rest:
        return Asked("Create") if method == "POST" else None
    identifier, _, last = rest.rpartition("/")
    if act := ACTS.get((method, last)):
        return Asked(act, identifier, by or "id") if identifier else None
    if method == "DELETE":
        return Asked(refused=REFUSED["delete"])
    if method == "POST" and identifier:
        return Asked(
            refused=REFUSED.get(
                last, "This request is not part of the Alert API that Watchbill understands; its documentation lists what is."
            )
        )
    return None


def check(asked: Asked, body: Any) -> dict[str, str]:
    """What is wrong with the decoded body, by field, in Opsgenie's manner; empty when it can be taken."""
    if body is not None and not isinstance(body, dict):
        return {"body": "Request body must be a JSON object."}
    if asked.by not in TYPES:
        return {"identifierType": f"Identifier type must be one of [{', '.join(TYPES)}]."}
    name, kind = NEEDED.get(asked.act, ("", str))
    value = (body or {}).get(name) if name else "-"
    if not isinstance(value, kind) or not value or (isinstance(value, str) and not value.strip()):
        return {name: f"{name.capitalize()} can not be empty."}
    priority = (body or {}).get("priority")
    if asked.act == "UpdatePriority" and priority not in PRIORITIES:
        return {"priority": f"Priority must be one of [{', '.join(PRIORITIES)}]."}
    return {}


def envelope(asked: Asked, body: bytes) -> tuple[bytes, Any]:
    """How the request is stored (the body as it came, and what was asked), and what the body says. Raises bodies.Unreadable."""
    body = body.removeprefix(b"\xef\xbb\xbf").strip() or b"null"
    decoded = bodies.decode(body)  # alone first: a body must not close its envelope and write on
    said = msgspec.json.encode({"act": asked.act, "identifier": asked.identifier.encode("utf-8", "replace").decode(), "by": asked.by})
    stored = b'{"asked":%b,"body":%b}' % (said, body)
    bodies.decode(stored)  # one level deeper
    return stored, decoded
