"""What a reading of somebody's calendar brings about: time off made so, clashes told at once, and a failure that lasts told once."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import ENGINE, Entry, record_in
from watchbill.people.calendars import keep_in, lock_in, note_failure_in
from watchbill.people.models import AwayCalendar
from watchbill.people.rules.away import Claim, Reading
from watchbill.schedules.actions.telling import tell_of_clashes_in, tell_of_failing_in
from watchbill.schedules.selectors import meetings_of

TOLD_AFTER = dt.timedelta(hours=24)


@transaction.atomic(durable=True)
def record_reading(claim: Claim, reading: Reading, *, now: dt.datetime) -> bool:
    """Keep how it ended. False when the calendar is gone, or another node has it by now."""
    row = lock_in(claim)
    if row is None:
        return False
    if reading.why:
        _fail(row, reading.why, now)
        return True
    new = keep_in(row, reading, now=now)
    if met := meetings_of(new, now=now):
        tell_of_clashes_in(row.person, row.host, met, now=now)
    return True


def _fail(row: AwayCalendar, why: str, now: dt.datetime) -> None:
    note_failure_in(row, why, now=now)
    if row.told_at is None and row.failing_since is not None and now - row.failing_since >= TOLD_AFTER:
        row.told_at = now
        row.save(update_fields=["told_at"])
        tell_of_failing_in(row, now=now)
        detail = {"person": row.person.handle, "host": row.host, "since": row.failing_since.isoformat(), "failures": row.failures}
        record_in([Entry("calendar.failing", "calendar", str(row.id), detail=detail)], by=ENGINE, now=now)
