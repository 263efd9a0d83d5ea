"""Schedules to test on, as the rules take them: the example's shape, and single layers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from watchbill.schedules.rules import LayerRule, OverrideRule, ScheduleRule, parse_length, parse_turn

UTC = dt.UTC
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
ADA, BRUNO, CHEN, DANA, EMEKA, FUMI = range(1, 7)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HARD_ZONES = (
    "America/Havana",
    "America/Chicago",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Africa/Cairo",
)


def at(text: str) -> dt.datetime:
    """An instant; UTC unless it says otherwise."""
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def layer(
    order: list[int | tuple[int, ...]],
    *,
    days: str = "mon tue wed thu fri sat sun",
    start: str = "08:00",
    length: str = "24h",
    turn: str = "1 shift",
    starting: str = "2026-01-05",
    name: str = "all",
    **more: Any,
) -> LayerRule:
    begins = dt.date.fromisoformat(starting)
    return LayerRule(
        name=name,
        days=frozenset(WEEK.index(day) for day in days.split()),
        start=dt.time.fromisoformat(start),
        length=parse_length(length),
        turn=parse_turn(turn),
        order=tuple((one,) if isinstance(one, int) else one for one in order),
        starting=begins,
        anchor=more.pop("anchor", begins),
        **more,
    )


def two_desks(zone: str = "UTC", **more: Any) -> ScheduleRule:
    """Security Responder of the example: 12-hour shifts on weekdays, one of 48 hours at the weekend."""
    weekdays = "mon tue wed thu fri"
    return ScheduleRule(
        layers=(
            layer([ADA, BRUNO, EMEKA], name="weekday day", days=weekdays, length="12h", turn="1w", zone=zone, position=0),
            layer([CHEN, FUMI, DANA], name="weekday night", days=weekdays, start="20:00", length="12h", turn="1w", zone=zone, position=1),
            layer(
                [DANA, ADA, CHEN, BRUNO, FUMI, EMEKA],
                name="weekend",
                days="sat",
                length="48h",
                starting="2026-01-10",
                zone=zone,
                position=2,
            ),
        ),
        zone=zone,
        **more,
    )


def override(kind: str, person: int, start: str, end: str, **more: Any) -> OverrideRule:
    return OverrideRule(kind, person, at(start), at(end), **more)
