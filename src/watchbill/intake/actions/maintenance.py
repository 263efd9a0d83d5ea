"""Maintenances are added, lengthened and ended by people; the engine begins and ends them on time.

Locks: maintenance, then incident, then page. Intake holds the maintenances that it goes by until it has stored what it holds back, so that
whoever ends one finds all of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfoNotFoundError

from django.db import transaction

from watchbill.audit.actions import ENGINE, Actor, Entry, record_in
from watchbill.incidents.models import Incident, Service
from watchbill.incidents.rules import plain
from watchbill.intake.actions.holding import hold_in, lock_incidents_in, open_pages, release_in
from watchbill.intake.actions.running import draft_of, quiet_of
from watchbill.intake.models import Alert, Heartbeat, HeldBack, Maintenance
from watchbill.intake.rules import Recurrence, fits, is_pattern, occurrence, problem
from watchbill.kernel import bus
from watchbill.kernel.errors import AlreadyDone, Invalid, NotFound
from watchbill.paging.actions import put_off_in
from watchbill.paging.models import Page
from watchbill.people.rules import zone_of

LONGEST = dt.timedelta(days=92)  # what is quiet for longer is not in maintenance; say so in the configuration
MOST_CONDITIONS, LONGEST_REASON, LONGEST_VALUE = 10, 500, 1000
EVERY = {"1 day": 1, "1d": 1, "day": 1, "1 week": 7, "1w": 7, "7d": 7, "week": 7}
SETTLES = dt.timedelta(seconds=10)  # so long after its begin pages are looked for that were being opened in that moment
STEP = dt.timedelta(seconds=1)
SOON = dt.timedelta(seconds=5)  # a look ahead that is longer than a round of the engine
RUNNING, COMING, OVER = Maintenance.State.RUNNING, Maintenance.State.COMING, Maintenance.State.OVER


@dataclass(frozen=True, slots=True)
class NewMaintenance:
    """A maintenance to add. `every`: `1 day` or `1 week`, at the same clock times of `zone`, not begun any more from `until` on."""

    service: Service
    starts_at: dt.datetime
    ends_at: dt.datetime
    reason: str
    when: Mapping[str, str] = field(default_factory=dict)
    every: str = ""
    until: dt.datetime | None = None
    zone: str = "UTC"


@transaction.atomic(durable=True)
def add_maintenance(new: NewMaintenance, *, by: Actor, now: dt.datetime) -> Maintenance:
    """Add it; one that has begun already holds what runs at once. Raises Invalid with what was expected."""
    days = _checked(new, now)
    zone = zone_of(new.zone)
    local = [at.astimezone(zone).replace(tzinfo=None).isoformat() for at in (new.starts_at, new.ends_at)] if days else ["", ""]
    row = Maintenance(
        service=new.service,
        starts_at=new.starts_at,
        ends_at=new.ends_at,
        due_at=new.starts_at,
        when=dict(new.when),
        reason=" ".join(plain(new.reason).split()),
        zone=new.zone,
        every_days=days,
        clock_begins=local[0],
        clock_ends=local[1],
        until=new.until,
        created_by_id=by.person_id,
        created_at=now,
    )
    if days and row.ends_at <= now and not _next_in(row, now):
        raise Invalid("It would never come again: `until` is in the past.", field="until")
    row.save()
    record_in([_entry("maintenance.add", row)], by=by, now=now)
    if row.starts_at <= now:
        _begin_in(row, now=now)
        row.save()
    _told()
    return row


@transaction.atomic(durable=True)
def end_maintenance(maintenance_id: int, *, by: Actor, now: dt.datetime, this_time: bool = False) -> Maintenance:
    """It ends now, and what still fires is paged from step 1. `this_time`: one that recurs comes again. Raises NotFound, AlreadyDone."""
    row = _locked(maintenance_id)
    ran = row.state == RUNNING
    row.ended_by_id, row.ended_at = by.person_id, now
    if not (this_time and row.every_days and _next_in(row, max(now, row.ends_at))):
        _over(row, now if ran else None)
    row.save()
    record_in([_entry("maintenance.end", row, this_time=this_time)], by=by, now=now)
    if ran:
        _released_in(row, now=now)
    _told()
    return row


@transaction.atomic(durable=True)
def extend_maintenance(maintenance_id: int, ends_at: dt.datetime, *, by: Actor, now: dt.datetime) -> Maintenance:
    """It ends then, later or sooner, this time. Raises NotFound, AlreadyDone, and Invalid for a time that is no end."""
    row = _locked(maintenance_id)
    if not max(now, row.starts_at) < ends_at <= row.starts_at + LONGEST:
        raise Invalid("The new end must be in the future, after the begin, and 92 days from it at most.", field="to")
    before, row.ends_at = row.ends_at, ends_at
    if row.state == RUNNING:
        row.due_at = min(row.due_at or ends_at, ends_at) if ends_at < before else ends_at
    row.save()
    record_in([_entry("maintenance.extend", row, before=before.isoformat())], by=by, now=now)
    if row.state == RUNNING:
        release_in([row.id], now=now)
    _told()
    return row


def keep_time(*, now: dt.datetime, limit: int = 100) -> int:
    """The engine's look: begin and end what is due, by what is true now. A time that passed while nobody looked is not made up for."""
    due = list(Maintenance.objects.filter(due_at__lte=now).order_by("due_at").values_list("id", flat=True)[:limit])
    looked = sum(_look(maintenance_id, now=now) for maintenance_id in due)
    _let_owners_be(now=now)
    return looked


def _let_owners_be(*, now: dt.datetime) -> None:
    """A page that somebody has asks about their silence after a maintenance, not inside it: from there it would page others."""
    due = Page.objects.filter(status=Page.Status.ACKNOWLEDGED, due_at__lte=now + SOON, set_aside_at=None)
    for row in Maintenance.objects.filter(state=RUNNING, starts_at__lte=now, ends_at__gt=now + SOON).order_by("id"):
        with transaction.atomic(durable=True):
            found = lock_incidents_in(due.filter(incident__service_id=row.service_id).values_list("incident_id", flat=True))
            covered = _covered(row, found) if row.when else found
            if covered:
                put_off_in(dict.fromkeys((page for page, _ in open_pages(covered, status=Page.Status.ACKNOWLEDGED)), row.ends_at))


@transaction.atomic(durable=True)
def _look(maintenance_id: int, *, now: dt.datetime) -> int:
    row = Maintenance.objects.select_for_update(no_key=True, of=("self",)).select_related("service").get(pk=maintenance_id)
    if row.due_at is None or row.due_at > now:
        return 0
    if now >= row.ends_at:
        ran, ended = row.state == RUNNING, row.ends_at
        if not _next_in(row, now):
            _over(row, None)
        row.save()
        if ran:
            record_in([_entry("maintenance.over", row, at=ended.isoformat())], by=ENGINE, now=now)
            _released_in(row, now=now)
    if row.state != OVER and row.starts_at <= now < row.ends_at:
        _begin_in(row, now=now)
    elif row.state == COMING:
        row.due_at = row.starts_at
    row.save()
    bus.board_changed()
    return 1


def _begin_in(row: Maintenance, *, now: dt.datetime) -> None:
    """Running pages of the service wait for its end: those that nobody has, and whose firing alerts it covers, each one."""
    first = row.state != RUNNING
    row.state = RUNNING
    row.due_at = min(row.ends_at, now + STEP) if now < row.starts_at + SETTLES else row.ends_at
    held = hold_in({incident_id: [quiet_of(row)] for incident_id in _running(row)}, now=now)
    if first:
        record_in([_entry("maintenance.begin", row, incidents=len(held))], by=ENGINE, now=now)


def _running(row: Maintenance) -> list[int]:
    """Locked incidents whose pages it holds. What a person did to one that it held already stands; so does what was paged by hand since."""
    incidents = Incident.objects.filter(service_id=row.service_id).exclude(status=Incident.Status.RESOLVED)
    asking = incidents.filter(
        opened_at__lte=max(row.starts_at, row.created_at), pages__status__in=("triggered", "exhausted", "paused")
    ).distinct()
    known = HeldBack.objects.filter(maintenance=row, at__gte=row.starts_at).values("incident_id")
    found = lock_incidents_in(asking.exclude(id__in=known).values_list("id", flat=True))
    waiting = {id_ for _, id_ in open_pages(found, status__in=_ASKING) + open_pages(found, status="paused", paused_status__in=_ASKING)}
    return [id_ for id_ in found if id_ in waiting and (not row.when or id_ in _covered(row, found))]


_ASKING = (Page.Status.TRIGGERED, Page.Status.EXHAUSTED)


def _covered(row: Maintenance, incident_ids: list[int]) -> set[int]:
    """Incidents that have a firing alert, and of which every firing alert fits the conditions."""
    conditions = quiet_of(row).conditions
    answers: dict[int, bool] = {}
    for alert in Alert.objects.filter(incident_id__in=incident_ids, state="firing"):
        covers = fits(conditions, draft_of(alert), alert.severity)
        answers[alert.incident_id] = answers.get(alert.incident_id, True) and covers
    return {id_ for id_, covers in answers.items() if covers}


def _released_in(row: Maintenance, *, now: dt.datetime) -> None:
    """Pages go on, and heartbeats of the service have one fresh interval."""
    release_in([row.id], now=now)
    Heartbeat.objects.filter(service_id=row.service_id, late_at=None).update(fresh_from=now, due_at=now)


def _next_in(row: Maintenance, after: dt.datetime) -> bool:
    """Move it to its next time that is not over, if there is one."""
    if not row.every_days:
        return False
    begins, ends = dt.datetime.fromisoformat(row.clock_begins), dt.datetime.fromisoformat(row.clock_ends)
    found = occurrence(Recurrence(row.zone, begins, ends, row.every_days, row.until), after=after)
    if found is None:
        return False
    row.starts_at, row.ends_at = found
    row.state, row.due_at = COMING, row.starts_at
    return True


def _over(row: Maintenance, at: dt.datetime | None) -> None:
    row.state, row.due_at = OVER, None
    if at is not None and row.starts_at < at < row.ends_at:
        row.ends_at = at


def _locked(maintenance_id: int) -> Maintenance:
    row = Maintenance.objects.select_for_update(no_key=True, of=("self",)).select_related("service").filter(pk=maintenance_id).first()
    if row is None:
        raise NotFound(f"There is no maintenance {maintenance_id}; `watchbill maintenance list` shows those that run and come.")
    if row.state == OVER:
        raise AlreadyDone(f"Maintenance {maintenance_id} is over already.")
    return row


def _checked(new: NewMaintenance, now: dt.datetime) -> int | None:
    """The days after which it recurs. Raises Invalid."""
    try:
        zone_of(new.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(f"There is no time zone {new.zone[:60]!r}; expected one such as Europe/Berlin.", field="zone") from error
    if not new.starts_at < new.ends_at <= new.starts_at + LONGEST:
        raise Invalid("A maintenance must end after it begins, within 92 days.", field="to")
    reason = " ".join(plain(new.reason).split())
    if not reason or len(reason) > LONGEST_REASON:
        raise Invalid(f"Say in 1 to {LONGEST_REASON} characters why it is quiet: whoever wonders at 03:00 reads it.", field="reason")
    _check_conditions(new.when)
    if not new.every:
        if new.until is not None:
            raise Invalid("`until` is for one that recurs; say `every` too: 1 day or 1 week.", field="until")
        if new.ends_at <= now:
            raise Invalid("It would be over already: its end is in the past.", field="to")
        return None
    days = EVERY.get(new.every.strip().lower())
    if days is None:
        raise Invalid(f"Every {new.every[:40]!r} is not known; expected 1 day or 1 week.", field="every")
    if new.ends_at - new.starts_at >= dt.timedelta(days=days):
        raise Invalid("It would begin again before it is over; make it shorter, or recur less often.", field="every")
    if new.until is not None and new.until <= new.starts_at:
        raise Invalid("`until` must be after the begin.", field="until")
    return days


def _check_conditions(when: Mapping[str, str]) -> None:
    if len(when) > MOST_CONDITIONS:
        raise Invalid(f"A maintenance has at most {MOST_CONDITIONS} conditions.", field="when")
    for name, value in when.items():
        if not name.strip() or len(name) > 200 or not value or len(value) > LONGEST_VALUE or plain(name + value) != name + value:
            raise Invalid("A condition is a field of the alert and its value, such as component=db1 or summary=/^disk/.", field="when")
        if is_pattern(value) and (why := problem(value)):
            raise Invalid(f"{value[:80]!r} is no regular expression ({why}); expected one between slashes, or a plain value.", field="when")


def _entry(action: str, row: Maintenance, **more: object) -> Entry:
    detail = {"service": row.service.name, "from": row.starts_at.isoformat(), "to": row.ends_at.isoformat(), **more}
    if row.when or row.every_days:
        detail |= {"when": row.when, "every_days": row.every_days}
    if action == "maintenance.add":
        detail["reason"] = row.reason
    return Entry(action, "maintenance", str(row.id), None, row.service.team_id, row.service.restricted, detail)


def _told() -> None:
    bus.wake_engine()
    bus.board_changed()
