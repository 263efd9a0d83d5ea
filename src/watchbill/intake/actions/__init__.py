"""Let events in: keys for those who send them, and their effect on alerts and incidents."""

from __future__ import annotations

from watchbill.intake.actions.keys import create_key, revoke_key, rotate_key, set_mapping
from watchbill.intake.actions.receiving import receive
from watchbill.intake.actions.replaying import take_again
from watchbill.intake.actions.taking import take_in
from watchbill.intake.rules import ACTIVE_KINDS, KINDS

__all__ = ["ACTIVE_KINDS", "KINDS", "create_key", "receive", "revoke_key", "rotate_key", "set_mapping", "take_again", "take_in"]
