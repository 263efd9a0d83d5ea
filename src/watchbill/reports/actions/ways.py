"""By which way does a disclosure reach the outside? What a platform takes from here goes there; else it goes by the hands of people.

Each method runs in the open transaction and touches no network: it asks for a write.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from watchbill.kernel.errors import Refused
from watchbill.platforms.actions.wanting import may_write, want_in
from watchbill.platforms.models import Write
from watchbill.reports.models import Disclosure, Report


class Way(Protocol):
    """What a source must be able to do. `by_hand`: whoever acts does it there themselves, and says so."""

    by_hand: bool

    def ask_in(self, row: Disclosure, *, now: dt.datetime) -> None:
        """The reporter is asked to agree."""

    def cancel_in(self, row: Disclosure, *, now: dt.datetime) -> None:
        """The request is withdrawn, or declined."""

    def publish_in(self, row: Disclosure, *, now: dt.datetime) -> None:
        """`row.text` becomes public, once."""


class ByHand:
    """Nothing here reaches the outside."""

    by_hand = True

    def ask_in(self, row: Disclosure, *, now: dt.datetime) -> None: ...

    def cancel_in(self, row: Disclosure, *, now: dt.datetime) -> None: ...

    def publish_in(self, row: Disclosure, *, now: dt.datetime) -> None: ...


class ByPlatform:
    """HackerOne publishes what both sides agreed to: to ask is to agree from here, and to publish is to agree to what its reporter asked."""

    by_hand = False

    def ask_in(self, row: Disclosure, *, now: dt.datetime) -> None:
        _want_in(row, Write.Kind.ASK_DISCLOSURE, {"kind": row.kind, "text": row.summary, "publishes": False}, now=now)

    def cancel_in(self, row: Disclosure, *, now: dt.datetime) -> None:
        _want_in(row, Write.Kind.CANCEL_DISCLOSURE, {"text": "The programme does not agree to its disclosure."}, now=now)

    def publish_in(self, row: Disclosure, *, now: dt.datetime) -> None:
        _want_in(row, Write.Kind.ASK_DISCLOSURE, {"kind": row.kind, "text": row.summary, "publishes": True}, now=now)


BY_HAND: Way = ByHand()
BY_PLATFORM: Way = ByPlatform()


def way_of(report: Report) -> Way:
    """The way by which it is asked, and cancelled."""
    return BY_PLATFORM if may_write(report.remote, Write.Kind.ASK_DISCLOSURE) else BY_HAND


def publishing_way_of(report: Report, row: Disclosure | None, leave_out: Sequence[str]) -> Way:
    """The way by which it becomes public. What a platform cannot do from here is done there: passages that are left out, and what the
    reporter did not ask for (it publishes that by itself once they agreed, or when their time is over)."""
    asked = row is not None and row.asker == Disclosure.Asker.REPORTER
    return way_of(report) if asked and not leave_out else BY_HAND


def unless_by_hand(way: Way, *, done: bool, what: str) -> Way:
    """The same, for an act. Raises Refused where people do it by hand and nobody said that it is done."""
    if way.by_hand and not done:
        raise Refused(f"Watchbill has no way of its own to where the report came from. {what}, and say that you did.")
    return way


def _want_in(row: Disclosure, kind: str, body: dict[str, object], *, now: dt.datetime) -> None:
    remote = row.report.remote
    assert remote is not None
    want_in(remote, kind, {**body, "disclosure": row.pk}, person_id=row.person_id, now=now)
