"""Who would have the watch before and after a change of the configuration, and what does the verifier say of the difference?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from watchbill.people.models import Person
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import Foreseen, OverrideRule, ScheduleRule, Verdict, first_change, news
from watchbill.schedules.selectors import load, verify

MONTHS = 12  # ahead: what turns up after a year is seen in time by `verify`


@dataclass(frozen=True, slots=True)
class Side:
    """One schedule on one side of the change. `rule`: whoever is deactivated stands in it as nobody."""

    rule: ScheduleRule
    verdict: Verdict
    end: dt.datetime  # of what was looked at


@dataclass(frozen=True, slots=True)
class Watch:
    """One schedule on both sides, from where they first differ (or from now); of a new one there is nothing before."""

    name: str
    zone: str
    is_new: bool
    start: dt.datetime
    foreseen: Foreseen


Sides = Mapping[str, Side]


def looked_at(names: Collection[str], *, now: dt.datetime) -> Sides:
    """These schedules as the database has them at this point of the transaction; one that is not there, or not active, is left out."""
    rows = list(Schedule.objects.filter(name__in=names, is_active=True).order_by("position", "id")) if names else []
    if not rows:
        return {}
    reports = verify(rows, months=MONTHS, now=now)
    rules = load([row.id for row in rows], start=now, end=reports[0].end)
    gone = set(Person.objects.filter(is_active=False).values_list("id", flat=True))
    return {report.schedule.name: Side(_without(rules[report.schedule.id], gone), report.verdict, report.end) for report in reports}


def both_sides(before: Sides, after: Sides, *, now: dt.datetime) -> tuple[Watch, ...]:
    """Both sides beside each other, with what is new and worse."""
    return tuple(_watch(name, before.get(name), side, now) for name, side in after.items())


def _watch(name: str, was: Side | None, side: Side, now: dt.datetime) -> Watch:
    rule = was.rule if was else ScheduleRule(zone=side.rule.zone)
    fresh = news(was.verdict if was else Verdict(), side.verdict)
    start = first_change(rule, side.rule, now, side.end) if was else None
    return Watch(name, side.rule.zone, was is None, start or now, Foreseen(rule, side.rule, fresh.gaps, fresh.warnings))


def _without(rule: ScheduleRule, gone: Collection[int]) -> ScheduleRule:
    """The turns stay as they are: whoever is gone leaves theirs to nobody."""
    layers = (
        replace(layer, order=tuple(tuple(person for person in entry if person not in gone) for entry in layer.order))
        for layer in rule.layers
    )
    kept = (_left(each, gone) for each in rule.overrides)
    return replace(rule, layers=tuple(layers), overrides=tuple(each for each in kept if each)) if gone else rule


def _left(override: OverrideRule, gone: Collection[int]) -> OverrideRule | None:
    """What a change by hand does when whoever it brings is gone. Whoever takes a watch alone keeps it for nobody, and is named as it is."""
    if override.person_id not in gone or override.kind in ("take", "reverse_shadow", "remove"):
        return override
    if override.kind != "replace" or override.replaced_id is None:
        return None
    return replace(override, kind="remove", person_id=override.replaced_id, replaced_id=None)
