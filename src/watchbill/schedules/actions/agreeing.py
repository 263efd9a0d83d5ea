"""Swaps and covers under a rotation that changes: what no longer fits ends as a whole, and both hear of it at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from watchbill.audit.actions import Actor, record_in
from watchbill.kernel import bus
from watchbill.people.models import Person
from watchbill.schedules.actions.covering import cover_entry
from watchbill.schedules.actions.swapping import swap_entry
from watchbill.schedules.actions.telling import tell_of_cover_in, tell_of_swap_in
from watchbill.schedules.models import Cover, Override, Schedule, Swap
from watchbill.schedules.rules import Agreement, settle
from watchbill.schedules.selectors import load
from watchbill.schedules.selectors.agreeing import Row, agreements_on


@dataclass(frozen=True, slots=True)
class Settled:
    """An agreement that a change of a rotation touches: it ends, or is kept since one of its watches has begun."""

    kind: str  # swap | cover
    id: int
    one: Person
    other: Person
    watches: tuple[tuple[str, dt.datetime, dt.datetime], ...]  # schedule, start, end
    ends: bool


class Agreed:
    """The swaps and covers on some schedules, looked at before a change of their rotations and after it."""

    def __init__(self, schedule_ids: Collection[int], *, now: dt.datetime) -> None:
        self.rows = agreements_on(schedule_ids, now=now)
        self.ids = {*schedule_ids, *(part.schedule_id for each in self.rows for part in each.parts)}
        self.until = max([now, *(part.end for each in self.rows for part in each.parts)])
        self.before = load(self.ids, start=now, end=self.until) if self.rows else {}
        self.gone = self._gone()

    def settle_in(self, *, by: Actor, now: dt.datetime) -> tuple[Settled, ...]:
        """After the change, in the open transaction that has locked the schedules: end what no longer fits, and tell both."""
        if not self.rows:
            return ()
        there = Schedule.objects.filter(id__in=self.ids, is_active=True).values_list("id", flat=True)
        after = load(list(there), start=now, end=self.until)
        found = settle(self.before, after, self.rows, gone=(self.gone, self._gone()), now=now)
        for each in found.ended:
            _end_in(self.rows[each], by=by, now=now)
        for each in found.kept:
            _tell_in(self.rows[each], "is kept as far as it was stood, and the rest of it is lost", now=now)
        if found.ended:
            bus.board_changed()
        told = [*((each, True) for each in found.ended), *((each, False) for each in found.kept)]
        return tuple(_settled(each, self.rows[each], ends=ends) for each, ends in told)

    def _gone(self) -> set[int]:
        people = {part.taker for each in self.rows for part in each.parts}
        return set(Person.objects.filter(id__in=people, is_active=False).values_list("id", flat=True))


def _end_in(row: Row, *, by: Actor, now: dt.datetime) -> None:
    why = f"Changed by {by.name}: a watch of it is another one now, or one of the two is deactivated."
    if isinstance(row, Swap):
        overrides: list[int | None] = [row.given_override_id, row.taken_override_id]
        row.state, row.undone_at = Swap.State.UNDONE, now
        row.save(update_fields=["state", "undone_at"])
        entry = swap_entry(row, "swap.end", why=why)
    else:
        overrides = [row.override_id]
        row.state = Cover.State.ENDED
        row.save(update_fields=["state"])
        entry = cover_entry(row, "cover.end", why=why, taker=row.taker.handle if row.taker else None)
    Override.objects.filter(id__in=[each for each in overrides if each]).update(withdrawn_at=now)
    record_in([entry], by=by, now=now)
    _tell_in(row, "has ended: a watch of it is another one now, or one of you is gone", now=now)


def _tell_in(row: Row, what: str, *, now: dt.datetime) -> None:
    if isinstance(row, Swap):
        for person, other in ((row.asker, row.other), (row.other, row.asker)):
            tell_of_swap_in(row, person, f"Your swap with {other.name} {what}", now=now)
        return
    assert row.taker is not None
    tell_of_cover_in(row, [row.asker_id, row.taker.id], f"The cover of {row.taker.name} for {row.asker.name} {what}", now=now)


def _settled(agreement: Agreement, row: Row, *, ends: bool) -> Settled:
    other = row.other if isinstance(row, Swap) else row.taker
    assert other is not None
    watches = tuple((part.schedule, part.start, part.end) for part in agreement.parts)
    return Settled(agreement.kind, agreement.id, row.asker, other, watches, ends)
