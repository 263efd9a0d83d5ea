"""What one round of the engine does, part by part. The loop knows them only by these names, so that a test can give it others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from watchbill.intake.actions import take_in
from watchbill.paging.actions import fire_due
from watchbill.paging.models import Page
from watchbill.paging.selectors import unproven
from watchbill.response.actions.hearing import hear
from watchbill.response.actions.unowned import alarm_unowned

PROOF_GRACE = dt.timedelta(seconds=5)  # a step fires at its time, 5 s later at most


@dataclass(frozen=True, slots=True)
class Parts:
    """Each takes `now`; the first two answer how much they did."""

    take_in: Callable[..., int]
    fire_due: Callable[..., int]
    hear: Callable[..., None]
    unproven: Callable[..., Sequence[Any]]
    next_page: Callable[..., dt.datetime | None]
    gone_stale: Callable[..., set[int]]
    alarm_unowned: Callable[..., int] = alarm_unowned


def real() -> Parts:
    """The engine's real parts."""
    return Parts(take_in, fire_due, hear, _unproven, next_page, gone_stale)


def next_page(*, after: dt.datetime) -> dt.datetime | None:
    """When the next page must be looked at, if one must after that moment."""
    due = Page.objects.filter(due_at__gt=after, set_aside_at__isnull=True)
    return due.order_by("due_at").values_list("due_at", flat=True).first()


def gone_stale(pages: Sequence[tuple[int, dt.datetime]], *, now: dt.datetime) -> set[int]:  # noqa: ARG001
    """Of (page, when the notification was asked for): pages of which nobody need hear any more, acknowledged or resolved since then.

    Asked before anything old is sent: after an outage the truth of now counts, not the backlog.
    """
    asked = dict(pages)
    rows = Page.objects.filter(id__in=asked).values_list("id", "status", "acknowledged_at")
    return {
        id_
        for id_, status, acknowledged_at in rows
        if status == Page.Status.RESOLVED
        or (status == Page.Status.ACKNOWLEDGED and acknowledged_at is not None and acknowledged_at > asked[id_])
    }


def _unproven(*, now: dt.datetime) -> Sequence[Any]:
    return unproven(now=now, grace=PROOF_GRACE)
