"""What the audit keeps of a change of the configuration: enough to show it and to take it back."""

from __future__ import annotations

from typing import Any

from watchbill.audit.actions import Entry
from watchbill.config.rules import Change, Full, Verb

PRIVATE = ("contact", "email")  # addresses of people are no part of the evidence: only that they changed
CHANGED = "changed"  # what stands in their place


def evidence_of(change: Change, *, was: Full | None, action: str = "config.apply", team_id: int | None = None, **more: Any) -> Entry:
    """The record of what happened to one entry. `was`: what a removed one said, so that it can be brought back.

    URLs of webhooks stand whole in it, since the way back is made from the record; everything that shows a record says them by host.
    """
    shown = {field.field: CHANGED if field.field in PRIVATE else [field.here, field.file] for field in change.fields if not field.kept}
    detail: dict[str, Any] = {"name": change.name, "verb": change.verb.value, **more}
    if shown:
        detail["fields"] = shown
    if change.verb is Verb.REMOVED and was is not None and change.kind != "people":
        detail["was"] = was
    return Entry(action, change.kind, change.name[:80], team_id=team_id, detail=detail)
