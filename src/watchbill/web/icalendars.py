"""Entries of schedules as an iCalendar text (RFC 5545, RFC 7986)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from watchbill.notifications.invitations import PRODID, host_of
from watchbill.schedules.rules import CalendarEntry
from watchbill.schedules.selectors import CalendarPart

REFRESH = dt.timedelta(hours=1)


def text_of(parts: Sequence[CalendarPart], *, title: str, mine: bool, names: Mapping[int, str], base: str, made_at: dt.datetime) -> bytes:
    """The calendar. `names`: of people by id; `base`: the address of this desk; `made_at`: the time of what was never changed."""
    from icalendar import Calendar, Event  # noqa: PLC0415  15 MB that only calendars need

    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", title)
    calendar.add("x-wr-calname", title)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    host = host_of(base)
    for part in parts:
        for entry in part.entries:
            event = Event()
            event.add("uid", f"{entry.name}@{host}")
            event.add("sequence", entry.sequence)
            event.add("dtstart", entry.shift.start.astimezone(dt.UTC))
            event.add("dtend", entry.shift.end.astimezone(dt.UTC))
            event.add("dtstamp", (entry.changed_at or made_at).astimezone(dt.UTC))
            event.add("last-modified", (entry.changed_at or made_at).astimezone(dt.UTC))
            event.add("summary", _summary(entry, part, names, mine=mine))
            event.add("description", _why(entry, part))
            event.add("url", f"{base}/schedules/{part.schedule.id}")
            event.add("transp", "TRANSPARENT")  # being on call does not make somebody busy
            event.add("status", "CONFIRMED")
            calendar.add_component(event)
    return bytes(calendar.to_ical())


def _summary(entry: CalendarEntry, part: CalendarPart, names: Mapping[int, str], *, mine: bool) -> str:
    shadow = " (shadow)" if entry.shift.shadow else ""
    if mine:
        return f"On call: {part.schedule.name}{shadow}"
    person = entry.shift.person_id
    return f"{names.get(person, 'Somebody') if person is not None else 'Gap, nobody'}{shadow}: {part.schedule.name}"


def _why(entry: CalendarEntry, part: CalendarPart) -> str:
    why = {"layer": f"By rotation{f', {entry.shift.layer}' if entry.shift.layer else ''}", "gap": "Nobody has the watch"}
    said = why.get(entry.shift.source, f"By {entry.shift.source}")
    return f"{said}. {part.schedule.team.name}, schedule in {part.schedule.timezone}."
