"""The same change by hand week after week: each an ordinary override, made all together or not at all, and ended together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.kernel import bus
from watchbill.kernel.errors import Invalid, NotFound, Refused
from watchbill.schedules.actions.changing import Change, check_change, evidence, keep_swaps_whole, refuse_gaps, said_by, store_in
from watchbill.schedules.actions.telling import Watched
from watchbill.schedules.models import Override, Schedule
from watchbill.schedules.rules import weekly
from watchbill.schedules.selectors import gaps_of_change, gaps_of_end, rest_of_series


def repeated(schedule: Schedule, change: Change, until: dt.date) -> list[Change]:
    """The change, and the same one each week until that day, on the clock of the schedule. Invalid, with a sentence, when it cannot be."""
    try:
        spans = weekly(change.start, change.end, until, schedule.timezone)
    except (ValueError, OverflowError) as error:
        raise Invalid(str(error)) from error
    return [replace(change, start=start, end=end) for start, end in spans]


@transaction.atomic(durable=True)
def add_series(schedule: Schedule, changes: Sequence[Change], *, by: Actor, now: dt.datetime, allow_gap: bool = True) -> list[Override]:
    """Store all of them or none, and tell whoever is affected once. Refused as a single one is; see `add_override_in`."""
    for change in changes:
        check_change(schedule, change, now=now)
    Schedule.objects.select_for_update().get(pk=schedule.pk)
    if not allow_gap:
        refuse_gaps(schedule.name, gaps_of_change(schedule, [change.rule(now) for change in changes]))
    watched = Watched([schedule.id], max(changes[0].start, now), changes[-1].end)
    made = [store_in(schedule, change, by=by, now=now) for change in changes]
    Override.objects.filter(id__in=[each.id for each in made]).update(series=made[0].id)
    for each in made:
        each.series = made[0].id
    watched.tell_in(said_by(by, changes[0].reason), now=now)
    _record_in("override.add", made, by=by, now=now)
    return made


@transaction.atomic(durable=True)
def withdraw_series(override_id: int, *, by: Actor, now: dt.datetime, allow_gap: bool = True) -> list[Override]:
    """Take back whatever of the series of this override runs or is to come. One that runs ends now; what is over stays as it was."""
    Schedule.objects.select_for_update().filter(overrides__id=override_id).first()  # first, as whoever adds does
    found = Override.objects.filter(id=override_id).first()
    if found is None:
        raise NotFound(f"There is no override {override_id}. `watchbill override list` shows them.", override=override_id)
    if found.series is None:
        raise Refused(f"Override {override_id} was made alone. End it alone.", override=override_id)
    rows = list(rest_of_series(found, now=now))
    if not rows:
        raise Refused("Every one of them is over or was ended. The past stays as it was.", override=override_id)
    for each in rows:
        keep_swaps_whole(each, now)
    if not allow_gap:
        refuse_gaps(rows[0].schedule.name, gaps_of_end(rows, now=now))
    watched = Watched([found.schedule_id], max(rows[0].start, now), max(each.end for each in rows))
    Override.objects.filter(id__in=[each.id for each in rows]).update(withdrawn_at=now)
    for each in rows:
        each.withdrawn_at = now
    watched.tell_in(said_by(by, ""), now=now)
    _record_in("override.withdraw", rows, by=by, now=now)
    return rows


def _record_in(action: str, rows: Sequence[Override], *, by: Actor, now: dt.datetime) -> None:
    entries = [
        Entry(action, "override", str(each.id), team_id=each.schedule.team_id, detail={**evidence(each), "series": each.series})
        for each in rows
    ]
    record_in(entries, by=by, now=now)
    bus.board_changed()
