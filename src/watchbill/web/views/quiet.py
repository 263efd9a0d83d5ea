"""Quiet on purpose: which services are in maintenance now or will be, what each holds back, and the forms to add, move and end one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from watchbill.intake import actions
from watchbill.intake.actions.maintenance import EVERY
from watchbill.intake.models import Maintenance
from watchbill.intake.rules import conditions_of
from watchbill.intake.selectors import quiet
from watchbill.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from watchbill.people.permissions import Verb, decide
from watchbill.people.rules import clock_time
from watchbill.web import times
from watchbill.web.visit import DeskRequest, Visit, signed_in

LENGTHS = {"30": "30 minutes", "60": "1 hour", "120": "2 hours", "240": "4 hours", "480": "8 hours", "1440": "24 hours"}
LATEST = 20  # of those that are over
FIELDS = ("service", "reason", "for", "from", "to", "when", "every", "until")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def maintenances(request: DeskRequest) -> HttpResponse:
    """What runs, what comes, what was. POST adds one; what is refused comes back with the reason and all that was typed."""
    visit, typed, problem = request.visit, dict.fromkeys(FIELDS, ""), ""
    if request.method == "POST":
        typed = {name: request.POST.get(name, "") for name in FIELDS}
        try:
            made = actions.add_maintenance(_new(typed, visit), by=visit.actor, now=visit.now)
        except (Invalid, NotFound) as error:
            problem = error.message
        else:
            _say(request, made)
            return HttpResponseRedirect(reverse("maintenances"), status=303)
    rows = list(quiet.maintenances_for(visit.viewer))
    over = list(quiet.maintenances_for(visit.viewer, over=True)[:LATEST])
    held = quiet.held_now(visit.viewer, [row.id for row in rows])
    mine = {row.id for row in rows if decide(visit.viewer, Verb.RESPOND, team_id=row.service.team_id).allowed}
    context = {
        "section": "quiet",
        "running": [(row, held.get(row.id, 0), row.id in mine) for row in rows if row.state == Maintenance.State.RUNNING],
        "coming": [(row, 0, row.id in mine) for row in rows if row.state == Maintenance.State.COMING],
        "over": over,
        "services": quiet.services_to_change(visit.viewer),
        "lengths": LENGTHS.items(),
        "typed": typed,
        "more": any(typed[name] for name in ("from", "to", "when", "every", "until")),
        "problem": problem,
    }
    return render(request, "quiet.html", context, status=422 if problem else 200)


@require_POST
@signed_in
def end(request: DeskRequest, maintenance_id: int) -> HttpResponse:
    """It ends now; what still fires is paged from step 1."""
    _may_change(request, maintenance_id)
    this_time = request.POST.get("this_time") == "yes"
    try:
        row = actions.end_maintenance(maintenance_id, by=request.visit.actor, now=request.visit.now, this_time=this_time)
    except Refused as error:
        messages.error(request, error.message)
    else:
        again = "" if row.state == Maintenance.State.OVER else f" It comes again {_moment(row.starts_at, request.visit)}."
        messages.success(request, f"Maintenance of {row.service.name} is over: what still fires is paged from step 1.{again}")
    return HttpResponseRedirect(reverse("maintenances"), status=303)


@require_POST
@signed_in
def extend(request: DeskRequest, maintenance_id: int) -> HttpResponse:
    """It ends then, this time: later or sooner."""
    _may_change(request, maintenance_id)
    visit = request.visit
    try:
        row = actions.extend_maintenance(maintenance_id, _time(request.POST.get("to", ""), visit, "to"), by=visit.actor, now=visit.now)
    except (Refused, Invalid) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"Maintenance of {row.service.name} ends {_moment(row.ends_at, visit)}.")
    return HttpResponseRedirect(reverse("maintenances"), status=303)


def _may_change(request: DeskRequest, maintenance_id: int) -> None:
    row = quiet.maintenance_for(request.visit.viewer, maintenance_id)
    decision = decide(request.visit.viewer, Verb.RESPOND, team_id=row.service.team_id)
    if not decision.allowed:
        raise NotAllowed(decision.why)


def _new(typed: Mapping[str, str], visit: Visit) -> actions.NewMaintenance:
    service = quiet.service_for(visit.viewer, typed["service"])
    decision = decide(visit.viewer, Verb.RESPOND, team_id=service.team_id)
    if not decision.allowed:
        raise NotAllowed(decision.why)
    if typed["for"] not in LENGTHS or (typed["every"] and typed["every"] not in EVERY):
        raise Invalid("Choose how long it lasts, and how often it comes again, from the lists.")
    begins = _time(typed["from"], visit, "from") if typed["from"] else visit.now
    try:
        when = conditions_of(line for line in typed["when"].splitlines() if line.strip())
    except ValueError as error:
        raise Invalid(f"Only alerts that fit: {error}", field="when") from error
    return actions.NewMaintenance(
        service=service,
        starts_at=begins,
        ends_at=_time(typed["to"], visit, "to") if typed["to"] else begins + dt.timedelta(minutes=int(typed["for"])),
        reason=typed["reason"],
        when=when,
        every=typed["every"],
        until=_time(typed["until"], visit, "until") if typed["until"] else None,
        zone=visit.person.timezone,
    )


def _time(text: str, visit: Visit, field: str) -> dt.datetime:
    """What the reader's clock shows, as a native input sends it."""
    try:
        naive = dt.datetime.fromisoformat(text)
        if naive.tzinfo is not None or not 1970 <= naive.year <= 2200:
            raise ValueError(text)
        return clock_time(naive, visit.zone)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"“{text[:40]}” is no time; expected one such as 2026-03-24T22:10. Nothing was changed.", field=field) from error


def _say(request: DeskRequest, made: Maintenance) -> None:
    visit = request.visit
    end = _moment(made.ends_at, visit)
    if made.state == Maintenance.State.RUNNING:
        held = quiet.held_now(visit.viewer, [made.id]).get(made.id, 0)
        stands = f" {held} open {'incident stands' if held == 1 else 'incidents stand'} still." if held else ""
        messages.success(request, f"{made.service.name} is quiet until {end}.{stands}")
    else:
        messages.success(request, f"{made.service.name} will be quiet from {_moment(made.starts_at, visit)} to {end}.")


def _moment(at: dt.datetime, visit: Visit) -> str:
    return times.moment(at, visit.zone, now=visit.now)
