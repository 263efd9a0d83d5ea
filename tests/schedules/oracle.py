"""The slow, obvious answer to *who has the watch*: walks the minutes of the clock on the wall, and counts turns on the fingers.

It shares nothing with the rules but their values: no clock arithmetic, no formula, no intervals.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache

from watchbill.schedules.rules import LayerRule, OverrideRule, ScheduleRule

MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
Someone = tuple[int, str, str | None, bool]  # person, source, layer, shadow


@dataclass(frozen=True)
class Post:
    """One person on one layer at one minute."""

    person: int | None
    source: str
    layer: str | None
    shadow: bool
    rank: int
    hides: bool
    follows: bool = False  # had the watch, and shadows whoever has it now


@lru_cache(maxsize=64)
def wall(zone: str, start: dt.datetime, end: dt.datetime) -> dict[dt.datetime, dt.datetime]:
    """For everything that the clock on the wall could show: the first minute at which it shows that, or has gone past it."""
    tz, first = zoneinfo.ZoneInfo(zone), {}
    minute, shown = start, start.astimezone(tz).replace(tzinfo=None)
    while minute < end:
        now = minute.astimezone(tz).replace(tzinfo=None)
        while shown <= now:
            first[shown] = minute
            shown += MINUTE
        minute += MINUTE
    return first


class Walk:
    """The minutes of a window, and of the days before and after it that its shifts may reach into."""

    def __init__(self, schedule: ScheduleRule, start: dt.datetime, end: dt.datetime, reach: int) -> None:
        self.schedule = schedule
        self.begins, self.ends = start - reach * DAY, end + 2 * DAY
        self.window = [start + n * MINUTE for n in range(int((end - start) / MINUTE))]
        shifts = [(layer, *shift) for layer in schedule.layers for shift in self._shifts(layer)]
        self.shifts = [(layer, begins, ends, people) for layer, begins, ends, people in shifts if begins < end and ends > start]

    def on_watch(self, minute: dt.datetime) -> Counter[Someone]:
        """Who has the watch at that minute."""
        posts = [
            Post(person, "layer", layer.name, layer.shadow, layer.position, layer.hides)
            for layer, begins, ends, people in self.shifts
            if begins <= minute < ends
            for person in people
        ]
        for change in self.schedule.overrides:
            if change.start <= minute < change.end:
                posts = changed(posts, change, self.schedule.layers)
        hiding = [post.rank for post in posts if post.hides and not post.shadow]
        seen = [post for post in posts if post.shadow or post.rank == -1 or not any(rank > post.rank for rank in hiding)]
        return Counter((post.person, post.source, post.layer, post.shadow or post.follows) for post in seen if post.person is not None)

    def _shifts(self, layer: LayerRule) -> list[tuple[dt.datetime, dt.datetime, tuple[int, ...]]]:
        first = wall(layer.zone, self.begins, self.ends)
        found = []
        day, last = max(layer.starting, min(first).date()), max(first).date()
        while day <= last:
            begins = first.get(dt.datetime.combine(day, layer.start))
            if day.weekday() in layer.days and begins is not None and holds(layer, begins):
                ends = first.get(ends_at(layer, day), self.ends)
                found.append((begins, ends, whose_turn(layer, day)))
            day += DAY
        return found


def ends_at(layer: LayerRule, day: dt.date) -> dt.datetime:
    """What the clock shows at the end."""
    months = layer.length.months
    while months:
        day, months = month_later(day, day.day), months - 1
    return dt.datetime.combine(day, layer.start) + layer.length.span


def holds(layer: LayerRule, begins: dt.datetime) -> bool:
    return not (layer.valid_from and begins < layer.valid_from) and not (layer.valid_until and begins >= layer.valid_until)


def whose_turn(layer: LayerRule, day: dt.date) -> tuple[int, ...]:
    """Walks the days from the anchor, taking turns (the tests walk forward only)."""
    turn, left, walked = layer.anchor_index, layer.turn.number, layer.anchor
    first_of_month, months = layer.anchor, layer.turn.number
    while walked < day:
        if layer.turn.unit == "shifts" and walked.weekday() in layer.days:
            left -= 1
        walked += DAY
        if layer.turn.unit == "days":
            left -= 1
        if layer.turn.unit == "months" and walked == month_later(first_of_month, layer.anchor.day):
            first_of_month, months = walked, months - 1
            left = months
        if left == 0:
            turn, left, months = turn + 1, layer.turn.number, layer.turn.number
    return layer.order[turn % len(layer.order)]


def month_later(day: dt.date, wanted: int) -> dt.date:
    """The day with that number in the next month, or its last day."""
    last = first = (day.replace(day=1) + 32 * DAY).replace(day=1)
    while (last + DAY).month == first.month and last.day < wanted:
        last += DAY
    return last


def changed(posts: list[Post], change: OverrideRule, layers: tuple[LayerRule, ...]) -> list[Post]:
    """The override, as semantics.md words it."""
    mine = [post for post in posts if change.layer is None or post.layer == change.layer]
    others = [post for post in posts if post not in mine]
    named = [layer for layer in layers if layer.name == change.layer]
    at = named[-1] if named else None
    brought = Post(change.person_id, change.source, change.layer, bool(at and at.shadow), at.position if at else -1, bool(at and at.hides))
    shadows = [post for post in mine if post.shadow or post.follows]
    if change.kind == "take":
        return [*others, *(post for post in shadows if change.layer is None), brought]
    if change.kind == "shadow":
        return [*posts, replace(brought, shadow=True)]
    if change.kind == "reverse_shadow":
        held = [post for post in mine if post not in shadows]
        left = [replace(post, follows=True) for post in held if post.person != change.person_id]
        hidden = [replace(post, person=None) for post in held if post.person == change.person_id and post.hides and change.layer is None]
        return [*others, *shadows, *left, *hidden, brought]
    if change.kind == "add":
        return [*posts, brought]
    if change.kind == "replace":
        return [
            *others,
            *(replace(p, person=change.person_id, source=change.source) if p.person == change.replaced_id else p for p in mine),
        ]
    gone = [replace(post, person=None) for post in mine if post.person == change.person_id and post.hides and change.layer is None]
    return [*others, *gone, *(post for post in mine if post.person != change.person_id)]
