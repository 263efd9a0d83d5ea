"""Changes by hand that belong together, week after week or on several schedules: ordinary overrides, made all or none, and ended together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.db import transaction

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.kernel import bus
from watchbill.kernel.errors import Invalid, NotFound, Refused
from watchbill.schedules.actions.changing import LONGEST, Change, check_change, evidence, keep_swaps_whole, refuse_gaps, said_by, store_in
from watchbill.schedules.actions.telling import Watched
from watchbill.schedules.models import Override, Schedule
from watchbill.schedules.rules import weekly
from watchbill.schedules.selectors import gaps_of_change, gaps_of_end, rest_of_series, watched_schedules

Span = tuple[dt.datetime, dt.datetime]


def repeated(schedule: Schedule, change: Change, until: dt.date) -> list[Change]:
    """The change, and the same one each week until that day, on the clock of the schedule. Invalid, with a sentence, when it cannot be."""
    try:
        spans = weekly(change.start, change.end, until, schedule.timezone)
    except (ValueError, OverflowError) as error:
        raise Invalid(str(error)) from error
    return [replace(change, start=start, end=end) for start, end in spans]


def add_series(schedule: Schedule, changes: Sequence[Change], *, by: Actor, now: dt.datetime, allow_gap: bool = True) -> list[Override]:
    """Store all of them or none, on one schedule; see `add_together`."""
    return add_together([(schedule, change) for change in changes], by=by, now=now, allow_gap=allow_gap)


def everywhere(change: Change, *, now: dt.datetime) -> list[tuple[Schedule, tuple[Span, ...]]]:
    """Where a replacement would hold if it were made on every schedule: those on which whoever is replaced has the watch in that time,
    and when. Invalid, in a sentence, when it makes no sense or there are none."""
    start = max(change.start, now)
    if change.replaced is None or change.end <= start:
        raise Invalid("That time is over, or ends before it begins. Give a time that is still to come.")
    if change.end - change.start > LONGEST:
        raise Invalid("An override lasts a year at most. For longer, edit the rotation.")
    found = watched_schedules(change.replaced.id, start, change.end)
    if not found:
        raise Invalid(f"{change.replaced.name} has no watch in that time: there is nothing to take. Nothing was changed.")
    return found


@transaction.atomic(durable=True)
def add_together(wanted: Sequence[tuple[Schedule, Change]], *, by: Actor, now: dt.datetime, allow_gap: bool = True) -> list[Override]:
    """Store all of them or none, and tell whoever is affected once. Refused as a single one is; see `add_override_in`."""
    changes: dict[Schedule, list[Change]] = {}
    for schedule, change in wanted:
        check_change(schedule, change, now=now)
        changes.setdefault(schedule, []).append(change)
    ids = _lock_in({schedule.id for schedule in changes})
    if not allow_gap:
        for schedule, each in changes.items():
            refuse_gaps(schedule.name, gaps_of_change(schedule, [change.rule(now) for change in each]))
    start, end = min(change.start for _, change in wanted), max(change.end for _, change in wanted)
    watched = Watched(ids, max(start, now), end)
    made = [store_in(schedule, change, by=by, now=now) for schedule, change in wanted]
    Override.objects.filter(id__in=[each.id for each in made]).update(series=made[0].id)
    for row in made:
        row.series = made[0].id
    watched.tell_in(said_by(by, wanted[0][1].reason), now=now)
    _record_in("override.add", made, by=by, now=now)
    return made


@transaction.atomic(durable=True)
def withdraw_series(override_id: int, *, by: Actor, now: dt.datetime, allow_gap: bool = True) -> list[Override]:
    """Take back whatever was made together with this override and runs or is to come, on every schedule. One that runs ends now; what is
    over stays as it was."""
    found = Override.objects.filter(id=override_id).first()
    if found is None:
        raise NotFound(f"There is no override {override_id}. `watchbill override list` shows them.", override=override_id)
    if found.series is None:
        raise Refused(f"Override {override_id} was made alone. End it alone.", override=override_id)
    ids = _lock_in(Override.objects.filter(series=found.series).values_list("schedule_id", flat=True))  # first, as whoever adds does
    rows = list(rest_of_series(found, now=now))
    if not rows:
        raise Refused("Every one of them is over or was ended. The past stays as it was.", override=override_id)
    for each in rows:
        keep_swaps_whole(each, now)
    if not allow_gap:
        for id_ in ids:
            if here := [each for each in rows if each.schedule_id == id_]:
                refuse_gaps(here[0].schedule.name, gaps_of_end(here, now=now))
    watched = Watched(ids, max(rows[0].start, now), max(each.end for each in rows))
    Override.objects.filter(id__in=[each.id for each in rows]).update(withdrawn_at=now)
    for each in rows:
        each.withdrawn_at = now
    watched.tell_in(said_by(by, ""), now=now)
    _record_in("override.withdraw", rows, by=by, now=now)
    return rows


def _lock_in(schedule_ids: Iterable[int]) -> list[int]:
    """The schedules of a change, always in the same order: two changes at once wait for each other, and never both."""
    return list(Schedule.objects.select_for_update().filter(id__in=set(schedule_ids)).order_by("id").values_list("id", flat=True))


def _record_in(action: str, rows: Sequence[Override], *, by: Actor, now: dt.datetime) -> None:
    entries = [
        Entry(action, "override", str(each.id), team_id=each.schedule.team_id, detail={**evidence(each), "series": each.series})
        for each in rows
    ]
    record_in(entries, by=by, now=now)
    bus.board_changed()
