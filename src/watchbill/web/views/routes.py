"""Routes: where alerts of each service go, how often each route was used, and where a pasted event would go."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from watchbill.connectors.tracing import trace
from watchbill.incidents.models import Service
from watchbill.intake.selectors import log, quiet
from watchbill.kernel.errors import Invalid, NotFound
from watchbill.people.permissions import Verb, decide
from watchbill.web.visit import DeskRequest, signed_in

LARGEST = 2**63 - 1
EXAMPLE = """{
  "event_action": "trigger",
  "payload": {"summary": "Disk full on db1", "source": "db1", "severity": "critical", "component": "db1", "class": "disk",
    "custom_details": {"env": "prod"}}
}"""


@require_safe
@signed_in
def listed(request: DeskRequest) -> HttpResponse:
    """Every service that the viewer may learn of, those with routes first."""
    services = list(quiet.services_for(request.visit.viewer).order_by("name"))
    routes = quiet.routes_of(services, hidden=quiet.hidden_from(request.visit.viewer))
    rows = sorted(((service, routes[service.id]) for service in services), key=lambda pair: not pair[1])
    return render(request, "quiet_routes.html", {"section": "quiet", "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def service(request: DeskRequest, service_id: int) -> HttpResponse:
    """The routes of one service. A POST tries an event and stores nothing."""
    viewer = request.visit.viewer
    found = quiet.services_for(viewer).filter(pk=service_id).first() if 0 < service_id <= LARGEST else None
    if found is None:
        raise NotFound("There is no such service here.")
    keys = {str(key.id): key for key in log.keys_for(viewer).filter(service=found, revoked_at=None, heartbeat=None)}
    context = {
        "section": "quiet",
        "service": found,
        "routes": quiet.routes_of([found], hidden=quiet.hidden_from(viewer))[found.id],
        "keys": keys.items(),
        "may_change": decide(viewer, Verb.CONFIGURE, team_id=found.team_id).allowed,
        "chosen": request.POST.get("key", ""),
        "sample": request.POST.get("sample", EXAMPLE),
    }
    if request.method == "POST":
        context |= _tried(request, found, keys.get(request.POST.get("key", "")))
    return render(request, "quiet_route.html", context)


def _tried(request: DeskRequest, found: Service, key: Any) -> dict[str, Any]:
    sample = request.POST.get("sample", "").encode("utf-8", "replace")
    try:
        traces = trace(found, key.kind if key else "events", sample, key.mapping if key else None, now=request.visit.now)
    except Invalid as error:
        return {"problem": error.message}
    visible = set(quiet.services_for(request.visit.viewer).values_list("id", flat=True))
    return {
        "tried": True,
        "traces": [
            (one, one.service is not None and one.service.id not in visible, [row for row in one.quiet if row.service_id in visible])
            for one in traces
        ],
    }
