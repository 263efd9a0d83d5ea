"""What is it worth by the programme's table, and who must agree? Pure.

Tiers and amounts are the operator's data, with versions: none is shipped. Where no amount is set a human says one. Money never moves by
itself: somebody proposes, others approve.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Amounts = Mapping[str, Mapping[str, int]]  # tier -> severity -> whole units
MOST = 1_000_000_000


class Bounty(StrEnum):
    """Where the money of a report stands."""

    NONE = "none"
    PROPOSED = "proposed"
    APPROVED = "approved"
    SENDING = "sending"
    UNKNOWN = "unknown"  # sent to the platform, without an answer
    AWARDED = "awarded"
    INELIGIBLE = "ineligible"


SETTLED = frozenset({Bounty.AWARDED, Bounty.INELIGIBLE})
UNDER_WAY = frozenset({Bounty.SENDING, Bounty.UNKNOWN})  # nothing else about it is decided meanwhile


@dataclass(frozen=True, slots=True)
class Table:
    """What a programme says about money. `approvals`: by severity, how many others must agree."""

    currency: str = ""
    amounts: Amounts = field(default_factory=dict)
    approvals: Mapping[str, int] = field(default_factory=dict)


APPROVALS: Mapping[str, int] = {"low": 1, "medium": 1, "high": 2, "critical": 2}


def amount_of(table: Table, tier: str, severity: str) -> int | None:
    """What the table says; None: it says nothing, and a human does."""
    return table.amounts.get(tier, {}).get(severity)


def approvals_needed(table: Table, severity: str) -> int:
    """How many others must agree."""
    return table.approvals.get(severity, APPROVALS.get(severity, 2))


def why_not_proposed(table: Table, *, tier: str, severity: str, amount: int, reason: str) -> str:
    """Why this amount cannot be proposed, in a sentence; empty when it can."""
    if not table.currency:
        return "Its programme has no bounty. The configuration file names a currency where there is one."
    if not severity:
        return "It has no severity yet. Rate it first."
    if not 0 < amount <= MOST:
        return f"The amount is {amount}; expected a whole number of {table.currency}, more than nothing."
    listed = amount_of(table, tier, severity)
    if listed != amount and not reason.strip():
        said = f"The table says {table.currency} {listed:,}" if listed is not None else "No table is set for this tier and severity"
        return f"{said}. Say why it is {table.currency} {amount:,}."
    return ""


def why_not_approve(*, approver: int, proposer: int, already: Collection[int], needed: int) -> str:
    """Why this person cannot agree to it; empty when they can. Whoever proposed never approves, however few are needed."""
    if approver == proposer:
        return "Whoever proposed an amount cannot approve it. Ask somebody else of the team."
    if approver in already:
        return "You approved it already. Somebody else must agree as well." if len(already) < needed else "You approved it already."
    return ""


def is_approved(approvers: Collection[int], needed: int) -> bool:
    """Have enough others agreed?"""
    return len(set(approvers)) >= needed
