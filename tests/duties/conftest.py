"""A desk with a queue whose items are mirrored already."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests import factories as make
from tests.factories import DAY, T0, actor
from tests.response.desk import Desk
from watchbill.duties.models import Queue, Stale
from watchbill.people.models import Person
from watchbill.people.selectors import viewer_of
from watchbill.trackers.models import Issue, Tracker


class Queues:
    """The team's queue `oncall`, and a tracker that is mirrored."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.tracker = Tracker.objects.create(
            name="main", kind="gitlab", url="https://gl.example.org", token_env="T", people={"ada": "ada-there", "bruno": "bruno-there"}
        )
        self.queue = Queue.objects.create(
            name="oncall", team=self.desk.team, tracker=self.tracker, projects=["sec/desk", "sec/eng"], labels=["oncall"]
        )

    def item(self, number: int = 1, *, at: dt.datetime = T0, **more: Any) -> Issue:
        """An issue as it was mirrored, its comments read."""
        fields = {
            "project": "sec/desk",
            "title": f"item {number}",
            "url": "https://gl.example.org/x",
            "labels": ["oncall"],
            "author": "scanner",
        }
        times = {"created_at": at, "updated_at": at, "seen_at": at, "words_to": at}
        return Issue.objects.create(tracker=self.tracker, number=number, **{**fields, **times, **more})

    def by(self, who: Person, now: dt.datetime = T0) -> dict[str, Any]:
        return {"person": who, "actor": actor(who), "now": now}

    def viewer(self, who: Person) -> Any:
        return viewer_of(who)

    def stale(self, **after: str) -> None:
        """What is too long, and the project where the team has its tracking issues."""
        self.desk.team.issue = {"tracker": "main", "project": "sec/desk", "labels": [], "confidential": True}
        self.desk.team.save()
        for severity, duration in after.items():
            Stale.objects.create(team=self.desk.team, severity=severity, after=duration)


@pytest.fixture
def queues(db: None) -> Queues:
    return Queues()


__all__ = ["DAY", "Queues", "make"]
