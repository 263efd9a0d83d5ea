"""What does an edit of a rotation change, and from when on? Never the past. Pure.

The first version of a layer holds from its `starting`, the past included. An edit ends the version that holds and adds one that is dated:
- other people or another order: at the end of the turn that runs now; whoever has it stays until then, the order of the others holds;
- other days, times, turns, another zone: now; the shift that has begun ends as it was, and the rotation goes on with whoever was next;
- another `starting`: on that day, now at the earliest; the rotation begins anew.
A layer that is gone starts no further shift. A shift belongs to the version that is valid when it starts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from watchbill.people.rules import clock_time, weekdays, zone_of
from watchbill.schedules.rules.model import LayerRule, parse_length, parse_turn, until_of
from watchbill.schedules.rules.turns import next_turn, turn_of

Order = tuple[tuple[int, ...], ...]
INSTANT = dt.timedelta(microseconds=1)  # a shift that starts at the very moment of the edit has begun, and stays as it was


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """A layer as the file says it. `days` are words, `length` and `turn` durations, `order` the ids of people, several at once as one entry."""

    name: str
    days: tuple[str, ...]
    start: dt.time
    length: str
    turn: str
    starting: dt.date
    order: Order
    shadow: bool = False
    ending: dt.date | None = None  # no shift starts on this day, nor later
    zone: str = ""  # whose clock it follows; empty: the schedule's. A version that is stored says it for itself


@dataclass(frozen=True, slots=True)
class Version:
    """A layer as it is, or will be, stored."""

    spec: LayerSpec
    zone: str
    hides: bool
    position: int
    anchor: dt.date
    anchor_index: int = 0
    valid_from: dt.datetime | None = None
    valid_until: dt.datetime | None = None
    id: int | None = None


@dataclass(slots=True)
class Edit:
    """What to store: versions to forget (they never held), to end, to move among the layers, to add."""

    forgotten: list[int] = field(default_factory=list)
    ended: dict[int, dt.datetime | None] = field(default_factory=dict)
    moved: dict[int, int] = field(default_factory=dict)
    added: list[Version] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)  # names of layers, for the audit


def plan_edit(stored: Sequence[Version], specs: Sequence[LayerSpec], *, zone: str, hides: bool, now: dt.datetime) -> Edit:
    """How the stored versions become what the file says, from `now` on. `zone`: of the schedule, for layers without one of their own."""
    edit = Edit()
    names = {spec.name for spec in specs}
    gone = [version for version in stored if version.spec.name not in names]
    leaving = [version for version in gone if _holds(version, now)]
    for version in gone:
        _end(edit, version, now)
    for position, spec in enumerate(specs):
        versions = [version for version in stored if version.spec.name == spec.name]
        wanted = Version(replace(spec, zone=""), spec.zone or zone, hides, position, anchor=spec.starting)
        if any(_holds(version, now) or _is_pending(version, now) for version in versions):
            _change(edit, versions, wanted, now)
        else:
            edit.added.append(_begin(wanted, leaving, dated=bool(versions or leaving), now=now))
            edit.changed.append(spec.name)
    edit.changed += sorted({version.spec.name for version in leaving})
    return edit


def rule_of(version: Version) -> LayerRule:
    """The version as the rest of the rules know it."""
    spec = version.spec
    return LayerRule(
        name=spec.name,
        days=weekdays(spec.days),
        start=spec.start,
        length=parse_length(spec.length),
        turn=parse_turn(spec.turn),
        order=spec.order,
        starting=spec.starting,
        anchor=version.anchor,
        anchor_index=version.anchor_index,
        zone=version.zone,
        position=version.position,
        hides=version.hides,
        shadow=spec.shadow,
        valid_from=version.valid_from,
        valid_until=until_of(version.valid_until, spec.ending, version.zone),
    )


def _begin(wanted: Version, leaving: Iterable[Version], *, dated: bool, now: dt.datetime) -> Version:
    """A layer that was not there. One that takes the place of another holds from now; renamed, it goes on where the other stood."""
    if not dated:
        return wanted
    twin = next((old for old in leaving if replace(old.spec, name=wanted.spec.name) == wanted.spec and old.zone == wanted.zone), None)
    return replace(
        wanted, anchor_index=twin.anchor_index if twin else 0, anchor=twin.anchor if twin else wanted.anchor, valid_from=now + INSTANT
    )


def _change(edit: Edit, versions: Sequence[Version], wanted: Version, now: dt.datetime) -> None:
    pending = [version for version in versions if _is_pending(version, now)]
    holding = next((version for version in versions if _holds(version, now)), None)
    latest = max(pending, key=lambda version: version.valid_from or now) if pending else holding
    if latest is None or _same(latest, wanted):
        for version in [holding, *pending] if not wanted.hides else []:
            if version is not None and version.id is not None and version.position != wanted.position:
                edit.moved[version.id] = wanted.position
        return
    edit.forgotten += [version.id for version in pending if version.id is not None]
    following = _following(replace(holding, valid_until=None), wanted, now) if holding else [replace(wanted, valid_from=now + INSTANT)]
    if holding is not None and holding.id is not None:
        edit.ended[holding.id] = following[0].valid_from if following else None
        if not following and holding.position != wanted.position:
            edit.moved[holding.id] = wanted.position
    edit.added += following
    edit.changed.append(wanted.spec.name)


def _following(holding: Version, wanted: Version, now: dt.datetime) -> list[Version]:
    """The versions that come after the one that holds. None when the file says again what holds, and only takes back what was to come."""
    if _same(holding, wanted):
        return []
    if holding.spec.starting != wanted.spec.starting:
        begins = clock_time(dt.datetime.combine(wanted.spec.starting, dt.time()), zone_of(wanted.zone))
        return [replace(wanted, valid_from=max(now + INSTANT, begins))]
    same_people = replace(wanted, spec=replace(wanted.spec, order=holding.spec.order), anchor=holding.anchor)
    if _same(holding, same_people):
        return [_reordered(replace(holding, position=wanted.position, id=None), wanted.spec.order, now)]
    rebuilt = _rebuilt(holding, same_people, now)
    if wanted.spec.order == holding.spec.order:
        return [rebuilt]
    reordered = _reordered(rebuilt, wanted.spec.order, now)
    if reordered.valid_from == _next_start(rule_of(rebuilt), now)[1]:
        return [replace(reordered, valid_from=now + INSTANT)]
    return [replace(rebuilt, valid_until=reordered.valid_from), reordered]


def _rebuilt(holding: Version, wanted: Version, now: dt.datetime) -> Version:
    """Other days, times or turns: whoever would have started next does."""
    old, new = rule_of(holding), rule_of(wanted)
    if _last_start(old, now) is None:
        return replace(wanted, valid_from=now + INSTANT)
    shift_by = turn_of(old, _next_start(old, now)[0]) - turn_of(new, _next_start(new, now)[0])
    return replace(wanted, anchor_index=(holding.anchor_index + shift_by) % max(1, len(old.order)), valid_from=now + INSTANT)


def _reordered(version: Version, order: Order, now: dt.datetime) -> Version:
    """Other people from the next turn on, beginning with the one who follows."""
    rule = rule_of(version)
    started = _last_start(rule, now)
    if started is None or not rule.order or not order:
        return replace(version, spec=replace(version.spec, order=order), anchor_index=0, valid_from=now + INSTANT)
    day = next_turn(rule, started)
    if day is None:
        return replace(version, spec=replace(version.spec, order=order), valid_from=now + INSTANT)
    turn = turn_of(rule, day)
    first = _follower(rule.order, (rule.anchor_index + turn) % len(rule.order), order)
    starts = _starts_at(rule, day)
    return replace(version, spec=replace(version.spec, order=order), anchor_index=(first - turn) % len(order), valid_from=starts)


def _follower(old: Order, place: int, new: Order) -> int:
    """Where in the new order the rotation goes on: with the next of the old order who is still there."""
    for n in range(len(old)):
        entry = old[(place + n) % len(old)]
        if entry in new:
            return new.index(entry)
        for index, other in enumerate(new):
            if set(entry) & set(other):
                return index
    return 0


def _last_start(layer: LayerRule, now: dt.datetime) -> int | None:
    """The day of the last shift that has started. None before the first."""
    today = now.astimezone(zone_of(layer.zone)).toordinal()
    days = (day for day in range(today + 1, today - 9, -1) if (day - 1) % 7 in layer.days and _starts_at(layer, day) <= now)
    day = next(days, None)
    return day if day is not None and day >= layer.starting.toordinal() else None


def _next_start(layer: LayerRule, now: dt.datetime) -> tuple[int, dt.datetime]:
    """The day of the first shift that starts after now, and when it does."""
    today = max(now.astimezone(zone_of(layer.zone)).toordinal() - 1, layer.starting.toordinal())
    days = (day for day in range(today, today + 10) if (day - 1) % 7 in layer.days and _starts_at(layer, day) > now)
    day = next(days, today)
    return day, _starts_at(layer, day)


def _starts_at(layer: LayerRule, day: int) -> dt.datetime:
    return clock_time(dt.datetime.combine(dt.date.fromordinal(day), layer.start), zone_of(layer.zone))


def _same(version: Version, wanted: Version) -> bool:
    """Says the file what is stored? Positions matter only where layers hide each other; how a weekday set is ordered never does."""
    moved = wanted.hides and version.position != wanted.position
    return not moved and _comparable(version) == _comparable(wanted)


def _comparable(version: Version) -> tuple[object, ...]:
    spec = version.spec
    return replace(spec, days=()), weekdays(spec.days), version.zone, version.hides


def _holds(version: Version, now: dt.datetime) -> bool:
    return (version.valid_from is None or version.valid_from <= now) and (version.valid_until is None or version.valid_until > now)


def _is_pending(version: Version, now: dt.datetime) -> bool:
    return version.valid_from is not None and version.valid_from > now


def _end(edit: Edit, version: Version, now: dt.datetime) -> None:
    if version.id is None:
        return
    if _is_pending(version, now):
        edit.forgotten.append(version.id)
    elif _holds(version, now):
        edit.ended[version.id] = now + INSTANT
