"""A calendar month of one schedule, or of one person on all schedules: watches and gaps, who is away, public holidays."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from django.urls import reverse

from watchbill.people.models import Person, TimeOff
from watchbill.people.working import holiday_spans
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import Shift, with_gaps
from watchbill.schedules.selectors import load, shifts_of_person
from watchbill.web import times
from watchbill.web.calendars import clock_changes
from watchbill.web.exchanging import Marks, marks_of
from watchbill.web.months import ONE_DAY, Day, Entry, borders_of, days_of
from watchbill.web.pictures import midnights
from watchbill.web.rosters import people_of
from watchbill.web.visit import Visit

Span = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that the page of a month draws."""

    first: dt.date
    start: dt.datetime
    end: dt.datetime
    zone: dt.tzinfo
    days: tuple[Day, ...]
    gaps: tuple[Span, ...]
    changed_clocks: tuple[str, ...]
    swaps: bool  # has it a watch of the reader that can be offered?
    others: bool = False  # has it watches of others that the reader may exchange?

    @property
    def is_running(self) -> bool:
        """Is today in it?"""
        return any(day.is_today and day.is_inside for day in self.days)


def sheet_of(schedule: Schedule, first: dt.date, zone: dt.tzinfo, visit: Visit) -> Sheet:
    """The month of one schedule, in that zone."""
    borders = borders_of(first, zone)
    rule = load([schedule.id], start=borders[0], end=borders[-1])[schedule.id]
    shifts = with_gaps(rule, borders[0], borders[-1])
    people, marks = people_of(shifts), marks_of(schedule, visit)
    layered = len({layer.name for layer in rule.layers}) > 1
    entries = [_watch(shift, people.get(shift.person_id or 0), visit, marks, layered=layered) for shift in shifts]
    zones = {each.timezone for each in people.values()} | {schedule.timezone}
    sheet = _sheet(first, zone, [*entries, *_absent(people, borders[0], borders[-1], zone)], zones, visit)
    return replace(sheet, others=marks.may_for_others and any(each.take for each in entries))


def sheet_of_person(person: Person, first: dt.date, zone: dt.tzinfo, visit: Visit) -> Sheet:
    """The month of one person: their watches on every schedule."""
    borders = borders_of(first, zone)
    entries = [
        Entry(
            shift.start,
            shift.end,
            "watch",
            schedule.name,
            is_mine=person.id == visit.person.id and not shift.shadow,
            tags=_tags(shift),
            because=shift.layer or "",
            link=f"{reverse('schedule-month', args=[schedule.id])}?month={first:%Y-%m}",
        )
        for schedule, shift in shifts_of_person(person.id, borders[0], borders[-1])
    ]
    zones = {person.timezone, *Schedule.objects.filter(name__in={each.label for each in entries}).values_list("timezone", flat=True)}
    return _sheet(first, zone, [*entries, *_absent({person.id: person}, borders[0], borders[-1], zone)], zones, visit)


def _sheet(first: dt.date, zone: dt.tzinfo, entries: Sequence[Entry], zones: Collection[str], visit: Visit) -> Sheet:
    days = days_of(first, zone, entries, now=visit.now)
    inside = [day for day in days if day.is_inside]
    start, end = inside[0].start, inside[-1].end
    return Sheet(
        first,
        start,
        end,
        zone,
        tuple(days),
        tuple((each.start, each.end) for each in entries if each.kind == "gap" and each.start < end and each.end > start),
        tuple(clock_changes({*zones, str(zone)}, start, end)),
        any(each.give for each in entries),
    )


def _watch(shift: Shift, person: Person | None, visit: Visit, marks: Marks, *, layered: bool) -> Entry:
    if person is None:
        return Entry(shift.start, shift.end, "gap", "Gap: nobody")
    give, take = marks.of(shift, person)
    when = f"{times.moment(shift.start, visit.zone, now=visit.now)}, {times.span((shift.end - shift.start).total_seconds())}"
    mine = person.id == visit.person.id
    return Entry(
        shift.start,
        shift.end,
        "watch",
        f"{person.name} (you)" if mine else person.name,
        is_mine=mine and not shift.shadow,
        tags=_tags(shift),
        because=(shift.layer or "") if layered else "",
        give=give,
        take=take,
        words=f"{person.name}, {when}",
    )


def _tags(shift: Shift) -> tuple[str, ...]:
    changed = (shift.source,) if shift.source in ("override", "swap") else ()
    return (*changed, "shadow") if shift.shadow else changed


def _absent(people: Mapping[int, Person], start: dt.datetime, end: dt.datetime, zone: dt.tzinfo) -> list[Entry]:
    """Who is away, and whose public holiday it is. A holiday is a date: it stands on that date whatever the zone of the picture, once."""
    rows = TimeOff.objects.filter(person_id__in=people, start__lt=end, end__gt=start)
    away = [Entry(each.start, each.end, "off", people[each.person_id].name) for each in rows]
    free: dict[dt.date, set[str]] = defaultdict(set)
    for person_id, spans in holiday_spans(list(people), start=start - ONE_DAY, end=end + ONE_DAY).items():
        person = people[person_id]
        for begins, _ in spans:
            free[begins.astimezone(times.zone_of(person.timezone)).date()].add(f"{person.name} ({person.holidays})")
    for date, names in sorted(free.items()):
        begins, ends = midnights(date, 1, zone)
        away.append(Entry(begins, ends, "holiday", ", ".join(sorted(names))))
    return away
