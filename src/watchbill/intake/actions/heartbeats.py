"""Which heartbeats are late, and which came back? Each becomes an event that goes the ordinary way in.

The front door writes when a sign came; here it is decided what that means, in one transaction with the event that tells it.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from watchbill.audit.actions import ENGINE, Actor, Entry, record_in
from watchbill.intake.actions.keys import make_key_in
from watchbill.intake.actions.running import quiet_of
from watchbill.intake.models import Event, Heartbeat, IntegrationKey, Listening, Maintenance
from watchbill.intake.rules import Beat, Draft, Quiet, Verb, Verdict, look, quiet_for
from watchbill.intake.rules import Listening as Heard
from watchbill.kernel import bus
from watchbill.kernel.errors import NotFound
from watchbill.people.rules import Duration

logger = logging.getLogger("watchbill.intake")
KIND = "heartbeat"


@transaction.atomic(durable=True)
def create_heartbeat_key(name: str, *, by: Actor, now: dt.datetime) -> tuple[IntegrationKey, str]:
    """A key for the signs of this heartbeat, and its characters. One that has never come and is not late yet has its first interval from now."""
    beat = (
        Heartbeat.objects.select_for_update(no_key=True, of=("self",)).select_related("service").filter(name=name, is_active=True).first()
    )
    if beat is None:
        raise NotFound(f"There is no heartbeat {name!r}; the configuration file names them: watchbill heartbeat list.", name=name)
    if beat.last_at is None and beat.late_at is None:
        beat.fresh_from = beat.due_at = now
        beat.save(update_fields=["fresh_from", "due_at"])
    bus.wake_engine()
    return make_key_in(beat.service, KIND, beat.name[:120], by=by, now=now, heartbeat=beat)


def look_at_heartbeats(*, now: dt.datetime, limit: int = 1000) -> int:
    """The engine's look at those that are due, and at late ones that came. How many were looked at."""
    due = Heartbeat.objects.filter(Q(due_at__lte=now, is_active=True) | Q(late_at__isnull=False, last_at__gt=F("late_at"), is_active=True))
    if not due.exists():
        return 0
    return _look(now=now, limit=limit)


@transaction.atomic(durable=True)
def _look(*, now: dt.datetime, limit: int) -> int:
    heard = _heard_in(now=now)
    wanted = Q(due_at__lte=now) | Q(late_at__isnull=False, last_at__gt=F("late_at"))
    rows = Heartbeat.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).filter(wanted, is_active=True)
    beats = list(rows.select_related("service").order_by("due_at")[:limit])
    running: dict[int, list[Quiet]] = {}
    for one in Maintenance.objects.filter(service__in={b.service_id for b in beats}, starts_at__lte=now, ends_at__gt=now).exclude(
        state="over"
    ):
        running.setdefault(one.service_id, []).append(quiet_of(one))
    events, entries = [], []
    for beat in beats:
        quiet = quiet_for(running.get(beat.service_id, ()), draft_of(beat, now), beat.severity)
        verdict, beat.due_at = look(beat_of(beat), heard, now=now, quiet_until=max((q.until for q in quiet), default=None))
        if verdict is Verdict.FINE:
            continue
        beat.late_at = now if verdict is Verdict.LATE else None
        events.append(_event(beat, Verb.TRIGGER if verdict is Verdict.LATE else Verb.RESOLVE, now))
        entries.append(_entry(f"heartbeat.{verdict}", beat))
    Heartbeat.objects.bulk_update(beats, ["due_at", "late_at"])
    _store_in(events)
    record_in(entries, by=ENGINE, now=now)
    if events:
        bus.board_changed()
    return len(beats)


def retire_in(names: Iterable[str], *, now: dt.datetime) -> None:
    """These are not watched any more: what fires because of them is over."""
    rows = list(Heartbeat.objects.select_for_update(no_key=True).filter(name__in=list(names), is_active=True))
    _store_in([_event(beat, Verb.RESOLVE, now) for beat in rows if beat.late_at is not None])
    Heartbeat.objects.filter(id__in=[beat.id for beat in rows]).update(is_active=False, late_at=None)


def watch_in(name: str, values: dict[str, Any], *, now: dt.datetime) -> None:
    """Watch it as the file says. One that is new, back, or of another service or interval has a fresh interval from now."""
    beat = Heartbeat.objects.select_for_update(no_key=True).filter(name=name).first()
    if beat is None:
        Heartbeat.objects.create(name=name, fresh_from=now, due_at=now, **values)
        return
    if beat.late_at is not None and beat.service_id != values["service_id"]:
        _store_in([_event(beat, Verb.RESOLVE, now)])
        beat.late_at = None
    if not beat.is_active:
        beat.last_at = beat.late_at = None
    for field, value in values.items():
        setattr(beat, field, value)
    beat.is_active, beat.fresh_from, beat.due_at = True, now, now
    beat.save()
    IntegrationKey.objects.filter(heartbeat=beat).update(service_id=beat.service_id)


def beat_of(row: Heartbeat) -> Beat:
    """The row as the rules take it."""
    return Beat(dt.timedelta(seconds=row.every_seconds), dt.timedelta(seconds=row.grace_seconds), row.fresh_from, row.last_at, row.late_at)


def draft_of(beat: Heartbeat, now: dt.datetime) -> Draft:
    """The alert of one that is late."""
    every = Duration(elapsed=dt.timedelta(seconds=beat.every_seconds))
    last = f"the last one came {_clock(beat.last_at)}" if beat.last_at else "none has ever come"
    details = {"heartbeat": beat.name, "every": str(every), "last_sign": beat.last_at.isoformat() if beat.last_at else None}
    return Draft(
        Verb.TRIGGER,
        key_of(beat),
        summary=f"No sign of life from {beat.name}: expected every {every}, {last}",
        severity=beat.severity,
        source="Watchbill",
        component=beat.name,
        event_class=KIND,
        details={**details, "late_at": now.isoformat()},
    )


def key_of(beat: Heartbeat) -> str:
    """The dedup key of its alert."""
    return f"heartbeat:{beat.name}"


def _event(beat: Heartbeat, verb: Verb, now: dt.datetime) -> Event:
    draft = draft_of(beat, now)
    names = ("summary", "severity", "source", "component", "event_class", "details") if verb is Verb.TRIGGER else ()
    body = {"verb": verb.value, **{name: getattr(draft, name) for name in names}}
    key = IntegrationKey.objects.filter(heartbeat=beat).order_by("-id").values_list("id", flat=True).first()
    values = {"service_id": beat.service_id, "kind": KIND, "received_at": now, "dedup_key": draft.dedup_key}
    return Event(key_id=key or 0, body=json.dumps(body).encode(), **values)


def _store_in(events: Sequence[Event]) -> None:
    if events:
        Event.objects.bulk_create(events)
        bus.signal(bus.EVENTS)


def _heard_in(*, now: dt.datetime) -> Heard:
    """Whether signs can be heard. A gap is put into the audit once."""
    row = Listening.objects.first()
    if row is None:
        return Heard()
    if row.gap_from is not None and row.told_since != row.since:
        logger.warning("no sign of life could be heard from %s to %s: every heartbeat has a fresh interval", row.gap_from, row.since)
        detail = {"from": row.gap_from.isoformat(), "to": row.since.isoformat()}
        if Listening.objects.filter(pk=row.pk, since=row.since).exclude(told_since=row.since).update(told_since=row.since):
            record_in([Entry("heartbeat.fresh_interval", "heartbeat", "", detail=detail)], by=ENGINE, now=now)
    return Heard(row.last_at, row.since)


def _entry(action: str, beat: Heartbeat) -> Entry:
    detail = {"name": beat.name, "service": beat.service.name, "last_sign": beat.last_at.isoformat() if beat.last_at else None}
    return Entry(action, "heartbeat", str(beat.id), None, beat.service.team_id, beat.service.restricted, detail)


def _clock(at: dt.datetime) -> str:
    return f"on {at.astimezone(dt.UTC):%Y-%m-%d at %H:%M} UTC"
