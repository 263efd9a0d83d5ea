"""A small desk seen through the API: Alice owns, Bob is her team mate, Charlie must never see what is restricted."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from tests import factories
from watchbill.audit.actions import Actor
from watchbill.incidents.models import Incident, Service
from watchbill.kernel.clock import database_now
from watchbill.people.actions import create_token
from watchbill.people.models import Person, Team
from watchbill.people.permissions import SCOPES
from watchbill.response import actions
from watchbill.schedules.models import Schedule

BY = Actor(name="operator", via="cli")


@dataclass
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: Any


@dataclass
class Desk:
    """People, a team with a schedule, a service, a restricted service, and clients that ask for them."""

    alice: Person
    bob: Person
    charlie: Person
    grace: Person
    root: Person
    team: Team
    schedule: Schedule
    service: Service
    secret_service: Service
    tokens: dict[tuple[int, frozenset[str]], str] = field(default_factory=dict)

    def token(self, person: Person, *scopes: str) -> str:
        wanted = frozenset(scopes or SCOPES)
        key = (person.id, wanted)
        if key not in self.tokens:
            self.tokens[key] = create_token(person, wanted, by=BY, now=database_now())[1]
        return self.tokens[key]

    def ask(
        self, method: str, path: str, who: Person | None = None, body: Any = None, *, scopes: tuple[str, ...] = (), **more: Any
    ) -> Answer:
        headers = dict(more.pop("headers", {}))
        if who is not None:
            headers["Authorization"] = f"Bearer {self.token(who, *scopes)}"
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        more.setdefault("content_type", "application/json")
        response = Client(raise_request_exception=False).generic(method, path, content, headers=headers, **more)
        plain = response.headers.get("Content-Type", "").startswith("application/json")
        return Answer(response.status_code, json.loads(response.content) if plain else response.content, response.headers)

    def get(self, path: str, who: Person | None = None, **more: Any) -> Answer:
        return self.ask("GET", f"/api/v1{path}", who, **more)

    def post(self, path: str, who: Person | None = None, body: Any = None, **more: Any) -> Answer:
        return self.ask("POST", f"/api/v1{path}", who, {} if body is None else body, **more)

    def open(self, title: str = "disk full", *, restricted: bool = False, by: Person | None = None, severity: str = "high") -> Incident:
        service = self.secret_service if restricted else self.service
        return actions.page_by_hand(title, service.name, severity, by=factories.actor(by or self.alice, "api"), now=database_now())


@pytest.fixture
def desk(db) -> Desk:
    alice, bob = factories.person("alice"), factories.person("bob")
    charlie, grace = factories.person("charlie"), factories.person("grace")
    root = factories.person("root", is_admin=True)
    team = factories.team("SecOps", alice, bob, managers=(grace,))
    factories.team("Elsewhere", charlie)
    factories.organization(grace)
    schedule = factories.schedule("First", team, alice)
    policy = factories.policy("P", team, ([factories.to(schedule)], "15m"), ([factories.to(grace)], "15m"), last_resort=grace)
    service = factories.service("S", team, policy)
    secret = factories.service("Secret", team, policy, restricted=True)
    return Desk(alice, bob, charlie, grace, root, team, schedule, service, secret)
