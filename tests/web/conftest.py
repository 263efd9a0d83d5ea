"""The cast: Alice owns, Bob is a team mate, Grace manages, Vera only looks, Charlie is of another team and must never see a restricted case."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from tests import factories as make
from tests.web.site import Site, site
from watchbill.incidents.actions import NewIncident
from watchbill.incidents.models import Incident, Service
from watchbill.kernel import kinds
from watchbill.kernel.clock import database_now
from watchbill.paging.actions import fire_due
from watchbill.people.models import Membership, Person, Team
from watchbill.response import actions

BACKEND = "django.contrib.auth.backends.ModelBackend"
PASSWORD = "correct horse battery staple"


@dataclass
class Desk:
    """A small desk on the database's own clock, since the pages read that one."""

    now: dt.datetime
    people: dict[str, Person]
    team: Team
    service: Service
    clients: dict[str, Client] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Person:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    def as_(self, name: str) -> Client:
        """A browser in which this person has signed in."""
        if name not in self.clients:
            self.clients[name] = Client()
            self.clients[name].force_login(self.people[name], backend=BACKEND)
        return self.clients[name]

    def page(self, title: str = "db down", severity: str = "high", **fields: Any) -> Incident:
        """An incident whose page has asked the first step."""
        at = fields.pop("at", self.now)
        new = NewIncident(title, severity, self.team.id, self.service.id, **fields)
        with transaction.atomic():
            (made,) = actions.open_in([new], by=make.actor(self.people["bob"], "source"), now=at)
        fire_due(now=at)
        return Incident.objects.get(pk=made.id)

    def act(self, name: str, act: Callable[..., Any], incident: Incident, *args: Any, **rest: Any) -> Any:
        """An act of this person now."""
        who = self.people[name]
        return act(incident.number, *args, person=who, actor=make.actor(who), now=database_now(), **rest)


@pytest.fixture(scope="session")
def shared_site(django_db_setup: None, django_db_blocker: Any) -> Iterator[Site]:
    """One real desk for all browser tests of this worker."""
    with django_db_blocker.unblock():
        settings = dict(connection.settings_dict)
    with site(settings, f"watchbill_browser_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}") as running:
        yield running


@pytest.fixture
def desk(db: None) -> Desk:
    kinds.fill([kinds.Kind("email", True), kinds.Kind("webhook", True)])
    people = {handle: make.person(handle, contacts=("email",)) for handle in ("alice", "bob", "grace", "vera", "charlie")}
    people["root"] = make.person("root", contacts=("email",), is_admin=True)
    make.organization(people["root"])
    team = make.team("SecOps", people["alice"], people["bob"], managers=(people["grace"],))
    Membership.objects.create(team=team, person=people["vera"], role="viewer", on_desk=False)
    make.team("Others", people["charlie"])
    schedule = make.schedule("Responder", team, people["alice"])
    managers = make.schedule("Managers", team, people["grace"])
    policy = make.policy("Walk", team, ([make.to(schedule)], "15m"), ([make.to(managers)], "15m"), last_resort=people["root"])
    service = make.service("Detections", team, policy)
    return Desk(database_now(), people, team, service)
