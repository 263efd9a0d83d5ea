"""Policies: whom would a page reach now, or on Sunday at 03:00, and why?"""

from __future__ import annotations

import datetime as dt

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from watchbill.kernel.errors import NotFound
from watchbill.paging.models import Policy, ServicePolicy
from watchbill.paging.selectors import foresee
from watchbill.people.permissions import Verb, decide
from watchbill.people.rules import clock_time
from watchbill.web.visit import DeskRequest, Visit, signed_in

SUNDAY, NIGHT = 6, dt.time(3)


@require_safe
@signed_in
def policies(request: DeskRequest) -> HttpResponse:
    """Every policy, and which services use it."""
    used: dict[int, list[str]] = {}
    for row in ServicePolicy.objects.filter(service__is_active=True).select_related("service").order_by("service__name"):
        used.setdefault(row.policy_id, []).append(row.service.name)
    rows = Policy.objects.filter(is_active=True).select_related("team").order_by("name")
    return render(request, "policies.html", {"section": "schedules", "policies": [(row, used.get(row.id, [])) for row in rows]})


@require_safe
@signed_in
def policy(request: DeskRequest, policy_id: int) -> HttpResponse:
    """One policy, walked ahead from a moment."""
    found = Policy.objects.filter(pk=policy_id, is_active=True).select_related("team", "last_resort").first()
    if found is None:
        raise NotFound("There is no such policy.")
    visit = request.visit
    text, urgency = request.GET.get("at", ""), "low" if request.GET.get("urgency") == "low" else "high"
    at = _moment(text, visit)
    context = {
        "section": "schedules",
        "policy": found,
        "at": at or visit.now,
        "asked": text[:40],
        "refused": bool(text) and at is None,
        "urgency": urgency,
        "firings": foresee(found, at=at or visit.now, urgency=urgency),
        "sunday": _sunday(visit),
        "may_change": decide(visit.viewer, Verb.CONFIGURE, team_id=found.team_id).allowed,
        "services": ServicePolicy.objects.filter(policy=found, service__is_active=True)
        .order_by("service__name")
        .values_list("service__name", flat=True),
    }
    return render(request, "policy.html", context)


def _moment(text: str, visit: Visit) -> dt.datetime | None:
    """What was written, in the reader's zone unless it says another; None when it is no time, or none was written."""
    try:
        written = dt.datetime.fromisoformat(text)
        return clock_time(written, visit.zone) if written.tzinfo is None else written.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def _sunday(visit: Visit) -> str:
    """The next Sunday at 03:00 of the reader, as their browser writes it."""
    here = visit.now.astimezone(visit.zone)
    day = here.date() + dt.timedelta(days=(SUNDAY - here.weekday()) % 7 or 7)
    return dt.datetime.combine(day, NIGHT).isoformat(timespec="minutes")
