"""Which alerts belong to one incident? Those of a service whose grouped fields are equal. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from watchbill.intake.rules.drafts import Draft

OWN_FIELDS = {"class": "event_class", "component": "component", "group": "group", "source": "source", "summary": "summary"}


def group_key(service_id: int, group_by: Sequence[str], draft: Draft, severity: str, policy_id: int | None = None) -> str:
    """The group of an alert, as a digest; empty when the alert stands alone.

    An alert that has none of the fields stands alone: two alerts that share only the absence of a class have nothing in common, and joining
    them would silence the second. One that a route gave a policy of its own joins no page that walks another.
    """
    values = [_value(name, draft, severity) for name in group_by]
    if not any(value not in (None, "") for value in values):
        return ""
    own = [service_id, list(group_by), values] if policy_id is None else [service_id, list(group_by), values, policy_id]
    words = json.dumps(own, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(words.encode()).hexdigest()


def _value(name: str, draft: Draft, severity: str) -> Any:
    if name == "severity":
        return severity
    if name in OWN_FIELDS:
        return getattr(draft, OWN_FIELDS[name])
    found: Any = draft.details
    for part in [name] if name in draft.details else name.removeprefix("custom_details.").split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
