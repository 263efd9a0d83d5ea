"""Let events in: keys for those who send them, and their effect on alerts and incidents."""

from __future__ import annotations

from watchbill.intake.actions.heartbeats import create_heartbeat_key, look_at_heartbeats
from watchbill.intake.actions.keys import ACTIVE_KINDS, KINDS, create_key, revoke_key
from watchbill.intake.actions.maintenance import NewMaintenance, add_maintenance, end_maintenance, extend_maintenance, keep_time
from watchbill.intake.actions.taking import take_in

__all__ = [
    "ACTIVE_KINDS",
    "KINDS",
    "NewMaintenance",
    "add_maintenance",
    "create_heartbeat_key",
    "create_key",
    "end_maintenance",
    "extend_maintenance",
    "keep_time",
    "look_at_heartbeats",
    "revoke_key",
    "take_in",
]
