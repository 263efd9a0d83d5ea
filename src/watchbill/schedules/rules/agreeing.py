"""Which agreements lose their ground when a rotation is changed under them? Pure.

A swap that was accepted, or a cover that somebody took, is made of overrides that hand over one shift each, from the giver to the taker. When
the rotation no longer gives that shift to the giver, such an override does nothing, or takes a splinter of another shift. So an agreement of
which a part no longer fits, or whose taker is deactivated, ends as a whole, and takes with it what stands on it. One of which a watch has
begun is not taken back: it stays, and whoever loses the other part is told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from watchbill.schedules.rules.model import OverrideRule, ScheduleRule
from watchbill.schedules.rules.shifts import final_shifts
from watchbill.schedules.rules.swapping import Half, stands


@dataclass(frozen=True, slots=True)
class Agreement:
    """A swap or a cover, as it is in force: each part is the shift that goes from a giver to a taker."""

    kind: str  # swap | cover
    id: int
    parts: tuple[Half, ...]

    def has_begun(self, now: dt.datetime) -> bool:
        return any(part.start <= now for part in self.parts)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a change does to agreements: those that end, those that stay although a part of them is lost, and the rules without what ended."""

    ended: tuple[Agreement, ...]
    kept: tuple[Agreement, ...]
    rules: Mapping[int, ScheduleRule]


def settle(
    before: Mapping[int, ScheduleRule],
    after: Mapping[int, ScheduleRule],
    agreements: Iterable[Agreement],
    *,
    gone: tuple[Collection[int], Collection[int]] = ((), ()),
    now: dt.datetime,
) -> Settlement:
    """`after` may lack schedules: nobody has a watch there any more. What did not fit before is nothing that this change did.

    `gone`: who was deactivated before, and who is after it.
    """
    standing = [each for each in agreements if not _lost(each, before, gone[0], now)]
    rules, ended = dict(after), []
    while broken := next((each for each in standing if not each.has_begun(now) and _lost(each, rules, gone[1], now)), None):
        standing.remove(broken)
        ended.append(broken)
        for part in broken.parts:
            if part.schedule_id in rules:
                rules[part.schedule_id] = _without(rules[part.schedule_id], part)
    return Settlement(tuple(ended), tuple(each for each in standing if _lost(each, rules, gone[1], now)), rules)


def _lost(agreement: Agreement, rules: Mapping[int, ScheduleRule], gone: Collection[int], now: dt.datetime) -> list[Half]:
    """The parts still to come that do not fit, or whose taker is not woken."""
    coming = [part for part in agreement.parts if part.start > now]
    return [part for part in coming if part.taker in gone or not _fits(part, rules.get(part.schedule_id))]


def _fits(part: Half, rule: ScheduleRule | None) -> bool:
    """Would the taker have the whole shift, and by what was agreed? One that the rotation gives them anyway is nothing that they got.

    Later changes by hand do not matter: they were made knowing of it.
    """
    place = _place(rule, part) if rule else None
    if rule is None or place is None:
        return False
    known, source = replace(rule, overrides=rule.overrides[: place + 1]), rule.overrides[place].source
    rows = [row for row in final_shifts(known, part.start, part.end) if row.source == source]
    return stands(replace(part, giver=part.taker), rows)


def _place(rule: ScheduleRule, part: Half) -> int | None:
    return next((place for place, each in enumerate(rule.overrides) if _is_of(each, part)), None)


def _without(rule: ScheduleRule, part: Half) -> ScheduleRule:
    return replace(rule, overrides=tuple(each for each in rule.overrides if not _is_of(each, part)))


def _is_of(override: OverrideRule, part: Half) -> bool:
    """One person has one override at a time on a schedule, so this finds the one."""
    wanted = ("replace", part.taker, part.giver, part.start, part.end, part.layer)
    return (override.kind, override.person_id, override.replaced_id, override.start, override.end, override.layer) == wanted
