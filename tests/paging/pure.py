"""Walks without a database: a policy in a line, a world of a few people, a clock that is moved by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

from watchbill.paging.rules import Advance, Copy, Fired, Human, Roster, Squad, Walk, World, advance, parse_copy
from watchbill.people.rules import WorkingTime

T0 = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)  # a Monday
SEC, MIN, HOUR, DAY = dt.timedelta(seconds=1), dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)

NAMES = {1: "Ada", 2: "Bruno", 3: "Chen", 4: "Dana", 5: "Emeka", 6: "Fumi", 9: "Grace"}
ADA, BRUNO, CHEN, DANA, EMEKA, FUMI, GRACE = 1, 2, 3, 4, 5, 6, 9
TEAM = 1


def person(id_: int) -> dict[str, Any]:
    return {"kind": "person", "id": id_, "name": NAMES.get(id_, "?")}


def schedule(id_: int, name: str = "Watch") -> dict[str, Any]:
    return {"kind": "schedule", "id": id_, "name": name}


def team(id_: int = TEAM, **more: Any) -> dict[str, Any]:
    return {"kind": "team", "id": id_, "name": "SecOps", **more}


CHANNEL = {"kind": "channel", "id": None, "chat": "slack", "name": "#security"}


def copy(*steps: tuple[list[dict[str, Any]], str], repeat: int = 0, last_resort: tuple[int, ...] = (GRACE,)) -> Copy:
    rows = [{"notify": targets, "wait": wait} for targets, wait in steps]
    return parse_copy({"name": "P", "repeat": repeat, "steps": rows, "last_resort": list(last_resort)})


def start(of: Copy, *, now: dt.datetime = T0, **fields: Any) -> Walk:
    return Walk(copy=of, opened_at=now, due_at=now, team_id=TEAM, **fields)


def world(**fields: Any) -> World:
    values: dict[str, Any] = {
        "people": {id_: Human(name) for id_, name in NAMES.items()},
        "schedules": {},
        "teams": {TEAM: Squad("SecOps", "paged", (ADA, BRUNO, CHEN))},
        "last_resort": (GRACE,),
        **fields,
    }
    return World(**values)


def without(of: World, *gone: int) -> World:
    return replace(of, people={id_: replace(h, active=h.active and id_ not in gone) for id_, h in of.people.items()})


def watch(*people: int, name: str = "Watch", business: bool = False) -> Roster:
    return Roster(name, people, business)


def hours(zone: str = "UTC", **fields: Any) -> WorkingTime:
    return WorkingTime(zone=zone, **fields)


@dataclass
class Walked:
    """A walk that is looked at again and again; keeps what fired and what was said."""

    walk: Walk
    world: World
    fired: list[tuple[dt.datetime, Fired]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    proofs: list[str] = field(default_factory=list)

    def tick(self, now: dt.datetime) -> list[int]:
        """Look until nothing is due any more; whom that asked, in order."""
        asked: list[int] = []
        for _ in range(50):
            if self.walk.due_at is None or self.walk.due_at > now:
                return asked
            asked += self._take(advance(self.walk, now=now, world=self.world), now)
        raise AssertionError("looking did not come to an end")

    def run(self, until: dt.datetime) -> list[tuple[dt.timedelta, int]]:
        """Look at every due time up to then; (time since T0, person) of whoever was asked."""
        asked = []
        while self.walk.due_at is not None and self.walk.due_at <= until:
            at = self.walk.due_at
            asked += [(at - T0, person_id) for person_id in self.tick(at)]
        return asked

    def _take(self, look: Advance, now: dt.datetime) -> list[int]:
        self.walk = look.walk
        self.said += [line.text for line in look.lines]
        self.proofs += look.proofs
        if look.firing is None:
            return []
        self.fired.append((now, look.firing))
        return list(look.firing.people)


def walked(of: Copy, in_: World | None = None, **fields: Any) -> Walked:
    return Walked(start(of, **fields), in_ or world())
