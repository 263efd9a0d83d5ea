"""A calendar month: of one schedule, and of one person's watches on all of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from watchbill.kernel.errors import NotFound
from watchbill.schedules.models import Schedule
from watchbill.web import sheets, times
from watchbill.web.looking_after import looked_after, whose
from watchbill.web.months import first_of, later
from watchbill.web.visit import DeskRequest, signed_in


@require_safe
@signed_in
def schedule(request: DeskRequest, schedule_id: int) -> HttpResponse:
    """The month of a schedule, in its zone or in the reader's."""
    found = Schedule.objects.filter(pk=schedule_id, is_active=True).select_related("team").first()
    if found is None:
        raise NotFound("There is no such schedule.")
    visit, is_mine = request.visit, request.GET.get("zone") == "mine"
    zone = visit.zone if is_mine else times.zone_of(found.timezone)
    first = _first(request, zone)
    context = {"section": "schedules", "schedule": found, "is_mine": is_mine, "sheet": sheets.sheet_of(found, first, zone, visit)}
    return render(request, "month.html", context | _around(first, zone))


@require_safe
@signed_in
def mine(request: DeskRequest) -> HttpResponse:
    """The reader's own month; or that of somebody whom they manage, in that person's time."""
    visit = request.visit
    person = whose(visit, request.GET.get("person", ""), otherwise="You may look at your own month.")
    zone = visit.zone if person == visit.person else times.zone_of(person.timezone)
    first = _first(request, zone)
    context = {
        "section": "you",
        "whose": person,
        "others": looked_after(visit),
        "sheet": sheets.sheet_of_person(person, first, zone, visit),
    }
    return render(request, "month.html", context | _around(first, zone))


def _first(request: DeskRequest, zone: dt.tzinfo) -> dt.date:
    return first_of(request.GET.get("month", ""), request.visit.now.astimezone(zone).date().replace(day=1), "month")


def _around(first: dt.date, zone: dt.tzinfo) -> dict[str, Any]:
    return {
        "in_zone": zone,
        "zone_shown": times.zone_word(dt.datetime.combine(first, dt.time(12), zone), zone),
        "before": f"{later(first, -1):%Y-%m}",
        "after": f"{later(first, 1):%Y-%m}",
    }
