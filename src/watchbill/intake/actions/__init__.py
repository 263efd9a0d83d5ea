"""Let events in: keys for those who send them, and their effect on alerts and incidents."""

from __future__ import annotations

from watchbill.intake.actions.keys import ACTIVE_KINDS, KINDS, create_key, revoke_key
from watchbill.intake.actions.taking import take_in

__all__ = ["ACTIVE_KINDS", "KINDS", "create_key", "revoke_key", "take_in"]
