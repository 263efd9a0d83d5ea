"""What would a change by hand do? The gaps and the strain that are there with it and were not there without it. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from watchbill.schedules.rules.coverage import Finding, gaps, with_gaps
from watchbill.schedules.rules.hiding import Span
from watchbill.schedules.rules.model import OverrideRule, ScheduleRule, Shift
from watchbill.schedules.rules.verifying import Facts, judge, news, news_of_gaps

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
    return news_of_gaps(gaps(before, start, end, gone=gone), gaps(after, start, end, gone=gone))


def foresee(
    before: ScheduleRule,
    after: ScheduleRule,
    start: dt.datetime,
    end: dt.datetime,
    *,
    beside: Sequence[tuple[str, Sequence[Shift]]] = (),
    beside_then: Sequence[tuple[str, Sequence[Shift]]] | None = None,
    away: Mapping[int, Sequence[Span]] | None = None,
    zones: Mapping[int, str] | None = None,
    gone: Collection[int] = (),
) -> Foreseen:
    """What the change does in [start, end). `beside`: the shifts of the team's other schedules by name; `beside_then`: where they change
    in the same step, as they will be; `away`, `zones`: of each person. What is new and worse is the verifier's answer, around the change."""
    low, high = start - AROUND, end + AROUND
    facts = Facts(beside=beside, away=away or {}, zones=zones or {}, gone=gone)
    then = facts if beside_then is None else replace(facts, beside=beside_then)
    fresh = news(judge(before, low, high, facts), judge(after, low, high, then))
    within = ((max(start, begins), min(end, ends)) for begins, ends in fresh.gaps)
    return Foreseen(before, after, tuple((begins, ends) for begins, ends in within if begins < ends), fresh.warnings)


def first_change(before: ScheduleRule, after: ScheduleRule, start: dt.datetime, end: dt.datetime) -> dt.datetime | None:
    """The first moment of [start, end) from which on somebody else has the watch; None when nobody ever does. Names of layers do not count."""
    one, other = ({(row.start, row.end, row.person_id, row.shadow) for row in with_gaps(rule, start, end)} for rule in (before, after))
    return min((max(row[0], start) for row in one ^ other), default=None)
