"""What does a source change about an alert that fires already? Pure.

A monitor may add to its alert, change its words or take its mark back. None of that makes a new alert, and none of it wakes anybody, unless
the alert became more severe.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from watchbill.intake.rules.drafts import Draft, Verb
from watchbill.intake.rules.state import AlertState

VERBS: Mapping[Verb, str] = {Verb.TAKE_BACK: "Took the mark back from", Verb.CHANGE: "Changed", Verb.NOTE: "Noted on"}


def apply(draft: Draft, alert: AlertState, severity: str) -> list[str]:
    """Change the alert. Answers the lines of its story. `severity`: ours for the draft's word; empty when it says none."""
    if draft.verb is Verb.TAKE_BACK:
        alert.acknowledged_at = None
    if draft.verb is Verb.CHANGE:
        _change(draft, alert)
        alert.severity = severity or alert.severity
    return [draft.note] if draft.note else []


def as_it_stands(alert: AlertState) -> Draft:
    """All that the alert says now, as far as it is known."""
    if alert.draft is not None:
        return alert.draft
    said = alert.stored or Draft(Verb.TRIGGER, alert.dedup_key)
    return replace(said, summary=alert.summary, details={**said.details, **alert.parts.get("more", {})})


def _change(draft: Draft, alert: AlertState) -> None:
    alert.summary = draft.summary or alert.summary
    if alert.draft is not None:  # it came up in this round: all of it is written anyway
        merged = {**alert.draft.details, **draft.details}
        alert.draft = replace(alert.draft, summary=alert.summary, severity=draft.severity or alert.draft.severity, details=merged)
        return
    if draft.summary:
        alert.parts["summary"] = draft.summary
    if draft.details:
        alert.parts["more"] = {**alert.parts.get("more", {}), **draft.details}
