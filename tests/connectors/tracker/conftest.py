"""A desk, a fake tracker, and the engine's part between them, one round at a time."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.connectors.github.fake import GitHub, github
from tests.connectors.gitlab.fake import GitLab, gitlab
from tests.response.desk import Desk
from watchbill.connectors import tracker as trackers
from watchbill.connectors.github import client as github_client
from watchbill.connectors.gitlab import client as gitlab_client
from watchbill.connectors.outgoing import Outgoing
from watchbill.engine.trackers import TrackerThread, wanted_sources
from watchbill.incidents.models import Incident, TimelineEntry
from watchbill.kernel.clock import database_now
from watchbill.trackers.actions import mirroring
from watchbill.trackers.models import Issue, Link, Source, Tracker, Write
from watchbill.trackers.selectors import settings_of

NETS = (ipaddress.ip_network("127.0.0.0/8"),)
ALL = ["create_issue", "comment", "assign", "label", "close"]
PROJECT = "security/desk"


class Tracked:
    """A desk whose team has its tracking issues in the fake."""

    def __init__(self, fake: GitLab | GitHub, kind: str) -> None:
        self.fake, self.kind = fake, kind
        self.desk = Desk()
        values = {"url": fake.url, "token_env": "TRACKER_TOKEN", "webhook_env": "TRACKER_SECRET", "writes": ALL}
        people = {"ada": "ada-there", "bruno": "bruno-there"}
        self.row = Tracker.objects.create(name="main", kind=kind, tells=["comment", "state", "assignee"], people=people, **values)
        self.issue_setting()
        if isinstance(fake, GitLab):
            fake.numbers[PROJECT] = 0  # the project is there
        self.threads: list[TrackerThread] = []
        self.thread = self.engine()

    def issue_setting(self, **more: Any) -> None:
        self.desk.team.issue = {"tracker": "main", "project": PROJECT, "labels": ["incident"], "confidential": True, **more}
        self.desk.team.save()

    def engine(self, instance: int = 1) -> TrackerThread:
        made = TrackerThread(settings_of(Tracker.objects.get(pk=self.row.pk)), instance, build=self._build)
        self.threads.append(made)
        return made

    def _build(self, settings: Any) -> Any:
        outgoing = Outgoing(NETS)
        wire = gitlab_client.wire(settings, outgoing) if self.kind == "gitlab" else github_client.wire(settings, outgoing, pace=0)
        return trackers.client(settings, wire), wire

    def settings(self, **values: Any) -> None:
        if values:
            Tracker.objects.filter(pk=self.row.pk).update(**values)
        self.thread.close()
        self.thread = self.engine()

    def round(self, times: int = 1) -> None:
        """Everything is due."""
        for _ in range(times):
            now = database_now()
            mirroring.want_sources(wanted_sources(), now=now)
            Source.objects.update(due_at=now)
            Write.objects.filter(due_at__isnull=False).update(due_at=now)
            Tracker.objects.update(wait_until=None)
            self.thread.work()

    def open(self, title: str = "disk full", **more: Any) -> Incident:
        return self.desk.open(title, now=database_now(), **more)

    def act(self, name: str, incident: Incident, who: Any, *args: Any, **more: Any) -> None:
        self.desk.act(name, incident, who, *args, now=database_now(), **more)

    def story(self, incident: Incident, kind: str) -> list[str]:
        return list(TimelineEntry.objects.filter(incident=incident, kind=kind).order_by("id").values_list("text", flat=True))

    def link(self, incident: Incident) -> Link:
        return Link.objects.select_related("issue").get(incident_id=incident.id)

    def there(self, number: int = 1) -> dict[str, Any]:
        """The issue as the tracker has it."""
        return self.fake.issues[PROJECT, number]

    def mirrored(self, number: int = 1) -> Issue:
        return Issue.objects.get(number=number, project=PROJECT)


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_TOKEN", "right")
    monkeypatch.setenv("TRACKER_SECRET", "s3cret")


@pytest.fixture(params=["gitlab", "github"])
def tracked(request: pytest.FixtureRequest, db: Any, secrets: None) -> Iterator[Tracked]:
    """On both kinds."""
    make: Callable[[], Any] = {"gitlab": gitlab, "github": github}[request.param]
    with make() as fake:
        made = Tracked(fake, request.param)
        yield made
        for thread in made.threads:
            thread.close()
