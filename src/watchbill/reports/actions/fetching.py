"""A file of a report leaves as bytes: whoever fetched it is asked after a leak."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.kernel.errors import NotFound
from watchbill.people.permissions import Viewer
from watchbill.platforms.models import Remote
from watchbill.reports.models import Report
from watchbill.reports.selectors.seeing import by_number


def file_of(viewer: Viewer, number: int, file_id: str) -> tuple[Report, Remote, Mapping[str, Any]]:
    """The report, its row of the platform, and the file. Raises NotFound."""
    report = by_number(viewer, number)
    remote = Remote.objects.select_related("platform").filter(pk=report.remote_id).first() if report.remote_id is not None else None
    found = next((each for each in remote.files if each["id"] == file_id), None) if remote is not None else None
    if remote is None or found is None:
        raise NotFound("There is no such file on this report. Open the report and choose one.")
    return report, remote, found


@transaction.atomic(durable=True)
def fetched(report: Report, file_id: str, *, actor: Actor, now: dt.datetime) -> None:
    """It is about to leave."""
    entry = Entry("report.fetch_attached", "report", str(report.pk), team_id=report.team_id, restricted=True, detail={"file": file_id})
    record_in([entry], by=actor, now=now)
