"""Where does an alert belong? The first route of its service that fits says so; without one it stays. Pure.

Routes are not applied again at the service that an alert was sent to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from watchbill.intake.rules.drafts import SEVERITIES, Draft, severity_of
from watchbill.intake.rules.matching import Matcher, fits, matcher


@dataclass(frozen=True, slots=True)
class Route:
    """One route of a service. `label` is how the outcome of an event calls it, `mark` how its use is counted."""

    conditions: Matcher
    label: str
    mark: str
    service_id: int | None = None
    policy_id: int | None = None
    severity: str = ""
    drop: bool = False
    broken: str = ""  # why the place that it leads to cannot be used


@dataclass(frozen=True, slots=True)
class Routed:
    """What becomes of one draft: whose alert it is, how severe, by which policy, or nothing at all."""

    service_id: int
    severity: str
    route: Route | None = None

    @property
    def drop(self) -> bool:
        return self.route is not None and self.route.drop

    @property
    def policy_id(self) -> int | None:
        return self.route.policy_id if self.route is not None else None


def read_routes(
    stored: Sequence[Mapping[str, Any]], name: str, services: Mapping[str, int], policies: Mapping[str, int]
) -> tuple[Route, ...]:
    """The routes of a service as they are stored. A place that is gone is said and left out: an alert is never lost to it."""
    return tuple(_route(position, one, name, services, policies) for position, one in enumerate(stored, start=1))


def mark_of(stored: Mapping[str, Any]) -> str:
    """A short digest: the use of a route is counted as long as it says the same, wherever it stands."""
    return hashlib.sha256(json.dumps(stored, sort_keys=True).encode()).hexdigest()[:16]


def route(draft: Draft, service_id: int, routes: Sequence[Route], severities: Mapping[str, str]) -> Routed:
    """What becomes of a trigger that came to this service."""
    severity = severity_of(draft.severity, severities)
    for one in routes:
        if fits(one.conditions, draft, severity):
            return Routed(one.service_id or service_id, one.severity or severity, one)
    return Routed(service_id, severity)


def _route(position: int, stored: Mapping[str, Any], name: str, services: Mapping[str, int], policies: Mapping[str, int]) -> Route:
    to = stored["to"]
    gone = [f"its {kind}" for kind, known in (("service", services), ("policy", policies)) if to.get(kind) and to[kind] not in known]
    return Route(
        matcher(stored["when"]),
        f"route {position} of {name}",
        mark_of(stored),
        services.get(to.get("service", "")),
        policies.get(to.get("policy", "")),
        to.get("severity", "") if to.get("severity", "") in SEVERITIES else "",
        bool(to.get("drop")),
        f"{' and '.join(gone)} {'is' if len(gone) == 1 else 'are'} not active any more" if gone else "",
    )
