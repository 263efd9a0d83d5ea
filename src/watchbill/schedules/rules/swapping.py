"""May two shifts be exchanged, now? Pure: every refusal is one sentence that says what to do next.

A swap has two halves. An offer changes nothing; accepted, each half is one override, both made in one transaction. What a half says about its
shift is compared with what the schedule answers at that moment: a shift that changed or began is not exchanged.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from watchbill.schedules.rules.model import OverrideRule, ScheduleRule, Shift
from watchbill.schedules.rules.shifts import final_shifts


@dataclass(frozen=True, slots=True)
class Half:
    """A shift that goes from `giver` to `taker`."""

    schedule_id: int
    schedule: str
    team_id: int
    start: dt.datetime
    end: dt.datetime
    layer: str | None
    giver: int
    taker: int

    def override(self) -> OverrideRule:
        """The override that moves it: only on its layer, only where the giver would have been."""
        return OverrideRule("replace", self.taker, self.start, self.end, self.giver, self.layer, "swap")


@dataclass(frozen=True, slots=True)
class Exchange:
    """Both halves: `given` is the shift of whoever offers, `taken` the one they get for it."""

    given: Half
    taken: Half

    @property
    def begins(self) -> dt.datetime:
        """The start of the earlier shift: from then on nothing is exchanged or taken back."""
        return min(self.given.start, self.taken.start)

    @property
    def halves(self) -> tuple[Half, Half]:
        """In the order in which every writer takes them."""
        return self.given, self.taken

    @property
    def mark(self) -> str:
        """What a form keeps of it, so that saving sees whether it is still the same."""
        said = [(half.schedule_id, half.layer, half.giver, half.start.timestamp(), half.end.timestamp()) for half in self.halves]
        return hashlib.sha256(repr(said).encode()).hexdigest()[:32]

    def back(self) -> Exchange:
        """As it stands after it was accepted."""
        return Exchange(*(replace(half, giver=half.taker, taker=half.giver) for half in self.halves))


def half_of(rule: ScheduleRule, at: dt.datetime, giver: int, taker: int) -> Half | None:
    """The shift that this person has at that moment, as it is now. A shadow has nothing to give."""
    rows = [row for row in final_shifts(rule, at, at + dt.timedelta(microseconds=1)) if row.person_id == giver and not row.shadow]
    if not rows:
        return None
    row = rows[0]
    return Half(rule.id, rule.name, rule.team_id, row.start, row.end, row.layer, giver, taker)


def stands(half: Half, rows: Iterable[Shift]) -> bool:
    """Is the shift still the giver's, whole, and on the same layer?"""
    wanted = (half.start, half.end, half.giver, half.layer)
    return any((row.start, row.end, row.person_id, row.layer) == wanted and not row.shadow for row in rows)


def both_stand(exchange: Exchange, rules: Mapping[int, ScheduleRule]) -> bool:
    """Do both shifts stand as the exchange says?"""
    return not [half for half in exchange.halves if not _stands(half, rules)]


def why_no_exchange(
    exchange: Exchange,
    rules: Mapping[int, ScheduleRule],
    *,
    members: Collection[tuple[int, int]],
    names: Mapping[int, str],
    now: dt.datetime,
) -> str:
    """Why this cannot be offered, or accepted; empty: it can. `members`: (team, person) of everybody who may stand a watch there."""
    given, taken = exchange.halves
    if given.giver == taken.giver:
        return "A swap takes two people. To give a watch away, ask for cover or add an override."
    if (given.schedule_id, given.layer) == (taken.schedule_id, taken.layer) and given.start < taken.end and taken.start < given.end:
        return "These two are the same watch at the same time: there is nothing to exchange."
    for half in exchange.halves:
        for person in (half.giver, half.taker):
            if (half.team_id, person) not in members:
                return f"{names.get(person, 'Somebody')} is not in the team of {half.schedule} any more, or may not stand its watch. Nothing was exchanged."
    if late := next((half for half in exchange.halves if half.start <= now), None):
        return f"The watch of {names.get(late.giver, 'somebody')} on {late.schedule} has begun. Take it over by an override instead."
    if changed := next((half for half in exchange.halves if not _stands(half, rules)), None):
        return f"The watch of {names.get(changed.giver, 'somebody')} on {changed.schedule} was changed meanwhile. Make a new offer."
    return ""


def why_not_undone(exchange: Exchange, rules: Mapping[int, ScheduleRule], *, names: Mapping[int, str], now: dt.datetime) -> str:
    """Why an accepted swap cannot be taken back as a whole; empty: it can."""
    if exchange.begins <= now:
        return "One of the two watches has begun, so the swap stays. Change the rest by an override."
    changed = next((half for half in exchange.back().halves if not _stands(half, rules)), None)
    if changed:
        who = names.get(changed.giver, "somebody")
        return (
            f"The watch that {who} got on {changed.schedule} was changed since. Take that change back first, or change it by an override."
        )
    return ""


def broken_by(before: Mapping[int, ScheduleRule], after: Mapping[int, ScheduleRule], accepted: Iterable[Exchange]) -> Exchange | None:
    """The first accepted swap of which a half stands before a change and not after it. `after` may have only the schedule that changes."""
    later = {**before, **after}
    for exchange in accepted:
        for half in exchange.back().halves:
            if half.schedule_id in after and _stands(half, before) and not _stands(half, later):
                return exchange
    return None


def _stands(half: Half, rules: Mapping[int, ScheduleRule]) -> bool:
    rule = rules.get(half.schedule_id)
    return rule is not None and stands(half, final_shifts(rule, half.start, half.end))
