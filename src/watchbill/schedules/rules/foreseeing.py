"""What would a change by hand do? The gaps and the strain that are there with it and were not there without it. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from watchbill.schedules.rules.coverage import Finding, absences, doubles, gaps, long_watches, rests
from watchbill.schedules.rules.hiding import Span, subtract
from watchbill.schedules.rules.model import OverrideRule, ScheduleRule, Shift
from watchbill.schedules.rules.shifts import final_shifts

AROUND = dt.timedelta(days=3)  # a rest or a long watch begins or ends outside the change that makes it


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A schedule without and with a change, and what is new: gaps, and findings with the name of the other schedule of a double."""

    before: ScheduleRule
    after: ScheduleRule
    gaps: tuple[Span, ...]
    findings: tuple[tuple[Finding, str], ...]


def with_override(rule: ScheduleRule, override: OverrideRule) -> ScheduleRule:
    """The schedule as it would be: the newest override wins."""
    return replace(rule, overrides=(*rule.overrides, override))


def without_override(rule: ScheduleRule, override: OverrideRule, *, now: dt.datetime) -> ScheduleRule:
    """The schedule as it would be if this override ended now; what it did until now stays."""
    kept = [each for each in rule.overrides if each != override]
    if override.start < now:
        at = rule.overrides.index(override) if override in rule.overrides else len(kept)
        kept.insert(at, replace(override, end=min(override.end, now)))
    return replace(rule, overrides=tuple(kept))


def new_gaps(
    before: ScheduleRule, after: ScheduleRule, start: dt.datetime, end: dt.datetime, *, gone: Collection[int] = ()
) -> tuple[Span, ...]:
    """The stretches of [start, end) in which nobody would have the watch, and somebody has it without the change."""
    known = gaps(before, start, end, gone=gone)
    return tuple(left for gap in gaps(after, start, end, gone=gone) for left in subtract(gap, known))


def foresee(
    before: ScheduleRule,
    after: ScheduleRule,
    start: dt.datetime,
    end: dt.datetime,
    *,
    beside: Sequence[tuple[str, Sequence[Shift]]] = (),
    away: Mapping[int, Sequence[Span]] | None = None,
    gone: Collection[int] = (),
) -> Foreseen:
    """What the change does in [start, end). `beside`: the shifts of the team's other schedules by name; `away`: time off by person."""
    low, high = start - AROUND, end + AROUND
    known = list(_findings(before, final_shifts(before, low, high), beside, away or {}))
    found = [each for each in _findings(after, final_shifts(after, low, high), beside, away or {}) if not _is_known(each, known)]
    found.sort(key=lambda each: (each[0].start, each[0].kind, each[0].person_id))
    return Foreseen(before, after, new_gaps(before, after, start, end, gone=gone), tuple(found))


def _is_known(new: tuple[Finding, str], known: Iterable[tuple[Finding, str]]) -> bool:
    """Was it there without the change, as it is or longer? A rest that became shorter is new: it became worse."""
    found, name = new
    return any(
        (old.kind, old.person_id, other) == (found.kind, found.person_id, name)
        and (old == found or (found.kind != "rest" and old.start <= found.start and found.end <= old.end))
        for old, other in known
    )


def _findings(
    rule: ScheduleRule, rows: list[Shift], beside: Iterable[tuple[str, Sequence[Shift]]], away: Mapping[int, Sequence[Span]]
) -> list[tuple[Finding, str]]:
    found = [(each, name) for name, others in beside for each in doubles(rows, others)]
    if rule.hours != "business":  # nobody is woken there: nights are rest
        found += [(each, "") for each in (*rests(rows), *long_watches(rows))]
    return found + [(each, "") for each in absences(rows, away)]
