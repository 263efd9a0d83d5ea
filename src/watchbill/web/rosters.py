"""Who has the watch on every schedule, and how does it look? One load of the schedules, then the one pure answer for each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from watchbill.people.models import Person
from watchbill.people.working import working_times
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import ScheduleRule, Shift, next_after, on_call_at, with_gaps
from watchbill.schedules.selectors import load
from watchbill.web import times
from watchbill.web.exchanging import Marks
from watchbill.web.pictures import Bar, Strip, Tick, Window, day_lines, midnights, strip
from watchbill.web.visit import Visit

STRIP_DAYS = 3
STRIP_ROOM = 320.0  # pixels of the strip on the narrowest phone


@dataclass(frozen=True, slots=True)
class OnWatch:
    """One person who has the watch now. `reachable_from`: when they may be notified, where the schedule keeps to business hours."""

    person: Person
    until: dt.datetime
    source: str
    layer: str
    reachable_from: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A schedule as it stands now: who has it, who follows."""

    schedule: Schedule
    rule: ScheduleRule
    on_call: tuple[OnWatch, ...]
    following: tuple[Person, ...]
    following_at: dt.datetime | None
    following_until: dt.datetime | None

    @property
    def is_gap(self) -> bool:
        """Nobody, and that is wrong."""
        return not self.on_call

    @property
    def is_off_hours(self) -> bool:
        """Somebody has it, and may not be notified before their hours begin: right, by plan."""
        return bool(self.on_call) and all(each.reachable_from is not None for each in self.on_call)


@dataclass(frozen=True, slots=True)
class Watch:
    """One post with its picture of three days."""

    post: Post
    picture: Strip
    ticks: tuple[Tick, ...]


def posts(*, at: dt.datetime) -> list[Post]:
    """Every active schedule, in its order: a handful of queries, whatever their number."""
    schedules = list(Schedule.objects.filter(is_active=True).select_related("team").order_by("position", "id"))
    rules = load([schedule.id for schedule in schedules], start=at - dt.timedelta(days=STRIP_DAYS), end=at + dt.timedelta(days=STRIP_DAYS))
    now_on = {s.id: [shift for shift in on_call_at(rules[s.id], at) if not shift.shadow] for s in schedules if s.id in rules}
    following = {s.id: next_after(rules[s.id], at) for s in schedules if s.id in rules}
    people = people_of(shift for rows in (*now_on.values(), *following.values()) for shift in rows)
    business = {shift.person_id for s in schedules if s.hours == "business" for shift in now_on.get(s.id, []) if shift.person_id}
    working = working_times(sorted(business), around=at) if business else {}
    made = []
    for schedule in schedules:
        if schedule.id not in rules:
            continue
        on_call = []
        for shift in now_on[schedule.id]:
            if shift.person_id in people:
                hours = working.get(shift.person_id) if schedule.hours == "business" else None
                off = hours is not None and not hours.is_working(at)
                opens = hours.next_opening(at) if hours is not None and off else None
                on_call.append(OnWatch(people[shift.person_id], shift.end, shift.source, shift.layer or "", opens))
        after = [shift for shift in following[schedule.id] if shift.person_id in people]
        made.append(
            Post(
                schedule=schedule,
                rule=rules[schedule.id],
                on_call=tuple(on_call),
                following=tuple(people[shift.person_id] for shift in after if shift.person_id is not None),
                following_at=after[0].start if after else None,
                following_until=after[0].end if after else None,
            )
        )
    return made


def people_of(shifts: Iterable[Shift]) -> dict[int, Person]:
    """The people of these shifts, in one query."""
    return Person.objects.in_bulk({shift.person_id for shift in shifts if shift.person_id is not None})


def watch(post: Post, visit: Visit) -> Watch:
    """Yesterday, today and tomorrow of one schedule, in the reader's days."""
    today = visit.now.astimezone(visit.zone).date()
    borders = midnights(today - dt.timedelta(days=1), STRIP_DAYS, visit.zone)
    window = Window(borders[0], borders[-1], STRIP_ROOM)
    shifts = with_gaps(post.rule, window.start, window.end)
    people = people_of(shifts)
    bars = bars_of(shifts, people, visit)
    picture = strip(post.schedule.name, bars, window, now=visit.now, lines=day_lines(borders, window, visit.zone), height=38)
    ticks = tuple(_tick(at, window, visit) for at in borders[:-1])
    return Watch(post, picture, ticks)


def _tick(midnight: dt.datetime, window: Window, visit: Visit) -> Tick:
    is_today = times.same_day(midnight, visit.now, visit.zone)
    word = times.day(midnight, visit.zone, now=visit.now).rsplit(" ", 1)[0]
    middle = window.place(midnight) + 50 / STRIP_DAYS
    return Tick(min(max(window.place(visit.now), 13), 87), f"now, {word}", current=True) if is_today else Tick(middle, word)


def bars_of(shifts: Sequence[Shift], people: dict[int, Person], visit: Visit, marks: Marks | None = None) -> list[Bar]:
    """Shifts as bars: mine filled, others outlined, changes with a heavy line, gaps hatched with the word. `marks`: for swaps."""
    drawn = [(bar_of(shift, people.get(shift.person_id or 0), visit, marks), _is_beside(shift, shifts)) for shift in shifts]
    bars = [bar for bar, is_beside in drawn if not is_beside]
    return [*bars, *(replace(bar, kind=f"{bar.kind} beside".strip()) for bar, is_beside in drawn if is_beside)]


def _is_beside(shift: Shift, others: Sequence[Shift]) -> bool:
    """A shadow where somebody has the watch: drawn below them, not over them."""
    return shift.shadow and any(
        not each.shadow and each.person_id is not None and each.start < shift.end and shift.start < each.end for each in others
    )


def bar_of(shift: Shift, person: Person | None, visit: Visit, marks: Marks | None = None) -> Bar:
    """One shift."""
    when = f"{times.moment(shift.start, visit.zone, now=visit.now)} to {times.moment(shift.end, visit.zone, now=visit.now)}"
    if person is None:
        long = f"Gap: nobody, {times.span((shift.end - shift.start).total_seconds())}"
        return Bar(shift.start, shift.end, (long, "Gap: nobody", "GAP"), "gap", f"gap, nobody, {when}")
    mine = person.id == visit.person.id
    given = person.name.split(" ")[0]
    labels = (f"{given} (you)", given) if mine else (given,)
    if shift.shadow:
        labels = (f"{given} (shadow)", given)
    kind = "me" if mine else ""
    if shift.source in ("override", "swap"):
        kind = f"{kind} swap".strip()
    words = f"{person.name}{' (you)' if mine else ''}{', shadow' if shift.shadow else ''}, {when}"
    give, take = marks.of(shift, person) if marks else ("", "")
    return Bar(shift.start, shift.end, labels, kind, words, give, take)
