"""Alice has the watch of the team that takes reports, Bob is a team mate, Erin an expert of elsewhere, Charlie must never learn of any;
Vera may only look at the team, Root administers the installation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests import factories as make
from watchbill.kernel import kinds
from watchbill.people.models import Membership, Person, Team
from watchbill.people.selectors import viewer_of
from watchbill.reports.actions.making import NewReport
from watchbill.reports.actions.making import make as make_report
from watchbill.reports.models import Program, Report

HOSTILE = "<img src=x onerror=alert(1)> salamander"


@dataclass
class Desk:
    """What the tests of reports stand on. `now` is a Monday, 9:00 UTC."""

    people: dict[str, Person]
    team: Team
    program: Program
    now: dt.datetime = make.T0
    made: int = field(default=0)

    def __getattr__(self, name: str) -> Person:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    def report(self, by: str = "bob", **fields: Any) -> Report:
        self.made += 1
        new = NewReport(**{"title": f"{HOSTILE} {self.made}", "body": "steps", "program": self.program.name, **fields})
        return make_report(new, **self.by(by))

    def by(self, name: str, *, after: dt.timedelta = dt.timedelta()) -> dict[str, Any]:
        who = self.people[name]
        return {"person": who, "actor": make.actor(who), "now": self.now + after}

    def do(self, act: Any, report: Report, *args: Any, by: str = "alice", after: dt.timedelta = dt.timedelta(), **more: Any) -> Report:
        act(report.number, *args, **self.by(by, after=after), **more)
        return Report.objects.get(pk=report.pk)

    def viewer(self, name: str) -> Any:
        return viewer_of(self.people[name])


BOUNTY = {"currency": "USD", "amounts": {"tier 1": {"high": 5000}}, "approvals": {"low": 1, "high": 2, "critical": 2}}


@pytest.fixture
def desk(db: None) -> Iterator[Desk]:
    before = kinds.declared()
    kinds.fill([kinds.Kind("email", True)])
    people = {h: make.person(h, contacts=("email",)) for h in ("alice", "bob", "dora", "grace", "vera", "erin", "charlie")}
    people["root"] = make.person("root", contacts=("email",), is_admin=True)
    make.organization(people["root"])
    team = make.team(
        "Response", people["alice"], people["bob"], people["dora"], managers=(people["grace"],), desk="queue", ownership="on_call"
    )
    Membership.objects.create(team=team, person=people["vera"], role="viewer", on_desk=False)
    make.team("Elsewhere", people["charlie"], people["erin"])
    watch = make.schedule("Watch", team, people["alice"])
    policy = make.policy("Walk", team, ([make.to(watch)], "15m"), last_resort=people["root"])
    make.service("Intake", team, policy)
    program = Program.objects.create(name="Example bounty", team=team, tiers=[{"name": "tier 1"}, {"name": "tier 2"}], bounty=BOUNTY)
    yield Desk(people, team, program)
    kinds.fill(before)
