"""Tell whoever is affected when watches move: at once, by their own ways, with the change for their calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from watchbill.notifications.actions import tell_in
from watchbill.people.models import AwayCalendar, Person
from watchbill.people.rules import zone_of
from watchbill.schedules.models import Cover, Schedule, Swap
from watchbill.schedules.rules import CalendarEntry, Moved, ScheduleRule, Shift, calendar_news, entries, final_shifts, moved, with_gaps
from watchbill.schedules.selectors import Meeting, load
from watchbill.schedules.selectors.feeding import marks_of
from watchbill.schedules.selectors.loading import MARGIN

MOST_ENTRIES = 20  # in one mail; who has more of them reads the calendar's feed
MOST_SPANS = 3  # in one sentence


class Watched:
    """The watches of some schedules in a window, looked at before a change and after it."""

    def __init__(self, schedule_ids: Collection[int], start: dt.datetime, end: dt.datetime) -> None:
        self.ids, self.start, self.end = list(schedule_ids), start, end
        self.before = load(self.ids, start=start, end=end)

    def tell_in(self, why: str, *, now: dt.datetime) -> None:
        """Queue the news in the open transaction, for everybody whose watches are others now."""
        after = load(self.ids, start=self.start, end=self.end)
        closed = Schedule.objects.filter(id__in=self.ids, is_active=False).values_list("id", flat=True)
        after |= {id_: replace(after[id_], layers=(), overrides=()) for id_ in closed}  # nobody has it any more
        schedules = Schedule.objects.in_bulk(self.ids)
        marks = marks_of(self.ids, self.start - MARGIN)
        changes: dict[int, list[tuple[Schedule, Moved]]] = {}
        calendars: dict[int, list[dict[str, Any]]] = {}
        for id_ in self.ids:
            rows = _whole(self.before[id_], after[id_], self.start, self.end)
            old, new = (_entries(rule[id_], each, schedules[id_], marks) for rule, each in zip((self.before, after), rows, strict=True))
            for person, change in moved(*rows, now=now).items():
                changes.setdefault(person, []).append((schedules[id_], change))
                told = [
                    _told(method, each, schedules[id_], now) for method, each in calendar_news(old, new, person) if each.shift.end > now
                ]
                calendars.setdefault(person, []).extend(told)
        people = Person.objects.filter(is_active=True).in_bulk(changes)
        tell_in({each.id: _content(each, changes[each.id], calendars[each.id], why) for each in people.values()}, now=now)


def tell_of_swap_in(swap: Swap, person: Person, title: str, *, now: dt.datetime) -> None:
    """One of the two hears what became of an offer."""
    given, taken = (
        f"{schedule.name}, {_when(person, start, end)}"
        for schedule, start, end in (
            (swap.given_schedule, swap.given_start, swap.given_end),
            (swap.taken_schedule, swap.taken_start, swap.taken_end),
        )
    )
    why = swap.answer or swap.reason
    reason = f"{swap.asker.name} gives {given}, and takes {taken} for it.{f' {why}' if why else ''}"
    tell_in({person.id: _plain(title, reason, f"/swaps/{swap.id}")}, now=now)


def tell_of_cover_in(cover: Cover, people: Iterable[int], title: str, *, now: dt.datetime, urgency: str = "low") -> None:
    """Those who were asked hear of a request, and what became of it."""
    why = f" {cover.reason}" if cover.reason else ""
    told = {}
    for person in Person.objects.filter(id__in=list(people), is_active=True):
        reason = f"{cover.schedule.name}, {_when(person, cover.start, cover.end)}.{why}"
        told[person.id] = _plain(title, reason, f"/covers/{cover.id}")
    tell_in(told, now=now, urgency=urgency)


def tell_of_clashes_in(person: Person, host: str, met: Sequence[Meeting], *, now: dt.datetime) -> None:
    """Whoever's calendar says that they are away hears at once which of their watches that meets."""
    said = "; ".join(f"{each.schedule.name}, {_when(person, each.start, each.end)}" for each in met[:MOST_SPANS])
    more = f" and {len(met) - MOST_SPANS} more" if len(met) > MOST_SPANS else ""
    reason = f"Your calendar at {host} says that you are away: {said}{more}. The watch stays yours until somebody takes it: ask for cover."
    tell_in({person.id: _plain("You are away and have a watch", reason, "/you/time-off")}, now=now)


def tell_of_failing_in(row: AwayCalendar, *, now: dt.datetime) -> None:
    """Whoever's calendar cannot be read for long hears why, and that nothing was forgotten."""
    reason = f"{row.last_error} The time off that it named before is kept, and is not brought up to date."
    title = f"Your calendar at {row.host} cannot be read since {_at(row.person, row.failing_since or now)}"
    tell_in({row.person_id: _plain(title, reason, "/you/time-off")}, now=now)


def _whole(before: ScheduleRule, after: ScheduleRule, start: dt.datetime, end: dt.datetime) -> list[list[Shift]]:
    """The rows before and after, over the same time: a change cuts shifts, and what it leaves lies outside its window."""
    near = [row for rule in (before, after) for row in final_shifts(rule, start, end)]
    low, high = min([start, *(row.start for row in near)]), max([end, *(row.end for row in near)])
    return [with_gaps(rule, low, high) for rule in (before, after)]


def _entries(rule: ScheduleRule, rows: Sequence[Shift], schedule: Schedule, marks: Mapping[int, Sequence[Any]]) -> list[CalendarEntry]:
    return entries(rule, rows, marks.get(schedule.id, []), revision=schedule.revision, edited_at=schedule.edited_at)


def _told(method: str, entry: CalendarEntry, schedule: Schedule, now: dt.datetime) -> dict[str, Any]:
    return {
        "method": method,
        "name": entry.name,
        "sequence": entry.sequence,
        "start": entry.shift.start.isoformat(),
        "end": entry.shift.end.isoformat(),
        "stamp": now.isoformat(),
        "summary": f"On call: {schedule.name}{' (shadow)' if entry.shift.shadow else ''}",
        "path": f"/schedules/{schedule.id}",
    }


def _content(person: Person, changes: Sequence[tuple[Schedule, Moved]], calendar: list[dict[str, Any]], why: str) -> dict[str, Any]:
    said = [text for schedule, change in changes for text in _sentences(person, schedule, change)]
    content = _plain("Your watches changed", " ".join([*said, why]).strip(), f"/schedules/{changes[0][0].id}")
    return {**content, "calendar": calendar[:MOST_ENTRIES]}


def _sentences(person: Person, schedule: Schedule, change: Moved) -> list[str]:
    words = (
        ("You have", change.gained),
        ("You no longer have", change.lost),
        ("You are notified along as a shadow on", change.shadows),
        ("You are no longer a shadow on", change.shadows_no_more),
    )
    return [f"{word} {schedule.name} {_spans(person, spans)}." for word, spans in words if spans]


def _spans(person: Person, spans: Sequence[tuple[dt.datetime, dt.datetime]]) -> str:
    said = "; ".join(_when(person, *span) for span in spans[:MOST_SPANS])
    return said + (f" and {len(spans) - MOST_SPANS} times more" if len(spans) > MOST_SPANS else "")


def _when(person: Person, start: dt.datetime, end: dt.datetime) -> str:
    """In the reader's own zone, named."""
    begins, ends = (at.astimezone(zone_of(person.timezone)) for at in (start, end))
    return f"{begins:%a %d %b %Y %H:%M} to {ends:%a %d %b %H:%M %Z}"


def _at(person: Person, at: dt.datetime) -> str:
    return f"{at.astimezone(zone_of(person.timezone)):%a %d %b %Y %H:%M %Z}"


def _plain(title: str, reason: str, path: str) -> dict[str, Any]:
    return {
        "number": None,
        "title": title,
        "severity": "",
        "service": "",
        "reason": reason,
        "restricted": False,
        "path": path,
        "opened_at": None,
    }
