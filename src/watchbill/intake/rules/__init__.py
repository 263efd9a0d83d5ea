"""What an event means for alerts and incidents. Pure: decides, stores nothing."""

from __future__ import annotations

from watchbill.incidents.rules import REPLACEMENT
from watchbill.intake.rules.drafts import (
    DEEPEST,
    DEFAULT_SEVERITY,
    FIELD_LENGTH,
    KEY_LENGTH,
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
from watchbill.intake.rules.grouping import OWN_FIELDS, group_key
from watchbill.intake.rules.heartbeats import Beat, Listening, Verdict, look
from watchbill.intake.rules.keys import ACTIVE_KINDS, KEY_CHARACTERS, KINDS, MAPPED_KINDS, digest_of
from watchbill.intake.rules.maintenance import Quiet, Recurrence, occurrence, quiet_for
from watchbill.intake.rules.matching import conditions_of, fits, is_pattern, matcher, problem, why_not
from watchbill.intake.rules.routing import Route, Routed, mark_of, read_routes, route
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
    "OWN_FIELDS",
    "REPLACEMENT",
    "SEVERITIES",
    "SUMMARY_LENGTH",
    "AlertState",
    "Beat",
    "Draft",
    "IncidentState",
    "Incoming",
    "Listening",
    "Louder",
    "Opening",
    "Parsed",
    "Parser",
    "Plan",
    "Quiet",
    "Recurrence",
    "Route",
    "Routed",
    "ServiceRule",
    "Storm",
    "Verb",
    "Verdict",
    "World",
    "clean",
    "clean_deeply",
    "conditions_of",
    "decide",
    "digest_of",
    "fits",
    "group_key",
    "is_pattern",
    "look",
    "louder",
    "mark_of",
    "matcher",
    "occurrence",
    "problem",
    "quiet_for",
    "read_routes",
    "route",
    "severity_of",
    "short",
    "why_not",
]
