"""What an event means for alerts and incidents. Pure: decides, stores nothing."""

from __future__ import annotations

from watchbill.intake.rules.drafts import (
    DEEPEST,
    DEFAULT_SEVERITY,
    FIELD_LENGTH,
    KEY_LENGTH,
    REPLACEMENT,
    SEVERITIES,
    SUMMARY_LENGTH,
    Draft,
    Parsed,
    Parser,
    Verb,
    clean,
    clean_deeply,
    louder,
    severity_of,
    short,
)
from watchbill.intake.rules.grouping import group_key
from watchbill.intake.rules.keys import ACTIVE_KINDS, KEY_CHARACTERS, KINDS, MAPPED_KINDS, digest_of
from watchbill.intake.rules.state import AlertState, IncidentState, Incoming, Louder, Opening, Plan, ServiceRule, Storm, World
from watchbill.intake.rules.taking import decide

__all__ = [
    "ACTIVE_KINDS",
    "DEEPEST",
    "DEFAULT_SEVERITY",
    "FIELD_LENGTH",
    "KEY_CHARACTERS",
    "KEY_LENGTH",
    "KINDS",
    "MAPPED_KINDS",
    "REPLACEMENT",
    "SEVERITIES",
    "SUMMARY_LENGTH",
    "AlertState",
    "Draft",
    "IncidentState",
    "Incoming",
    "Louder",
    "Opening",
    "Parsed",
    "Parser",
    "Plan",
    "ServiceRule",
    "Storm",
    "Verb",
    "World",
    "clean",
    "clean_deeply",
    "decide",
    "digest_of",
    "group_key",
    "louder",
    "severity_of",
    "short",
]
