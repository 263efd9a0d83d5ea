"""Which word of the configuration file allows which kind of write? A platform starts read-only. Pure."""

from __future__ import annotations

from collections.abc import Collection

SWITCHES = ("comment", "state", "severity", "tier", "assign", "reference", "bounty", "disclose")

SWITCH_OF = {
    "comment": "comment",
    "state": "state",
    "severity": "severity",
    "tier": "tier",
    "assign": "assign",
    "reference": "reference",
    "bounty": "bounty",
    "ineligible": "bounty",
    "ask_disclosure": "disclose",
    "cancel_disclosure": "disclose",
}


def may(writes: Collection[str], kind: str) -> bool:
    """May this kind of write go out?"""
    return SWITCH_OF[kind] in writes
