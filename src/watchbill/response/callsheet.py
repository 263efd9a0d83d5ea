"""Whom does the manager call, in which order, and by which number? (GitLab guide, steps 1 to 3: the on-call, the backup, the others by daylight.)

The sheet is for people: it knows numbers and addresses, so only those who answer for the team may open it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from watchbill.kernel.errors import NotAllowed
from watchbill.notifications.models import Contact
from watchbill.paging.models import TeamPaging
from watchbill.paging.rules.daylight import daylight, light_of
from watchbill.paging.rules.state import Human, World
from watchbill.people.models import Membership, Person, Team
from watchbill.people.permissions import Verb, Viewer, decide
from watchbill.people.rules import WorkingTime
from watchbill.people.working import working_times
from watchbill.response.selectors import manages, people_on
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import with_gaps
from watchbill.schedules.selectors import load, on_call

CALLED = {"reached": "reached", "no_answer": "no answer", "voicemail": "voicemail, which is nobody", "wrong_number": "wrong number"}
AHEAD = dt.timedelta(days=14)  # watches on a sheet that is taken along


@dataclass(frozen=True, slots=True)
class Entry:
    """One person to call. `light`: working, awake, asleep or away; `until`: the end of their watch."""

    person: Person
    light: str
    phones: tuple[str, ...]
    mails: tuple[str, ...]
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Whom to call at this step; `why` it is their turn."""

    title: str
    why: str
    entries: tuple[Entry, ...]
    gap: bool = False  # a watch that nobody has


@dataclass(frozen=True, slots=True)
class Watched:
    """One stretch of a watch, for a sheet that is read later. `person`: None in a gap."""

    schedule: str
    person: Person | None
    start: dt.datetime
    end: dt.datetime


def may_open(viewer: Viewer, team: Team, *, now: dt.datetime) -> bool:
    """Does this person answer for the team: one of its responders, a manager of it, an administrator?"""
    return decide(viewer, Verb.RESPOND, team_id=team.id, manages=manages(viewer.person_id, team.id, now=now)).allowed


def teams_of(viewer: Viewer, *, now: dt.datetime) -> list[Team]:
    """Teams whose sheet this person may open."""
    return [team for team in Team.objects.filter(is_active=True).order_by("name") if may_open(viewer, team, now=now)]


def call_sheet(viewer: Viewer, team: Team, *, now: dt.datetime, asked: Sequence[int] = ()) -> list[Group]:
    """The team's people in the order of calling. `asked`: who was asked already, the first of them first: the others stand behind them.

    Raises NotAllowed for whoever does not answer for the team.
    """
    if not may_open(viewer, team, now=now):
        raise NotAllowed(f"The call sheet of {team.name} is for its responders and managers.")
    schedules = _schedules(team)
    watches = on_call([schedule.id for schedule in schedules], at=now)
    managers = managers_of(team, now=now)
    desk = list(
        Membership.objects.filter(team=team, on_desk=True, person__is_active=True)
        .order_by("position", "id")
        .values_list("person_id", flat=True)
    )
    on_watch = [one.person_id for schedule in schedules for one in watches.get(schedule.id, ())]
    people = Person.objects.in_bulk({*desk, *managers, *on_watch})
    working = working_times(list(people), around=now)
    contacts = _contacts(people.values())

    def entry(person_id: int, until: dt.datetime | None = None) -> Entry:
        return Entry(people[person_id], light_of(working.get(person_id), now), *contacts[person_id], until)

    groups = []
    for n, schedule in enumerate(schedules):
        rows = tuple(entry(one.person_id, one.until) for one in watches.get(schedule.id, ()))
        why = "Has the watch." if n == 0 else "Next, when the first does not answer."
        groups.append(Group(schedule.name, why if rows else "Nobody has this watch now.", rows, gap=not rows))
    groups.append(Group("Managers", "They coordinate, and call when nobody answers.", tuple(entry(one) for one in managers)))
    others = [person_id for person_id in desk if person_id not in on_watch and person_id not in managers]
    ordered = in_daylight_order(others, on_watch or list(asked), people=people, working=working, now=now)
    groups.append(Group("The others", "Whoever works or is awake first.", tuple(entry(one) for one in ordered)))
    return [group for group in groups if group.entries or group.gap]


def watches_ahead(team: Team, *, now: dt.datetime) -> list[Watched]:
    """Who has the team's watches, and the managers', in the coming two weeks: for a sheet that is taken along."""
    schedule_ids = list(Schedule.objects.filter(team=team, is_active=True).order_by("position", "id").values_list("id", flat=True))
    manager = TeamPaging.objects.filter(team=team).values_list("manager_schedule_id", flat=True).first()
    wanted = list(dict.fromkeys([*schedule_ids, *([manager] if manager else [])]))
    names = dict(Schedule.objects.filter(id__in=wanted).values_list("id", "name"))
    rules = load(wanted, start=now, end=now + AHEAD)
    shifts = [(names[id_], shift) for id_ in wanted for shift in with_gaps(rules[id_], now, now + AHEAD)]
    people = Person.objects.in_bulk({shift.person_id for _, shift in shifts if shift.person_id is not None})
    return [Watched(name, people.get(shift.person_id or 0), shift.start, shift.end) for name, shift in shifts]


def in_daylight_order(
    people_ids: Sequence[int],
    asked: Sequence[int],
    *,
    people: dict[int, Person] | None = None,
    working: dict[int, WorkingTime] | None = None,
    now: dt.datetime,
) -> list[int]:
    """Local working hours first, then waking hours, then the rest; the region of the last on-call first (the engine's own rule)."""
    known = people or Person.objects.in_bulk([*people_ids, *asked[:1]])
    world = World(
        people={id_: Human(person.name, person.is_active, person.region) for id_, person in known.items()},
        working=working if working is not None else working_times(list(people_ids), around=now),
    )
    return list(daylight(people_ids, last_on_call=asked[0] if asked else None, now=now, world=world))


def _schedules(team: Team) -> list[Schedule]:
    """The team's watches in their order; the managers' own is not one of the desk."""
    rows = Schedule.objects.filter(team=team, is_active=True).order_by("position", "id")
    return list(rows.exclude(id__in=TeamPaging.objects.filter(team=team, manager_schedule__isnull=False).values("manager_schedule_id")))


def managers_of(team: Team, *, now: dt.datetime) -> list[int]:
    """Who has the managers' watch first, then the others who manage the team."""
    schedule = TeamPaging.objects.filter(team=team, manager_schedule__isnull=False).values_list("manager_schedule_id", flat=True)
    role = Membership.objects.filter(team=team, role=Membership.Role.MANAGER, person__is_active=True).order_by("position", "id")
    return list(dict.fromkeys([*people_on(list(schedule), now=now), *role.values_list("person_id", flat=True)]))


def people_of(team: Team, *, now: dt.datetime) -> list[Entry]:
    """Everybody of the team's desk and its managers, with their numbers, by name: for a sheet that is taken along."""
    desk = Membership.objects.filter(team=team, on_desk=True, person__is_active=True).values_list("person_id", flat=True)
    people = Person.objects.in_bulk({*desk, *managers_of(team, now=now)})
    contacts = _contacts(people.values())
    return [Entry(person, "", *contacts[person.id]) for person in sorted(people.values(), key=lambda one: one.name)]


def _contacts(people: Iterable[Person]) -> dict[int, tuple[tuple[str, ...], tuple[str, ...]]]:
    """(telephone numbers, mail addresses) of each, in their own order; the mail of the account when none is set."""
    listed = list(people)
    phones: dict[int, list[str]] = {person.id: [] for person in listed}
    mails: dict[int, list[str]] = {person.id: [] for person in listed}
    rows = Contact.objects.filter(person__in=listed, removed_at=None, kind__in=["voice", "sms", "email"]).order_by("position", "id")
    for person_id, kind, address in rows.values_list("person_id", "kind", "address"):
        into = mails if kind == "email" else phones
        if address not in into[person_id]:
            into[person_id].append(address)
    return {person.id: (tuple(phones[person.id]), tuple(mails[person.id] or [person.email])) for person in listed}
