"""A workspace that is configured here, a desk whose policy tells a channel, and the engine's part that keeps its messages true."""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.committed import committed
from tests.connectors.slack.fake import APP_TOKEN, SIGNING, TOKEN, Slack, slack
from tests.response.desk import Desk
from watchbill.engine.chats import Chats
from watchbill.engine.session import Session
from watchbill.incidents.models import Incident, Service, TimelineEntry
from watchbill.kernel import kinds
from watchbill.kernel.clock import database_now
from watchbill.notifications.chats.models import Chat, Posting
from watchbill.notifications.chats.rules import RETRY_AFTER
from watchbill.notifications.models import Contact
from watchbill.people.models import Person

SECURITY = {"kind": "channel", "id": None, "chat": "main", "name": "#sec"}
OTHERS = {"kind": "channel", "id": None, "chat": "main", "name": "#other"}


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    settings.ALLOW_PRIVATE_TARGETS = (ipaddress.ip_network("127.0.0.0/8"),)
    for name, value in (("SLACK_TOKEN", TOKEN), ("SLACK_SIGNING", SIGNING), ("SLACK_APP", APP_TOKEN)):
        monkeypatch.setenv(name, value)
    for name, seconds in (("LOOK", 0.1), ("FIRST_WAIT", 0.1), ("PING", 0.3), ("RECEIVE", 0.1)):  # the same, in a tenth of the time
        monkeypatch.setattr(f"watchbill.connectors.slack.socket_mode.{name}", seconds)
    monkeypatch.setattr("watchbill.notifications.chats.rules.RETRY_AFTER", tuple(after / 10 for after in RETRY_AFTER))
    before = kinds.declared()
    kinds.fill([kinds.Kind("webhook", True), kinds.Kind("slack", True)])
    yield
    kinds.fill(before)


def configure(there: Slack, **more: Any) -> Chat:
    """The workspace as the configuration file would have it."""
    fields = {"kind": "slack", "url": there.url, "token_env": "SLACK_TOKEN", "signing_env": "SLACK_SIGNING", "writes": ["post", "update"]}
    return Chat.objects.create(**{"name": "main", **fields, **more})


def known(person: Person, user: str) -> None:
    """The configuration file says who this is."""
    Contact.objects.create(person=person, kind="slack", address=user, verified_at=database_now(), verified_by="operator")


class Whole:
    """Rows that are committed, a fake workspace, and the threads that write to it."""

    def __init__(self, there: Slack) -> None:
        self.slack = there
        self.desk = Desk()
        self.chat = configure(there)
        self.running: list[Chats] = []
        self.sessions: dict[int, Session] = {}
        self.tell(SECURITY)

    def tell(self, *channels: dict[str, Any]) -> None:
        """The first step of the policy tells these channels."""
        policy = self.desk.policy
        people = [target for target in policy.steps[0]["notify"] if target["kind"] != "channel"]
        policy.steps[0]["notify"] = [*people, *channels]
        policy.save()

    def run(self, instance: int = 1) -> Chats:
        """An engine keeps the chats."""
        chats = Chats()
        self.running.append(chats)
        self.sessions[instance] = Session(instance)  # its leases hold as long as that lives
        chats.look(instance)
        return chats

    def wake(self) -> None:
        for chats in self.running:
            chats.wake()

    def open(self, title: str = "disk full", *, service: Service | None = None, **more: Any) -> Incident:
        incident = self.desk.open(title, service=service, now=database_now(), **more)
        self.wake()
        return incident

    def act(self, name: str, incident: Incident, who: Person, *args: Any, **more: Any) -> None:
        self.desk.act(name, incident, who, *args, now=database_now(), **more)
        self.wake()

    def until(
        self, incident: Incident, true: Callable[[dict[str, Any]], Any], *, channel: str = "C0SEC", seconds: float = 15
    ) -> dict[str, Any]:
        """The one message about it, once it is so."""

        def found() -> Any:
            shown = [m for (place, _), m in self.slack.messages.items() if place == channel and f"#{incident.number}" in json.dumps(m)]
            return shown and true(shown[0])

        self.slack.wait(found, seconds)
        return self.slack.shown(incident.number, channel)

    def posting(self, incident: Incident, true: Callable[[Posting], Any], *, seconds: float = 10) -> Posting:
        """The row of its message, once it is so. Its thread commits after Slack answered."""
        end = time.monotonic() + seconds
        while True:
            row = Posting.objects.filter(incident_id=incident.id).first()
            if row is not None and true(row):
                return row
            assert time.monotonic() < end, row and {name: getattr(row, name) for name in ("tries", "error", "due_at", "doubt", "message")}
            time.sleep(0.02)

    def story(self, incident: Incident) -> list[str]:
        """What its timeline says about chats."""
        rows = TimelineEntry.objects.filter(incident_id=incident.id, kind__startswith="chat_").order_by("id")
        return list(rows.values_list("text", flat=True))

    def close(self) -> None:
        for chats in self.running:
            chats.close()
        for session in self.sessions.values():
            session.close()


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """In the place of pytest-django's, whose clean-up the tables of evidence refuse."""
    with committed(django_db_blocker):
        yield


@pytest.fixture
def whole(transactional_db: None) -> Iterator[Whole]:
    with slack() as there:
        made = Whole(there)
        try:
            yield made
        finally:
            made.close()
