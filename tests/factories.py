"""A small desk to test on. Names are the cast of the field: Ada has the watch, Bruno is her team mate, Grace manages.

For access: Alice owns, Bob is a team mate, Charlie must never see it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from watchbill.audit.actions import Actor
from watchbill.incidents.models import Service
from watchbill.notifications.models import Contact, Rule
from watchbill.paging.models import Policy, ServicePolicy
from watchbill.people.models import Membership, Organization, Person, Team
from watchbill.schedules.models import Layer, Schedule

T0 = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)  # a Monday
SEC, MIN, HOUR, DAY = dt.timedelta(seconds=1), dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)


def person(
    handle: str, *, contacts: tuple[str, ...] = ("webhook",), rules: dict[str, list[tuple[int, list[str]]]] | None = None, **fields: Any
) -> Person:
    """A person with verified contacts of these kinds; `rules` is {urgency: [(after seconds, kinds)]}, default everything at once."""
    values = {"name": handle.title(), "email": f"{handle}@example.org", **fields}
    made = Person.objects.create(handle=handle, password="!", **values)
    for position, kind in enumerate(contacts):
        address = values["email"] if kind == "email" else f"http://127.0.0.1:1/{handle}/{kind}"
        Contact.objects.create(person=made, kind=kind, address=address, position=position, verified_at=T0, verified_by="operator")
    for urgency, rows in (rules or {}).items():
        for position, (after, kinds) in enumerate(rows):
            Rule.objects.create(person=made, urgency=urgency, after_seconds=after, kinds=kinds, position=position)
    return made


def team(
    name: str, *members: Person, managers: tuple[Person, ...] = (), desk: str = "paged", ownership: str = "acker", **fields: Any
) -> Team:
    """A team with its members on the desk and its managers beside it."""
    made = Team.objects.create(name=name, desk=desk, ownership=ownership, **fields)
    for position, who in enumerate(members):
        Membership.objects.create(team=made, person=who, role="responder", on_desk=True, position=position)
    for position, who in enumerate(managers):
        Membership.objects.create(team=made, person=who, role="manager", on_desk=False, position=position)
    return made


def schedule(name: str, of: Team, *people: Person, turn: str = "1w", zone: str = "UTC", **fields: Any) -> Schedule:
    """Around the clock, one turn each, from Monday 5 January 2026 00:00 in the zone."""
    made = Schedule.objects.create(name=name, team=of, timezone=zone, **fields)
    Layer.objects.create(
        schedule=made,
        name="all",
        days=["mon"],
        start=dt.time(0, 0),
        length="1w",
        turn=turn,
        starting=dt.date(2026, 1, 5),
        anchor=dt.date(2026, 1, 5),
        order=[[p.id] for p in people],
    )
    return made


def to(target: Person | Schedule | Team, **more: Any) -> dict[str, Any]:
    """A target of a step, as it is stored."""
    kind = {Person: "person", Schedule: "schedule", Team: "team"}[type(target)]
    return {"kind": kind, "id": target.id, "name": getattr(target, "handle", "") or target.name, **more}


def policy(name: str, of: Team, *steps: tuple[list[dict[str, Any]], str], repeat: int = 0, last_resort: Person | None = None) -> Policy:
    """A policy of (targets, wait) steps."""
    rows = [{"notify": targets, "wait": wait} for targets, wait in steps]
    return Policy.objects.create(name=name, team=of, repeat=repeat, last_resort=last_resort, steps=rows)


def service(name: str, of: Team, uses: Policy, **fields: Any) -> Service:
    """A service that pages by a policy; without the storm guard unless said."""
    made = Service.objects.create(name=name, team=of, **fields)
    ServicePolicy.objects.create(service=made, policy=uses)
    return made


def organization(last_resort: Person) -> Organization:
    """The installation, with the owner of last resort that nobody may leave out."""
    return Organization.objects.create(id=1, name="Example Security", last_resort=last_resort)


def actor(who: Person, via: str = "web") -> Actor:
    return Actor(name=who.handle, via=via, person_id=who.id)
