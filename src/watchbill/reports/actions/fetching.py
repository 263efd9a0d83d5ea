"""A file of a report leaves as bytes: whoever fetched it is asked after a leak."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.people.permissions import Viewer
from watchbill.reports.selectors.seeing import by_number


@transaction.atomic(durable=True)
def fetched(viewer: Viewer, number: int, file_id: str, *, actor: Actor, now: dt.datetime) -> None:
    """It is about to leave: while it was on its way, they may have been taken off the report. Raises NotFound."""
    report = by_number(viewer, number)
    entry = Entry("report.fetch_attached", "report", str(report.pk), team_id=report.team_id, restricted=True, detail={"file": file_id})
    record_in([entry], by=actor, now=now)
