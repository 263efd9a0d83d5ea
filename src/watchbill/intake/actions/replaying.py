"""Take an event in again that was set aside: after a release that understands it, or a mapping that does."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.intake.models import Event
from watchbill.kernel import bus
from watchbill.kernel.errors import AlreadyDone, NotFound, Refused


@transaction.atomic(durable=True)
def take_again(event_id: int, *, by: Actor, now: dt.datetime) -> Event:
    """It waits as if it had just come, in the order of its arrival. Only what was set aside: anything else had its effect already."""
    event = Event.objects.select_for_update(of=("self",)).select_related("service").filter(pk=event_id).first()
    if event is None:
        raise NotFound(f"There is no event {event_id}.")
    if event.state != Event.State.ASIDE:
        raise AlreadyDone(f"Event {event_id} was not set aside: it {'waits' if event.state == Event.State.PENDING else 'had its effect'}.")
    if not event.service.is_active:
        raise Refused(f"The service {event.service.name} takes no events any more.")
    before = event.outcome
    event.state, event.tries, event.retry_at, event.outcome = Event.State.PENDING, 0, None, ""
    event.save(update_fields=["state", "tries", "retry_at", "outcome"])
    detail = {"service": event.service.name, "kind": event.kind, "key": event.key_id, "error": before}
    record_in([Entry("event.again", "event", str(event.id), None, event.service.team_id, event.service.restricted, detail)], by=by, now=now)
    bus.signal(bus.EVENTS)
    return event
