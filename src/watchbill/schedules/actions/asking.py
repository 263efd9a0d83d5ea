"""What requests for cover and offers of swaps share: the order of their locks, and their end when nobody answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from typing import TypeVar

from django.db.models import QuerySet

from watchbill.audit.actions import ENGINE, Entry, record_in
from watchbill.kernel import bus
from watchbill.schedules.models import Cover, Schedule, Swap

MOST_EXPIRED = 500  # in one round

Row = TypeVar("Row", Cover, Swap)


def locked_in(rows: QuerySet[Row], id_: int, schedule_ids: Collection[int]) -> Row:
    """The row and its schedules, in the order in which every writer takes them: schedules by their id, then the row."""
    list(Schedule.objects.select_for_update().filter(id__in=schedule_ids).order_by("id"))
    return rows.select_for_update(of=("self",)).get(pk=id_)


def expired_in(late: QuerySet[Row], entry: Callable[[Row], Entry], *, now: dt.datetime) -> list[Row]:
    """Write down that these are over, each with its evidence. Answers which: their people are told by the caller."""
    rows = list(late.order_by("id").select_for_update(of=("self",), skip_locked=True)[:MOST_EXPIRED])
    late.model._default_manager.filter(id__in=[row.pk for row in rows]).update(state="expired", ended_at=now)
    record_in([entry(row) for row in rows], by=ENGINE, now=now)
    if rows:
        bus.board_changed()
    return rows
