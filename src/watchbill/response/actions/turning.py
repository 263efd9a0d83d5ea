"""Whoever gets the watch is told before it begins, and at its start what is open; whoever has it is told before it ends.

Nobody is paged for the past: these are notices, by the ways of what can wait (semantics, the walk of a page: "told at the shift start what is open").
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from watchbill.incidents.models import Incident
from watchbill.incidents.selectors import visible_to
from watchbill.notifications.actions import tell_in
from watchbill.notifications.chats.actions import say_in
from watchbill.notifications.chats.messages import Notice
from watchbill.notifications.chats.selectors import posting_now
from watchbill.people.models import Person
from watchbill.people.rules import zone_of
from watchbill.people.selectors import viewer_of
from watchbill.people.working import working_times
from watchbill.response.rules import SEVERITIES
from watchbill.schedules.models import Schedule, ToldWatch
from watchbill.schedules.rules import Point, final_shifts, points, window
from watchbill.schedules.selectors import load

MOST = 50  # in one look: a round of the engine must not wait long for what wakes nobody
NAMED = 5  # incidents in one message; the rest is counted

Key = tuple[int, int, str, dt.datetime]  # schedule, person, what, the moment that it is about


@dataclass(frozen=True, slots=True)
class _Due:
    schedule: Schedule
    point: Point

    @property
    def key(self) -> Key:
        return self.schedule.id, self.point.spell.person_id, self.point.what, self.point.at


def tell_of_watches(*, now: dt.datetime) -> int:
    """Tell of watches that begin and end about now. Answers for how many. Safe on several nodes at once."""
    found = _found(now)
    if not found:
        return 0
    ids = {due.schedule.id for due in found}
    rows = ToldWatch.objects.filter(schedule_id__in=ids)
    earliest = min(due.point.at for due in found)
    told: set[Key] = set(rows.filter(at__gte=earliest).values_list("schedule_id", "person_id", "what", "at"))
    watched = set(rows.values_list("schedule_id", flat=True).distinct())
    due = [each for each in found if each.key not in told][:MOST]
    loud = [each for each in due if each.point.what != "begun" or each.schedule.id in watched]
    _say_in_channels([each for each in loud if each.point.what == "begun"], now=now)
    return sum(_tell(each, told, aloud=each in loud, now=now) for each in due)


def _found(now: dt.datetime) -> list[_Due]:
    """Everything that is to be told now, told or not."""
    schedules = {each.id: each for each in Schedule.objects.filter(is_active=True).select_related("team").order_by("id")}
    rules = load(list(schedules), start=window(now, business=True)[0], end=window(now, business=True)[1])
    shifts = {id_: final_shifts(rule, *window(now, business=rule.hours == "business")) for id_, rule in rules.items()}
    sleepy = {row.person_id for id_, rows in shifts.items() if rules[id_].hours == "business" for row in rows if row.person_id is not None}
    working = working_times(sorted(sleepy), around=now) if sleepy else {}
    found = [
        _Due(schedules[id_], point)
        for id_, rule in rules.items()
        for point in points(shifts[id_], now, working if rule.hours == "business" else None)
    ]
    active = set(Person.objects.filter(id__in={due.point.spell.person_id for due in found}, is_active=True).values_list("id", flat=True))
    return sorted((due for due in found if due.point.spell.person_id in active), key=lambda due: due.point.at)


@transaction.atomic(durable=True)
def _tell(due: _Due, told: set[Key], *, aloud: bool, now: dt.datetime) -> bool:
    """Write down that it was told, and tell it. Of a schedule that is new here, only what comes is news: `aloud` is False for what began before."""
    schedule_id, person_id, _, at = due.key
    if not _note_in(due.key, now=now) or not aloud:
        return False
    person = Person.objects.get(pk=person_id)
    news = _news(due, person, announced=(schedule_id, person_id, "soon", at) in told, now=now)
    if news is not None:
        tell_in({person_id: news}, now=now)
    return news is not None


def _note_in(key: Key, *, now: dt.datetime) -> bool:
    """False when another node was faster."""
    schedule_id, person_id, what, at = key
    of = {"schedule_id": schedule_id, "person_id": person_id, "what": what, "at": at}
    return ToldWatch.objects.get_or_create(**of, defaults={"told_at": now})[1]


def _say_in_channels(begun: Sequence[_Due], *, now: dt.datetime) -> None:
    """The channel of the team reads who has the watch now; of several who begin together in one message."""
    moments: dict[tuple[int, dt.datetime], list[_Due]] = {}
    for due in begun:
        if due.schedule.team.channel:
            moments.setdefault((due.schedule.id, due.point.at), []).append(due)
    works = posting_now(now=now) if moments else set()
    for (schedule_id, at), together in moments.items():
        channel = together[0].schedule.team.channel or {}
        if channel.get("chat") in works:
            with transaction.atomic(durable=True):
                Schedule.objects.select_for_update(no_key=True).get(pk=schedule_id)  # other nodes look, too
                if not ToldWatch.objects.filter(schedule_id=schedule_id, what="posted", at=at).exists():
                    say_in(_notice(together, channel), now=now)
                    _note_in((schedule_id, together[0].point.spell.person_id, "posted", at), now=now)


def _notice(together: Sequence[_Due], channel: Mapping[str, str]) -> Notice:
    """For everybody who reads there: nothing restricted, and the clock of the schedule."""
    schedule, spells = together[0].schedule, [due.point.spell for due in together]
    ids = {each for spell in spells for each in (spell.person_id, *spell.before)}
    names = dict(Person.objects.filter(id__in=ids).values_list("id", "name"))
    has, before = _names([spell.person_id for spell in spells], names), _names(sorted({each for s in spells for each in s.before}), names)
    until = min(spell.end for spell in spells)
    title = f"{schedule.name}: {has} {'have' if len(spells) > 1 else 'has'} the watch until {until.astimezone(zone_of(schedule.timezone)):%a %d %b %H:%M %Z}"
    waits = Incident.objects.filter(team=schedule.team, restricted=False).exclude(status="resolved").select_related("owner", "acting")
    incidents = sorted(waits, key=_by_need)
    text = f"{f'{before} had it. ' if before else ''}{f'Open: {_listed(incidents)}.' if incidents else 'Nothing is open.'}"
    return Notice(channel["chat"], channel["name"], title, text, f"/schedules/{schedule.id}", until)


def _news(due: _Due, person: Person, *, announced: bool, now: dt.datetime) -> dict[str, Any] | None:
    """What to say; None when there is nothing to say."""
    spell, name = due.point.spell, due.schedule.name
    incidents = _open_of(due.schedule, person)
    names = dict(Person.objects.filter(id__in={*spell.before, *spell.after}).values_list("id", "name"))
    if due.point.what == "ending":
        after = _names(spell.after, names)
        follows = (
            f"{after} {'take' if len(spell.after) > 1 else 'takes'} over." if after else "Nobody has it after you: say so to your manager."
        )
        mine = [each for each in incidents if _has(each) == person]
        left = [f"Open and yours: {_listed(mine, person)}. Keep each, or hand it over." if mine else "Nothing that is open is yours."]
        if unseen := [each for each in incidents if each.cleared_unseen and _has(each) != person]:
            left.append(f"Cleared by their source: {_listed(unseen, person)}.")
        return _content(f"Your watch {name} ends at {_clock(spell.end, person, now)}", " ".join([follows, *left]), due.schedule)
    if due.point.what == "begun" and announced and not incidents:
        return None
    before = _names(spell.before, names)
    takes = f"You take over from {before}." if before else ""
    is_open = f"Open: {_listed(incidents, person)}." if incidents else "Nothing is open."
    if due.point.what == "soon":
        title = f"Your watch {name} begins at {_clock(spell.start, person, now)}"
        until = f"It lasts until {_clock(spell.end, person, spell.start)}."
    else:
        title = f"You have the watch {name} until {_clock(spell.end, person, now)}"
        until = ""
    return _content(title, " ".join(part for part in (until, takes, is_open) if part), due.schedule)


def _open_of(schedule: Schedule, person: Person) -> list[Incident]:
    """What is open in the schedule's team and may be known to this person, what waits for somebody first."""
    rows = visible_to(viewer_of(person)).filter(team=schedule.team).exclude(status="resolved").select_related("owner", "acting")
    return sorted(rows, key=_by_need)


def _by_need(incident: Incident) -> tuple[bool, int, int]:
    return incident.owner_id is not None, SEVERITIES.index(incident.severity), incident.number


def _listed(incidents: Sequence[Incident], reader: Person | None = None) -> str:
    said = "; ".join(_line(each, reader) for each in incidents[:NAMED])
    return said + (f"; and {len(incidents) - NAMED} more" if len(incidents) > NAMED else "")


def _line(incident: Incident, reader: Person | None) -> str:
    """A restricted one by its number and code name alone: this text goes through mail servers and telephones."""
    if incident.restricted:
        return f"#{incident.number} {incident.code_name} (restricted)"
    if incident.cleared_unseen:
        owner = "cleared, nobody looked"
    elif (has := _has(incident)) is None:
        owner = "nobody has it"
    else:
        owner = "yours" if has == reader else f"{has.name} has it"
    return f"#{incident.number} {incident.title} ({incident.severity}, {owner})"


def _has(incident: Incident) -> Person | None:
    """Who works on it: after a hand-off at the end of a watch that is not the owner."""
    return incident.acting or incident.owner


def _names(people: Iterable[int], names: Mapping[int, str]) -> str:
    return " and ".join(names[each] for each in people if each in names)


def _clock(at: dt.datetime, reader: Person, now: dt.datetime) -> str:
    """In the reader's own zone, named; with the day when it is another one."""
    zone = zone_of(reader.timezone)
    local = at.astimezone(zone)
    return f"{local:%H:%M %Z}" if local.date() == now.astimezone(zone).date() else f"{local:%H:%M %Z on %A %d %B}"


def _content(title: str, reason: str, schedule: Schedule) -> dict[str, Any]:
    told = {"number": None, "title": title, "severity": "", "service": "", "reason": reason, "restricted": False, "opened_at": None}
    return {**told, "path": f"/schedules/{schedule.id}"}
