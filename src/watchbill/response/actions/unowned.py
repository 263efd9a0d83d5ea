"""A desk that assigns after triage: acknowledged for an hour and nobody owns it? Whoever acts and the managers hear of it, once."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Exists, OuterRef

from watchbill.audit.actions import ENGINE
from watchbill.incidents.models import Incident, TimelineEntry
from watchbill.response.actions.case import finish_in, lock_in, tell_person_in
from watchbill.response.callsheet import managers_of

PATIENCE = dt.timedelta(hours=1)  # semantics, ownership: `assigned` alarms after 1 h
MOST = 50  # incidents in one look
KIND = "unowned"


def alarm_unowned(*, now: dt.datetime) -> int:
    """Alarm for incidents that were acknowledged an hour ago and that nobody owns. Answers for how many; each once after an acknowledgement."""
    said = TimelineEntry.objects.filter(incident=OuterRef("pk"), kind=KIND, at__gte=OuterRef("acknowledged_at"))
    late = (
        Incident.objects.filter(status=Incident.Status.ACKNOWLEDGED, owner=None, acknowledged_at__lte=now - PATIENCE)
        .filter(team__ownership="assigned")
        .exclude(Exists(said))
    )
    return sum(_alarm(incident_id, now=now) for incident_id in late.order_by("acknowledged_at", "id").values_list("id", flat=True)[:MOST])


@transaction.atomic(durable=True)
def _alarm(incident_id: int, *, now: dt.datetime) -> bool:
    case = lock_in(incident_id, actor=ENGINE, now=now)
    if case is None or case.incident.owner_id is not None or case.incident.status != Incident.Status.ACKNOWLEDGED:
        return False
    incident = case.incident
    if TimelineEntry.objects.filter(incident=incident, kind=KIND, at__gte=incident.acknowledged_at).exists():
        return False
    told = [incident.acting_id] if incident.acting_id is not None else []
    if not incident.restricted:  # who manages has no access to it for that
        told += managers_of(incident.team, now=now)
    case.tell(KIND, "Nobody owns it an hour after the acknowledgement. Assign it.", people=told)
    case.record("incident.unowned", people=told)
    finish_in(case)
    tell_person_in(case, told, "Nobody owns it an hour after the acknowledgement. Assign it to somebody.")
    return True
