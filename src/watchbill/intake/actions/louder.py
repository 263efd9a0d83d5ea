"""An alert made an incident more severe: it is said, its owner is told, a quiet page becomes loud, and the manager is paged for high impact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from watchbill.audit.actions import Actor
from watchbill.intake.rules import Louder, ServiceRule, louder
from watchbill.response.actions.case import finish_in, lock_in, tell_person_in
from watchbill.response.actions.opening import coordinate_in, louder_in


def raise_in(raised: Sequence[Louder], service_of: Mapping[int, int], services: Mapping[int, ServiceRule], *, now: dt.datetime) -> None:
    """Raise these incidents, in the open transaction. A further alert is silent for whoever owns the incident, unless it is worse (semantics)."""
    for one in sorted(raised, key=lambda each: each.incident):
        actor = Actor(name=f"The monitor of {services[service_of[one.incident]].name}", via="source")
        case = lock_in(one.incident, actor=actor, now=now)
        if case is None or case.resolved or not louder(one.severity, case.incident.severity):
            continue
        before, case.incident.severity = case.incident.severity, one.severity
        case.tell(
            "severity", f"{one.severity.capitalize()} now, {before} before: “{one.summary[:200]}”.", before=before, after=one.severity
        )
        case.record("incident.severity", before=before, after=one.severity)
        finish_in(case, "severity")
        coordinate_in(case.incident, now=now)
        louder_in(case)
        people = [person for person in (case.incident.owner_id, case.incident.acting_id) if person is not None]
        tell_person_in(case, people, f"A further alert is worse: {one.severity} now, {before} before.")
