"""Is this schedule one that people can stand, and what would a change make worse? One pure answer for the command line, pages and editors.

`judge` looks at a schedule as it is or as it would be. `news` compares two such answers: only what is new is worth saying to whoever is about
to save; what stood before is not their doing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from watchbill.schedules.rules.coverage import Finding, absences, doubles, gaps_in, long_watches, rests
from watchbill.schedules.rules.hiding import Span, subtract
from watchbill.schedules.rules.model import ScheduleRule, Shift
from watchbill.schedules.rules.shifts import final_shifts
from watchbill.schedules.rules.strain import Load, in_a_row, loads

Warned = tuple[Finding, str]  # with the name of the other schedule of a double booking


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known besides the schedule: the shifts of the team's other ones, and of people their absence, holidays, zones; who is gone."""

    beside: Sequence[tuple[str, Sequence[Shift]]] = ()
    away: Mapping[int, Sequence[Span]] = field(default_factory=dict)
    free: Mapping[int, Sequence[Span]] = field(default_factory=dict)
    zones: Mapping[int, str] = field(default_factory=dict)
    gone: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A gap is a fault; warnings are for people to judge; loads show whether it is fair."""

    gaps: tuple[Span, ...] = ()
    warnings: tuple[Warned, ...] = ()
    loads: tuple[Load, ...] = ()


def judge(rule: ScheduleRule, start: dt.datetime, end: dt.datetime, facts: Facts, rows: list[Shift] | None = None) -> Verdict:
    """Everything worth knowing of [start, end), in order. A watch that only people have who are gone is a gap: nobody is woken.

    `rows`: its final shifts, for whoever has them already.
    """
    rows = final_shifts(rule, start, end) if rows is None else rows
    warnings = sorted(_warnings(rule, rows, facts), key=lambda each: (each[0].start, each[0].kind, each[0].person_id, each[1]))
    return Verdict(
        tuple(gaps_in(rule, rows, start, end, gone=facts.gone)),
        tuple(warnings),
        tuple(loads(rows, facts.zones, facts.free)),
    )


def news(before: Verdict, after: Verdict) -> Verdict:
    """What `after` has and `before` had not: gaps where somebody was, warnings of something that was not so or is worse now. Loads of after."""
    fresh = news_of_gaps(before.gaps, after.gaps)
    known: dict[tuple[str, int, str], list[Finding]] = {}
    for found, other in before.warnings:
        known.setdefault((found.kind, found.person_id, other), []).append(found)
    warnings = tuple(
        (found, other)
        for found, other in after.warnings
        if not any(_as_bad(old, found) for old in known.get((found.kind, found.person_id, other), ()))
    )
    return Verdict(fresh, warnings, after.loads)


def news_of_gaps(before: Sequence[Span], after: Sequence[Span]) -> tuple[Span, ...]:
    """The stretches in which nobody is there any more, and somebody was."""
    return tuple(piece for gap in after for piece in subtract(gap, list(before)))


def _warnings(rule: ScheduleRule, rows: list[Shift], facts: Facts) -> Iterator[Warned]:
    for name, other in facts.beside:
        yield from ((finding, name) for finding in doubles(rows, other))
    if rule.hours != "business":  # nobody is woken there: nights are rest
        yield from ((finding, "") for finding in (*rests(rows), *long_watches(rows), *in_a_row(rows, facts.zones)))
    yield from ((finding, "") for finding in absences(rows, facts.away))
    yield from ((finding, "") for finding in absences(rows, facts.free, "holiday"))
    for row in rows:
        if row.person_id is not None and row.person_id in facts.gone:
            yield Finding("inactive", row.person_id, row.start, row.end), ""


def _as_bad(old: Finding, new: Finding) -> bool:
    """Was it at least so bad before? A rest is bad by being short, everything else by being long."""
    if old.kind == "rest":
        return new.start <= old.start and old.end <= new.end
    return old.start <= new.start and new.end <= old.end
