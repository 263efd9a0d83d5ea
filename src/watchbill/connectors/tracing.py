"""Where would an event of this service go, and why? By the rules that events go through, without storing anything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from watchbill.connectors.rehearsal import read
from watchbill.incidents.models import Service
from watchbill.intake.actions.loading import service_rules
from watchbill.intake.models import Maintenance
from watchbill.intake.rules import Draft, ServiceRule, Verb, fits, matcher, route, why_not
from watchbill.kernel.errors import Invalid
from watchbill.paging.models import Policy, ServicePolicy


@dataclass(frozen=True, slots=True)
class Asked:
    """One route that was asked. `why`: what did not hold; empty: it fits, and decides."""

    position: int
    why: str


@dataclass(frozen=True, slots=True)
class Trace:
    """One alert of the event. `service`: whose alert it would be; None: dropped. `quiet`: maintenances that would hold it back now."""

    action: str
    summary: str
    severity: str
    their_severity: str
    asked: tuple[Asked, ...] = ()
    service: Service | None = None
    policy: Policy | None = None
    own_policy: bool = False  # by the route, not the service's
    note: str = ""
    quiet: tuple[Maintenance, ...] = ()

    @property
    def by(self) -> int | None:
        """The route that decides; None: none fits."""
        return next((one.position for one in self.asked if not one.why), None)


def trace(service: Service, kind: str, body: bytes, mapping: Mapping[str, Any] | None = None, *, now: dt.datetime) -> list[Trace]:
    """Each alert that the event speaks of. Raises Invalid with the reason why such an event would be refused."""
    parsed = read(kind, body, mapping)
    if isinstance(parsed, str):
        raise Invalid(f"It would be refused: {parsed}")
    rules = service_rules([service.id])
    return [_traced(draft, rules[service.id], rules, now) for draft in parsed.drafts]


def _traced(draft: Draft, own: ServiceRule, rules: Mapping[int, ServiceRule], now: dt.datetime) -> Trace:
    if draft.verb is not Verb.TRIGGER or draft.all_with_prefix:
        return Trace(str(draft.verb), draft.summary, "", draft.severity, note="It goes where its alert is, whatever the routes say now.")
    routed = route(draft, own.id, own.routes, own.severity)
    plain = route(draft, own.id, (), own.severity).severity
    asked: list[Asked] = []
    for position, one in enumerate(own.routes, start=1):
        asked.append(Asked(position, why_not(one.conditions, draft, plain)))
        if not asked[-1].why:
            break
    said = ("trigger", draft.summary, routed.severity, draft.severity, tuple(asked))
    if routed.drop:
        return Trace(*said)
    target = rules.get(routed.service_id, own)
    note = f"The route leads to {routed.route.broken}: left out." if routed.route and routed.route.broken else ""
    if own.restricted and not target.restricted:
        target, note = own, "What a restricted service gets never leaves for one that is open: it stays."
    by = routed.policy_id or ServicePolicy.objects.filter(service_id=target.id).values_list("policy_id", flat=True).first()
    rows = Maintenance.objects.filter(service_id=target.id, starts_at__lte=now, ends_at__gt=now).exclude(state=Maintenance.State.OVER)
    return Trace(
        *said,
        service=Service.objects.select_related("team").get(pk=target.id),
        policy=Policy.objects.filter(pk=by).first() if by is not None else None,
        own_policy=routed.policy_id is not None,
        note=note,
        quiet=tuple(row for row in rows.select_related("service") if fits(matcher(row.when), draft, routed.severity)),
    )
