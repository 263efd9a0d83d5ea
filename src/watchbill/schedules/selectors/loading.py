"""What is stored about schedules, as the rules take it. One query, however many schedules."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from functools import lru_cache
from typing import Any

from django.db import connection

from watchbill.kernel.errors import Invalid, NotFound
from watchbill.people.rules import weekdays
from watchbill.schedules.models import Layer, Schedule
from watchbill.schedules.rules import LayerRule, LayerSpec, OverrideRule, ScheduleRule, Version, parse_length, parse_turn, until_of

FIRST, LAST = dt.datetime(1971, 1, 1, tzinfo=dt.UTC), dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
MARGIN = dt.timedelta(days=420)  # an override matters to every shift that it meets, and a shift may last for a year
NEAR = dt.timedelta(days=35)  # enough for almost every schedule: no need to read a year of overrides to know who is on call

# An override that was withdrawn while it ran stays in the past as it was. Times travel as microseconds: no text to parse, none to round.
LOAD = """
SELECT s.id, s.name, s.timezone, s.combine, s.hours, s.team_id,
  (SELECT json_agg(json_build_array(l.name, l.days, l.start, l.length, l.turn, l.starting, l."order", l.anchor, l.anchor_index, l.timezone,
      l.combine, l.position, l.shadow,
      (extract(epoch FROM l.valid_from) * 1000000)::bigint, (extract(epoch FROM l.valid_until) * 1000000)::bigint, l.ending)::text
      ORDER BY l.position, l.id)
    FROM schedules_layer l WHERE l.schedule_id = s.id),
  (SELECT json_agg(json_build_array(o.kind, o.person_id, o.replaced_id, o.layer_name, o.source,
      (extract(epoch FROM o.start) * 1000000)::bigint, (extract(epoch FROM least(o."end", o.withdrawn_at)) * 1000000)::bigint)
      ORDER BY o.created_at, o.id)
    FROM schedules_override o
    WHERE o.schedule_id = s.id AND o."end" > %(since)s AND o.start < %(until)s AND (o.withdrawn_at IS NULL OR o.withdrawn_at > o.start))
FROM schedules_schedule s WHERE s.id = ANY(%(ids)s)
"""
DAY = dt.timedelta(days=1)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def load(schedule_ids: Collection[int], *, start: dt.datetime, end: dt.datetime) -> dict[int, ScheduleRule]:
    """The schedules with everything that decides about [start, end) and the year around it. One query.

    Invalid for times outside 1971-2199: the tables of time zones say nothing about them.
    """
    _check(start, end)
    return _load(schedule_ids, start - MARGIN, end + MARGIN)


def load_near(schedule_ids: Collection[int], *, start: dt.datetime, end: dt.datetime) -> dict[int, ScheduleRule]:
    """The same, but sure only of the shifts of [start, end) and a month around it. Shifts longer than a month take a second query."""
    _check(start, end)
    found = _load(schedule_ids, start - NEAR, end + NEAR)
    far = any(layer.length.reach * DAY > NEAR for rule in found.values() for layer in rule.layers)
    return _load(schedule_ids, start - MARGIN, end + MARGIN) if far else found


def _check(start: dt.datetime, end: dt.datetime) -> None:
    if not FIRST <= start <= end <= LAST:
        raise Invalid("That time is out of reach; expected one between 1971 and 2200.", start=start.isoformat(), end=end.isoformat())


def _load(schedule_ids: Collection[int], since: dt.datetime, until: dt.datetime) -> dict[int, ScheduleRule]:
    if not schedule_ids:
        return {}
    values: dict[str, Any] = {"ids": list(schedule_ids), "since": since, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(LOAD, values)
        rows = cursor.fetchall()
    return {row[0]: _schedule(*row) for row in rows}


def by_name(name: str) -> Schedule:
    """The schedule of that name. NotFound names what there is."""
    found = Schedule.objects.filter(name=name, is_active=True).select_related("team").first()
    if found is None:
        names = ", ".join(Schedule.objects.filter(is_active=True).order_by("position", "id").values_list("name", flat=True)[:20])
        raise NotFound(f"There is no schedule {name!r}. There are: {names or 'none yet'}.", schedule=name)
    return found


def versions_of(schedule: Schedule) -> list[Version]:
    """All versions of the layers, for an edit."""
    return [
        Version(
            spec=LayerSpec(
                name=row.name,
                days=tuple(row.days),
                start=row.start,
                length=row.length,
                turn=row.turn,
                starting=row.starting,
                order=tuple(tuple(entry) for entry in row.order),
                shadow=row.shadow,
                ending=row.ending,
            ),
            zone=row.timezone or schedule.timezone,
            hides=(row.combine or schedule.combine) == "stack",
            position=row.position,
            anchor=row.anchor,
            anchor_index=row.anchor_index,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            id=row.id,
        )
        for row in Layer.objects.filter(schedule=schedule).order_by("position", "id")
    ]


def _schedule(id_: int, name: str, zone: str, combine: str, hours: str, team_id: int, layers: Any, overrides: Any) -> ScheduleRule:
    return ScheduleRule(
        layers=tuple(_layer(row, zone, combine) for row in layers or ()),
        overrides=tuple(_override(*row) for row in overrides or ()),
        id=id_,
        name=name,
        zone=zone,
        hours=hours,
        team_id=team_id,
    )


@lru_cache(maxsize=4096)
def _layer(stored: str, schedule_zone: str, schedule_combine: str) -> LayerRule:
    """A version never changes, so its making is remembered."""
    (name, days, start, length, turn, starting, order, anchor, anchor_index, zone, combine, position, shadow, since, until, ending) = (
        json.loads(stored)
    )
    return LayerRule(
        name=name,
        days=weekdays(days),
        start=dt.time.fromisoformat(start),
        length=parse_length(length),
        turn=parse_turn(turn),
        order=tuple(tuple(entry) for entry in order),
        starting=dt.date.fromisoformat(starting),
        anchor=dt.date.fromisoformat(anchor),
        anchor_index=anchor_index,
        zone=zone or schedule_zone,
        position=position,
        hides=(combine or schedule_combine) == "stack",
        shadow=shadow,
        valid_from=_instant(since),
        valid_until=until_of(_instant(until), dt.date.fromisoformat(ending) if ending else None, zone or schedule_zone),
    )


def _override(kind: str, person_id: int, replaced_id: int | None, layer: str, source: str, start: int, end: int) -> OverrideRule:
    return OverrideRule(kind, person_id, _at(start), _at(end), replaced_id, layer or None, source)


def _instant(microseconds: int | None) -> dt.datetime | None:
    return None if microseconds is None else _at(microseconds)


def _at(microseconds: int) -> dt.datetime:
    return EPOCH + dt.timedelta(microseconds=microseconds)
