"""Apply a configuration file, or change a few entries on a page, and take such a change back."""

from watchbill.config.actions.apply import Diff, apply, read
from watchbill.config.actions.edit import ChangedMeanwhile, Edits, Found, Proposal, edit, propose, seen_now, team_of
from watchbill.config.actions.undo import ACTIONS, Reverse, key_of, reverse, together_with
from watchbill.config.actions.watched import Outcome

__all__ = [
    "ACTIONS",
    "ChangedMeanwhile",
    "Diff",
    "Edits",
    "Found",
    "Outcome",
    "Proposal",
    "Reverse",
    "apply",
    "edit",
    "key_of",
    "propose",
    "read",
    "reverse",
    "seen_now",
    "team_of",
    "together_with",
]
