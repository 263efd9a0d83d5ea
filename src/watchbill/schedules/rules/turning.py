"""When does a watch begin and end for a person, and who has it before and after? For those who are told of it.

A watch here is what its person goes through with: shifts of theirs that touch are one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from watchbill.people.rules import WorkingTime
from watchbill.schedules.rules.model import Shift

SOON = dt.timedelta(hours=1)  # a watch is announced so long before it begins
ENDING = dt.timedelta(minutes=30)  # and its end so long before that
LATE = dt.timedelta(hours=12)  # after an outage: what began longer ago is known by now
PATIENT = dt.timedelta(days=7)  # on a schedule that keeps to business hours, a watch may begin and end while nobody works


@dataclass(frozen=True, slots=True)
class Spell:
    """A person's watch from `start` to `end`, who has the schedule until `start` and who has it from `end`."""

    person_id: int
    start: dt.datetime
    end: dt.datetime
    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """Something to tell the person of a spell. `what`: soon, begun or ending."""

    what: str
    spell: Spell

    @property
    def at(self) -> dt.datetime:
        """The moment that it is about."""
        return self.spell.end if self.what == "ending" else self.spell.start


def spells(rows: Sequence[Shift]) -> list[Spell]:
    """The watches that these shifts make, by their start. Shadows and gaps have nobody to tell. `rows` are whole, and in order."""
    own: dict[int, list[tuple[dt.datetime, dt.datetime]]] = {}
    for row in rows:
        if row.shadow or row.person_id is None:
            continue
        parts = own.setdefault(row.person_id, [])
        if parts and row.start <= parts[-1][1]:
            parts[-1] = (parts[-1][0], max(parts[-1][1], row.end))
        else:
            parts.append((row.start, row.end))
    pairs = [(person, start, end) for person, parts in own.items() for start, end in parts]
    return sorted(
        (
            Spell(
                person,
                start,
                end,
                before=tuple(sorted({other for other, _, until in pairs if until == start and other != person})),
                after=tuple(sorted({other for other, since, _ in pairs if since == end and other != person})),
            )
            for person, start, end in pairs
        ),
        key=lambda spell: (spell.start, spell.person_id),
    )


def window(now: dt.datetime, *, business: bool = False) -> tuple[dt.datetime, dt.datetime]:
    """Which shifts `points` must know."""
    back, ahead = (PATIENT, PATIENT) if business else (LATE, SOON)
    second = dt.timedelta(seconds=1)
    return now - back - second, now + ahead + second


def points(rows: Sequence[Shift], now: dt.datetime, working: Mapping[int, WorkingTime] | None = None) -> Iterator[Point]:
    """What there is to tell now of the final shifts of `window(now)`; whether it was told already is the caller's to know.

    `working`: of everybody, on a schedule that keeps to business hours. They hear of it while they work: of the end in the last half hour
    of work before it, of the beginning with the first work in it.
    """
    late = LATE if working is None else PATIENT
    for spell in spells(rows):
        hours = None if working is None else working[spell.person_id]
        if hours is not None and not hours.is_working(now):
            continue
        if now < spell.start <= now + SOON:
            yield Point("soon", spell)
        elif now - late < spell.start <= now < spell.end:
            yield Point("begun", spell)
        if spell.start <= now < spell.end and (spell.end <= now + ENDING or _no_more_work(hours, now, spell.end)):
            yield Point("ending", spell)


def _no_more_work(hours: WorkingTime | None, now: dt.datetime, end: dt.datetime) -> bool:
    return hours is not None and end <= now + PATIENT and hours.next_opening(now + ENDING) >= end
