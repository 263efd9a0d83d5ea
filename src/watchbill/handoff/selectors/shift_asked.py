"""Whose watch may somebody look at, and which? One answer for the page, the command line and the API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from watchbill.handoff.selectors.shift import Watch, choose, watches_of
from watchbill.kernel.errors import NotAllowed, NotFound
from watchbill.people.models import Person, Team
from watchbill.people.permissions import Viewer
from watchbill.schedules.models import Schedule
from watchbill.schedules.selectors import on_call

WHO = "are seen by themselves and by managers of the team that has the schedule"


def of_person(
    viewer: Viewer,
    person: Person,
    *,
    now: dt.datetime,
    at: dt.datetime | None = None,
    schedule_id: int | None = None,
    team_id: int | None = None,
) -> tuple[Watch | None, Sequence[Watch]]:
    """Their watch at that moment, unless said now or the latest that is over; and all that the viewer may look at. Raises NotAllowed, NotFound."""
    watches = watches_of(viewer, person, now=now)
    if viewer.person_id != person.pk and not watches:
        raise NotAllowed(f"Watches of {person.name} {WHO}.")
    found = [each for each in watches if team_id in (None, each.schedule.team_id)]
    chosen = choose(found, schedule_id=schedule_id, at=at or now, exact=at is not None)
    if at is not None and chosen is None:
        raise NotFound(f"{person.name} has no watch then that you may look at. Choose one of the list.")
    return chosen, watches


def of_team(viewer: Viewer, team: Team, *, now: dt.datetime, at: dt.datetime | None = None) -> list[tuple[Person, Watch]]:
    """Everybody who has a watch of this team at that moment, each once, in the order of its schedules. Raises NotAllowed when none may be looked at.

    A few queries for each person on watch.
    """
    when = at or now
    schedules = list(Schedule.objects.filter(team=team, is_active=True).order_by("position", "id"))
    held = on_call([each.pk for each in schedules], at=when)
    ids = {one.person_id: schedule.pk for schedule in reversed(schedules) for one in held.get(schedule.pk, []) if not one.shadow}
    known = Person.objects.in_bulk(ids)
    found = []
    for schedule in schedules:
        for one in held.get(schedule.pk, []):
            if ids.get(one.person_id) == schedule.pk and not one.shadow:
                person = known[one.person_id]
                watch = choose(watches_of(viewer, person, now=now), schedule_id=schedule.pk, at=when, exact=True)
                found += [(person, watch)] if watch is not None else []
    if ids and not found:
        raise NotAllowed(f"Watches of others {WHO}, six weeks back and three ahead.")
    return found


def active_person(handle: str) -> Person:
    """Raises NotFound."""
    found = Person.objects.filter(handle=handle, is_active=True).first() if "\0" not in handle else None
    if found is None:
        raise NotFound("There is nobody with that handle. Look at the list of your team.")
    return found


def active_team(name: str) -> Team:
    """Raises NotFound."""
    found = Team.objects.filter(name=name, is_active=True).first() if "\0" not in name else None
    if found is None:
        raise NotFound(f"There is no team called {name!r}. Look at the list of teams.")
    return found
