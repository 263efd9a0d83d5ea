"""The rules and the slow minute walk give one answer: windows of three days around changes of the clocks, any layers, any overrides."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.people.test_durations import changes
from tests.schedules.cast import DAY, HARD_ZONES, HOUR, UTC
from tests.schedules.oracle import Walk
from watchbill.people.rules import zone_of
from watchbill.schedules.rules import LayerRule, OverrideRule, ScheduleRule, Shift, final_shifts, on_call_at, parse_length, parse_turn

MINUTE = dt.timedelta(minutes=1)
REACH = 9  # days: the longest shift drawn below is a week
STARTING = dt.date(2026, 1, 5)
NAMES = ("low", "middle", "high")


@lru_cache
def nights(zone: str) -> list[dt.datetime]:
    """The changes of the clocks of two years; a plain night where there are none."""
    return changes(zone_of(zone), 2026, 2028) or [dt.datetime(2026, 6, 6, tzinfo=UTC)]


@st.composite
def schedules(draw: st.DrawFn) -> tuple[ScheduleRule, dt.datetime]:
    zone = draw(st.sampled_from(HARD_ZONES))
    start = draw(st.sampled_from(nights(zone))) - 36 * HOUR
    stack = draw(st.booleans())
    count = draw(st.integers(1, 3))
    zones = [draw(st.just(zone) | st.sampled_from(HARD_ZONES)) for _ in range(count)]
    layers = tuple(draw(layer(name, position, zones[position], stack, start)) for position, name in enumerate(NAMES[:count]))
    overrides = tuple(draw(st.lists(override(start, NAMES[:count]), max_size=4)))
    return ScheduleRule(layers, overrides, zone=zone), start


@st.composite
def layer(draw: st.DrawFn, name: str, position: int, zone: str, stack: bool, around: dt.datetime) -> LayerRule:
    people = st.lists(st.integers(1, 3), min_size=1, max_size=2, unique=True).map(tuple)
    moments = st.none() | st.integers(0, 72).map(lambda hours: around + hours * HOUR) | st.just(around + 36 * HOUR)
    return LayerRule(
        name=name,
        days=draw(st.sampled_from([frozenset(range(7)), frozenset(range(5))]) | st.frozensets(st.integers(0, 6), min_size=1)),
        start=draw(st.builds(dt.time, st.integers(0, 23), st.sampled_from([0, 15, 30]))),
        length=parse_length(draw(st.sampled_from(["12h", "24h", "30m", "1h", "8h", "48h", "1w", "3 days"]))),
        turn=parse_turn(draw(st.sampled_from(["1 shift", "2 shifts", "24h", "1w", "2 weeks", "3 days", "1 month", "2 months"]))),
        order=tuple(draw(st.lists(people, min_size=1, max_size=3))),
        starting=STARTING,
        anchor=draw(st.sampled_from([STARTING, dt.date(2026, 1, 31)])) if around > dt.datetime(2026, 2, 20, tzinfo=UTC) else STARTING,
        anchor_index=draw(st.integers(0, 2)),
        zone=zone,
        position=position,
        hides=stack,
        shadow=draw(st.sampled_from([False, False, True])),
        valid_from=draw(moments),
        valid_until=draw(moments),
    )


@st.composite
def override(draw: st.DrawFn, around: dt.datetime, names: tuple[str, ...]) -> OverrideRule:
    kind = draw(st.sampled_from(["take", "replace", "add", "remove", "shadow", "reverse_shadow"]))
    start = around + draw(st.integers(-24 * 4, 72 * 4)) * 15 * MINUTE
    return OverrideRule(
        kind=kind,
        person_id=draw(st.integers(1, 4)),
        start=start,
        end=start + draw(st.integers(1, 48 * 4)) * 15 * MINUTE,
        replaced_id=draw(st.integers(1, 3)) if kind == "replace" else None,
        layer=draw(st.none() | st.sampled_from(names)),
    )


def who(rows: list[Shift]) -> Counter[tuple[int | None, str, str | None, bool]]:
    return Counter((row.person_id, row.source, row.layer, row.shadow) for row in rows)


def agree(schedule: ScheduleRule, start: dt.datetime, step: int) -> None:
    """Minute by minute, over three days."""
    walk = Walk(schedule, start, start + 3 * DAY, REACH)
    rows = final_shifts(schedule, start, start + 3 * DAY)
    for minute in walk.window[::step]:
        expected = walk.on_watch(minute)
        holding = [row for row in rows if row.start <= minute < row.end]
        assert who(holding) == expected, f"the preview at {minute}"
        if minute.minute == 0:
            assert on_call_at(schedule, minute) == holding, f"the engine at {minute}"


@pytest.mark.req("S2", "S3", "S4", "S5", "S12", "S13", "S14", "G3")
@settings(max_examples=120, deadline=None)
@given(schedules())
def test_the_rules_agree_with_the_minute_walk(drawn):
    schedule, start = drawn
    agree(schedule, start, step=15)


@pytest.mark.long
@pytest.mark.req("S12")
@settings(max_examples=2000, deadline=None)
@given(schedules())
def test_the_rules_agree_with_the_minute_walk_for_long(drawn):
    schedule, start = drawn
    agree(schedule, start, step=5)
