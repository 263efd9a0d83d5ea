"""A desk whose services take events, and words for what monitors send."""

from __future__ import annotations

import datetime as dt
import json
from itertools import count
from typing import Any

from tests import factories
from tests.factories import T0
from watchbill.incidents.models import Service
from watchbill.intake.models import Event, IntegrationKey
from watchbill.intake.rules import clean, digest_of
from watchbill.people.models import Person, Team

_numbers = count(1)


class Desk:
    """Ada has the watch, Grace is the owner of last resort."""

    def __init__(self, **service: Any) -> None:
        self.ada: Person = factories.person("ada")
        self.bruno: Person = factories.person("bruno")
        self.grace: Person = factories.person("grace")
        factories.organization(self.grace)
        self.team: Team = factories.team("SecOps", self.ada, self.bruno, managers=(self.grace,))
        watch = factories.schedule("Watch", self.team, self.ada)
        self.policy = factories.policy(
            "P", self.team, ([factories.to(watch)], "15m"), ([factories.to(self.bruno)], "15m"), last_resort=self.grace
        )
        self.service, self.key = self.add_service("Detections", **service)

    def add_service(self, name: str, **fields: Any) -> tuple[Service, str]:
        """A service with a key of 32 characters."""
        made = factories.service(name, self.team, self.policy, **fields)
        return made, add_key(made)


def add_key(service: Service, **fields: Any) -> str:
    secret = f"{next(_numbers):032x}"
    IntegrationKey.objects.create(service=service, kind="events", digest=digest_of(secret), hint=secret[-4:], created_at=T0, **fields)
    return secret


def body(key: str = "k1", action: str = "trigger", summary: str = "disk full", severity: str = "error", **payload: Any) -> dict[str, Any]:
    """An event as a monitor sends it."""
    said = {"summary": summary, "source": "host1", "severity": severity, **payload}
    return {"routing_key": "*" * 32, "event_action": action, "dedup_key": key, "payload": said}


def put(service: Service, *bodies: dict[str, Any], at: dt.datetime = T0, kind: str = "events") -> list[Event]:
    """Store events as the front door does."""
    key = IntegrationKey.objects.filter(service=service).first()
    assert key is not None
    rows = [
        Event(
            key=key, service=service, kind=kind, received_at=at, dedup_key=clean(one.get("dedup_key") or ""), body=json.dumps(one).encode()
        )
        for one in bodies
    ]
    return Event.objects.bulk_create(rows)
