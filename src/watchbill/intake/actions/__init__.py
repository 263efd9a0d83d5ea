"""Let events in: keys for those who send them, and their effect on alerts and incidents."""

from __future__ import annotations

from watchbill.intake.actions.heartbeats import create_heartbeat_key, look_at_heartbeats
from watchbill.intake.actions.keys import create_key, revoke_key, rotate_key, set_mapping
from watchbill.intake.actions.maintenance import NewMaintenance, add_maintenance, end_maintenance, extend_maintenance, keep_time
from watchbill.intake.actions.merging import merge
from watchbill.intake.actions.receiving import receive
from watchbill.intake.actions.replaying import take_again
from watchbill.intake.actions.splitting import Split, Which, split
from watchbill.intake.actions.taking import take_in
from watchbill.intake.rules import ACTIVE_KINDS, KINDS

__all__ = [
    "ACTIVE_KINDS",
    "KINDS",
    "NewMaintenance",
    "Split",
    "Which",
    "add_maintenance",
    "create_heartbeat_key",
    "create_key",
    "end_maintenance",
    "extend_maintenance",
    "keep_time",
    "look_at_heartbeats",
    "merge",
    "receive",
    "revoke_key",
    "rotate_key",
    "set_mapping",
    "split",
    "take_again",
    "take_in",
]
