"""What one round of the engine does, part by part. The loop knows them only by these names, so that a test can give it others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from watchbill.intake.actions import keep_time, look_at_heartbeats, take_in
from watchbill.intake.selectors import next_quiet
from watchbill.paging.actions import fire_due
from watchbill.paging.models import Page
from watchbill.paging.selectors import unproven
from watchbill.response.actions.drilling import drill
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
    keep_quiet: Callable[..., int] = lambda *, now: 0  # noqa: ARG005  maintenances and heartbeats; a test that has none needs none
    next_quiet: Callable[..., dt.datetime | None] = lambda *, after: None  # noqa: ARG005
    alarm_unowned: Callable[..., int] = alarm_unowned
    drill: Callable[..., int] = drill


def real() -> Parts:
    """The engine's real parts."""
    return Parts(take_in, fire_due, hear, _unproven, next_page, gone_stale, keep_quiet, next_quiet)


def next_page(*, after: dt.datetime) -> dt.datetime | None:
    """When the next page must be looked at, if one must after that moment."""
    due = Page.objects.filter(due_at__gt=after, set_aside_at__isnull=True)
    return due.order_by("due_at").values_list("due_at", flat=True).first()


def keep_quiet(*, now: dt.datetime) -> int:
    """Begin and end maintenances, then look at heartbeats. Before pages: what a maintenance covers from now on is not paged now."""
    return keep_time(now=now) + look_at_heartbeats(now=now)


def gone_stale(pages: Sequence[tuple[int, dt.datetime]], *, now: dt.datetime) -> set[int]:  # noqa: ARG001
    """Of (page, when the notification was asked for): pages of which nobody need hear any more, acknowledged, resolved or in
    maintenance since then.

    Asked before anything old is sent: after an outage the truth of now counts, not the backlog.
    """
    asked = dict(pages)
    rows = Page.objects.filter(id__in=asked).values_list("id", "status", "acknowledged_at", "maintenance_at")
    return {
        id_
        for id_, status, acknowledged_at, maintenance_at in rows
        if status == Page.Status.RESOLVED
        or (status == Page.Status.PAUSED and maintenance_at is not None and maintenance_at >= asked[id_])
        or (status == Page.Status.ACKNOWLEDGED and acknowledged_at is not None and acknowledged_at > asked[id_])
    }


def _unproven(*, now: dt.datetime) -> Sequence[Any]:
    return unproven(now=now, grace=PROOF_GRACE)
