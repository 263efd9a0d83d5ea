"""A platform beside the desk of `conftest`, reports as it shows them, and what is told when they change. No network."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from tests.reports.conftest import Desk
from watchbill.notifications.rules import Outcome
from watchbill.platforms.messages import Ended, Kept
from watchbill.platforms.models import Activity, Platform, Remote, Write
from watchbill.reports.actions.platform import hear_platform_in
from watchbill.reports.actions.written import tell_of_platform_writes_in
from watchbill.reports.models import Report

ALL = ["comment", "state", "severity", "tier", "assign", "reference", "bounty", "disclose"]
DELIVERED = Outcome.DELIVERED


@dataclass
class There:
    """The platform of the desk's programme."""

    desk: Desk
    platform: Platform
    count: int = field(default=0)

    def shows(self, *, at: dt.timedelta = dt.timedelta(), said: tuple[dict[str, Any], ...] = (), **fields: Any) -> Report | None:
        """A report that was not here before."""
        self.count += 1
        now = self.desk.now + at
        said = tuple({"at": at, **one} for one in said)
        values = {
            "external_id": str(4000 + self.count),
            "title": f"Template injection {self.count}",
            "body": "Open the page, look.",
            "reporter": "m4rlow",
            "state": "new",
            "created_at": now,
            "submitted_at": now,
            "active_at": now,
            "seen_at": now,
            "url": f"https://hackerone.com/reports/{4000 + self.count}",
            **fields,
        }
        remote = Remote.objects.create(platform=self.platform, **values)
        ids = [self.says(remote, **one).pk for one in said]
        hear_platform_in([Kept(remote.pk, True, {}, ids)], now=now)
        return Report.objects.filter(remote=remote).first()

    def changes(
        self, report: Report, *, at: dt.timedelta = dt.timedelta(hours=1), said: tuple[dict[str, Any], ...] = (), **fields: Any
    ) -> Report:
        """What differs there now, or was said."""
        remote = Remote.objects.get(report=report)
        before = {name: getattr(remote, name) for name, value in fields.items() if getattr(remote, name) != value}
        for name, value in fields.items():
            setattr(remote, name, value)
        remote.save()
        ids = [self.says(remote, **{"at": at, **one}).pk for one in said]
        hear_platform_in([Kept(remote.pk, False, before, ids)], now=self.desk.now + at)
        return Report.objects.get(pk=report.pk)

    def says(
        self, remote: Remote, text: str = "", *, at: dt.timedelta = dt.timedelta(), kind: str = "activity-comment", **fields: Any
    ) -> Activity:
        self.count += 1
        return Activity.objects.create(
            remote=remote, external_id=str(90_000 + self.count), kind=kind, at=self.desk.now + at, message=text, **fields
        )

    def ends(self, write: Write, end: str, detail: str = "", *, at: dt.timedelta = dt.timedelta(minutes=1), ref: str = "") -> Report:
        """How a write ended, as whoever wrote records it."""
        now = self.desk.now + at
        if end:
            write.end, write.ended_at, write.due_at, write.remote_ref = end, now, None, ref
            write.save()
        told = Ended(write.pk, write.remote_id, write.kind, end, write.body, write.person_id, detail, ref)
        tell_of_platform_writes_in([told], now=now)
        return Report.objects.get(remote_id=write.remote_id)


def writes(report: Report) -> list[tuple[str, dict[str, Any]]]:
    """What is to be written for it, in order."""
    return [(row.kind, row.body) for row in Write.objects.filter(remote__report=report).order_by("id")]


def there(desk: Desk, allowed: list[str]) -> There:
    platform = Platform.objects.create(
        name="hackerone",
        kind="hackerone",
        url="https://api.hackerone.com/v1",
        program="example",
        token_env="WATCHBILL_H1_TOKEN",
        triage_group="H1 Triage",
        writes=allowed,
    )
    desk.program.platform = platform.name
    desk.program.save()
    return There(desk, platform)
