"""By which way does a disclosure reach the outside? One interface for all sources; what has no way of its own goes by the hands of people.

A connector puts its own into `WAYS` when it starts. Each method runs in the open transaction and touches no network: it asks for a write.
"""

from __future__ import annotations

from typing import Protocol

from watchbill.kernel.errors import Refused
from watchbill.reports.models import Disclosure, Report


class Way(Protocol):
    """What a source must be able to do. `by_hand`: whoever acts does it there themselves, and says so."""

    by_hand: bool

    def ask_in(self, row: Disclosure) -> None:
        """The reporter is asked to agree."""

    def cancel_in(self, row: Disclosure) -> None:
        """The request is withdrawn, or declined."""

    def publish_in(self, row: Disclosure) -> None:
        """`row.text` becomes public, once."""


class ByHand:
    """Nothing here reaches the outside."""

    by_hand = True

    def ask_in(self, row: Disclosure) -> None: ...

    def cancel_in(self, row: Disclosure) -> None: ...

    def publish_in(self, row: Disclosure) -> None: ...


BY_HAND: Way = ByHand()
WAYS: dict[str, Way] = {}  # by the source of reports


def way_of(report: Report) -> Way:
    """The way of its source."""
    return WAYS.get(report.source, BY_HAND)


def way_for(report: Report, *, done: bool, what: str) -> Way:
    """The same, for an act. Raises Refused where people do it by hand and nobody said that it is done."""
    way = way_of(report)
    if way.by_hand and not done:
        raise Refused(f"Watchbill has no way of its own to where the report came from. {what}, and say that you did.")
    return way
