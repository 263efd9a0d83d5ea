"""The engine asks for duties: a window begins, belongs to whoever has the watch, is reminded of once, and is settled when its time is over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import transaction

from watchbill.audit.actions import ENGINE, Entry, record_in
from watchbill.duties.actions.meeting import meet_in, settled_in
from watchbill.duties.models import Asked, Duty
from watchbill.duties.rules.windows import Watch, Window, answers, holders
from watchbill.duties.selectors.watching import active_duties, watches_of, windows_of
from watchbill.kernel import bus
from watchbill.notifications.actions import Ask, plan_in
from watchbill.people.models import Person
from watchbill.people.rules import zone_of
from watchbill.people.working import working_times

BACK = dt.timedelta(days=1)  # after an outage what began and ended meanwhile is asked for, so long back
INSTANT = dt.timedelta(seconds=1)  # what begins now has begun
MOST = 500  # in one look
TOGETHER = dt.timedelta(hours=2)  # what is to be reminded of so soon goes into the same message
LISTED = 6  # duties in one message

Watches = Mapping[int, Watch]


def look_after_duties(*, now: dt.datetime) -> int:
    """Open, follow, remind, settle. Answers for how many. A few queries, whatever the count; one node at a time."""
    duties = active_duties()
    if not duties and not Asked.objects.filter(settled_at=None).exists():
        return 0
    with transaction.atomic(durable=True):
        mine = set(Duty.objects.select_for_update(skip_locked=True, no_key=True).order_by("id").values_list("id", flat=True))
        if not mine:
            return 0  # another node looks
        here = [duty for duty in duties if duty.id in mine]
        rows = list(Asked.objects.filter(duty__in=mine, settled_at=None).select_related("duty__team").order_by("due", "id")[:MOST])
        start = min([now - BACK, *(row.group_start for row in rows)])
        watches = watches_of([*here, *_others(rows, here)], start, now + INSTANT, now=now)
        opened = _open_in(here, watches, now=now)
        rows += opened
        _follow_in([row for row in rows if row.group_end > now], watches, now=now)
        settled = _settle_in([row for row in rows if row.group_end <= now or row.duty_id not in {d.id for d in here}], watches, now=now)
        reminded = _remind_in(
            [row for row in rows if row.settled_at is None and row.state == "open" and row.remind_at <= now], rows, now=now
        )
        if opened or settled:
            bus.board_changed()
    return len(opened) + settled + reminded


def _others(rows: Sequence[Asked], here: Sequence[Duty]) -> list[Duty]:
    """Duties that ended while something was asked for."""
    known = {duty.id for duty in here}
    gone = {row.duty_id for row in rows if row.duty_id not in known}
    return list(Duty.objects.filter(pk__in=gone).select_related("team", "schedule")) if gone else []


def _open_in(duties: Sequence[Duty], watches: Watches, *, now: dt.datetime) -> list[Asked]:
    """What has begun and stands nowhere yet. What was due before the file said so was never asked for."""
    stored: dict[int, list[tuple[dt.datetime, dt.datetime]]] = {}
    recent = Asked.objects.filter(duty__in=duties, due__gt=now - BACK - dt.timedelta(hours=1))
    for duty_id, start, due in recent.values_list("duty_id", "start", "due"):
        stored.setdefault(duty_id, []).append((start, due))
    fresh = []
    for duty in duties:
        if duty.id not in watches:
            continue
        for window in windows_of(duty, watches[duty.id], now - BACK, now + INSTANT):
            begun = window.start <= now and window.due > max(duty.since, now - BACK)
            if begun and not any(start < window.due and due > window.start for start, due in stored.get(duty.id, ())):
                fresh.append(_row(duty, window, watches[duty.id], now))
    made = Asked.objects.bulk_create(fresh[:MOST])
    record_in([_opened(row) for row in made], by=ENGINE, now=now)
    again = list(Asked.objects.filter(pk__in=[row.pk for row in made]).select_related("duty__team").order_by("due", "id"))
    meet_in(again, now=now)
    return again


def _row(duty: Duty, window: Window, watch: Watch, now: dt.datetime) -> Asked:
    begins, ends = window.group
    people = holders(watch.held, now, window.layer) or answers(watch.held, window)
    return Asked(
        duty=duty,
        group_start=begins,
        group_end=ends,
        start=window.start,
        due=window.due,
        remind_at=window.remind_at,
        part=window.part,
        parts=window.parts,
        layer=window.layer,
        person_id=next(iter(people), None),
        people=list(people),
    )


def _opened(row: Asked) -> Entry:
    times = {"group_start": row.group_start, "group_end": row.group_end, "start": row.start, "due": row.due}
    detail = {"asked": row.pk, "part": row.part, "parts": row.parts, **{name: at.isoformat() for name, at in times.items()}}
    return Entry("duty.ask", "duty", str(row.duty_id), team_id=row.duty.team_id, detail=detail)


def _follow_in(rows: Sequence[Asked], watches: Watches, *, now: dt.datetime) -> None:
    """After a swap, an override, the next shift: whoever has the watch has the duty."""
    moved = []
    for row in rows:
        watch = watches.get(row.duty_id)
        people = holders(watch.held, now, row.layer) if watch is not None and row.state == "open" else ()
        if people and list(people) != row.people:
            row.person_id, row.people = people[0], list(people)
            moved.append(row)
    Asked.objects.bulk_update(moved, ["person", "people"])


def _settle_in(rows: Sequence[Asked], watches: Watches, *, now: dt.datetime) -> int:
    """What is over. A duty that is not in the file any more ended before its window did."""
    if not rows:
        return 0
    whole = _groups(rows)
    over = [row for row in whole if row.group_end <= now]
    meet_in(over, now=now)
    ended = [row for row in whole if row.group_end > now]
    for row in ended:
        row.state = Asked.State.VOID if row.state == "open" else row.state
    people = {row.pk: _answers(row, watches) for row in over}
    settled_in([*over, *ended], people, now=now)
    done = {row.pk: row for row in whole}
    for row in rows:
        row.settled_at, row.state = done[row.pk].settled_at, done[row.pk].state
    return len(whole)


def _groups(rows: Sequence[Asked]) -> list[Asked]:
    """These, locked, with the others of their groups."""
    duties, starts = {row.duty_id for row in rows}, {row.group_start for row in rows}
    found = Asked.objects.select_for_update(of=("self",)).select_related("duty__team").filter(settled_at=None)
    wanted = {(row.duty_id, row.group_start) for row in rows}
    return [row for row in found.filter(duty__in=duties, group_start__in=starts).order_by("id") if (row.duty_id, row.group_start) in wanted]


def _answers(row: Asked, watches: Watches) -> Sequence[int]:
    watch = watches.get(row.duty_id)
    if watch is None:
        return row.people
    group = row.group_start, row.group_end
    return answers(watch.held, Window(group, row.start, row.due, row.remind_at, layer=row.layer))


def _remind_in(due: Sequence[Asked], rows: Sequence[Asked], *, now: dt.datetime) -> int:
    """One message to each person with all that they have to do soon; of each window everybody who has the watch hears once."""
    people = {person_id for row in due for person_id in row.people if person_id not in row.reminded}
    known = {row.pk: row for row in Person.objects.filter(pk__in=people, is_active=True)} if people else {}
    working = working_times(known, around=now) if known else {}
    asks, told, entries = [], [], []
    for person_id, person in known.items():
        mine = [row for row in rows if person_id in row.people and row.settled_at is None and row.state == "open"]
        mine = [row for row in mine if row.start <= now and row.remind_at <= now + TOGETHER and person_id not in row.reminded]
        quiet = [row for row in mine if row.duty.team.desk == "queue" and not working[person_id].is_working(now)]
        mine = [row for row in mine if row not in quiet]
        if mine:
            asks.append(Ask(person_id, "duty", None, None, None, None, "low", _content(mine, person, now)))
            for row in mine:
                row.reminded = [*row.reminded, person_id]
            told += mine
            detail = {"people": [person_id], "asked": [row.pk for row in mine]}
            entries.append(Entry("duty.remind", "person", str(person_id), detail=detail))
    Asked.objects.bulk_update(told, ["reminded"])
    plan_in(asks, now=now)
    record_in(entries, by=ENGINE, now=now)
    return len(asks)


def _content(rows: Sequence[Asked], person: Person, now: dt.datetime) -> dict[str, object]:
    """By name and time alone: what waits in a queue stands on the page."""
    zone = zone_of(person.timezone)
    lines = [f"{named(row)}, {_by(row, zone, now)}" for row in rows[:LISTED]]
    more = f"; and {len(rows) - LISTED} more" if len(rows) > LISTED else ""
    title = f"Not done yet: {named(rows[0])}" if len(rows) == 1 else f"Not done yet: {len(rows)} duties of your watch"
    reason = f"{'; '.join(lines)}{more}. What is done counts; nothing to do counts, too, when it is said."
    base = {"number": None, "title": title, "severity": "", "service": "", "restricted": False, "opened_at": None}
    return {**base, "reason": reason, "path": "/duties"}


def named(row: Asked) -> str:
    return f"{row.duty.name} ({row.part} of {row.parts})" if row.parts > 1 else row.duty.name


def _by(row: Asked, zone: dt.tzinfo, now: dt.datetime) -> str:
    local, today = row.due.astimezone(zone), now.astimezone(zone).date()
    clock = f"{local:%H:%M %Z}" if local.date() == today else f"{local:%a %d %b %H:%M %Z}"
    return f"due by {clock}" if row.due > now else f"was due by {clock}"
