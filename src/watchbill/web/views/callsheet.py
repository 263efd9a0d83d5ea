"""The call sheet: whom to call now, in which order, by which number; on the page, on paper, and in a file that opens when all else is down."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from watchbill.incidents.models import Incident
from watchbill.incidents.selectors import by_number
from watchbill.kernel.errors import Invalid, NotFound, Refused
from watchbill.people.models import Person, Team
from watchbill.response import actions
from watchbill.response.callsheet import call_sheet, may_open, people_of, teams_of, watches_ahead
from watchbill.web.sealed import SHORTEST, seal
from watchbill.web.visit import DeskRequest, signed_in


@require_safe
@signed_in
def sheets(request: DeskRequest) -> HttpResponseBase:
    """Of which team? With one to choose from there is no question."""
    teams = teams_of(request.visit.viewer, now=request.visit.now)
    if len(teams) == 1:
        return HttpResponseRedirect(reverse("callsheet", args=[teams[0].id]))
    return render(request, "callsheets.html", {"section": "schedules", "teams": teams})


@require_safe
@signed_in
def sheet(request: DeskRequest, team_id: int) -> HttpResponse:
    """One team's sheet; with `incident`, each call can be written down there."""
    visit, team = request.visit, _team(team_id)
    about = _incident(request, request.GET.get("incident", ""))
    groups = call_sheet(visit.viewer, team, now=visit.now)
    return render(request, "callsheet.html", {"section": "schedules", "team": team, "groups": groups, "about": about, "shortest": SHORTEST})


@require_POST
@signed_in
def called(request: DeskRequest, team_id: int) -> HttpResponse:
    """A call and its end, into the story of the incident."""
    about = _incident(request, request.POST.get("incident", ""))
    whom = Person.objects.filter(handle=request.POST.get("person", "")).first()
    if about is None or whom is None:
        raise NotFound("There is no such incident or person.")
    visit = request.visit
    try:
        outcome = actions.log_call(about.number, whom, request.POST.get("ended", ""), person=visit.person, actor=visit.actor, now=visit.now)
    except (Refused, Invalid) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, outcome.message)
    return HttpResponseRedirect(f"{reverse('callsheet', args=[team_id])}?incident={about.number}", status=303)


@sensitive_post_parameters()
@require_POST
@signed_in
def offline(request: DeskRequest, team_id: int) -> HttpResponse:
    """The sheet as one encrypted file."""
    visit, team = request.visit, _team(team_id)
    if not may_open(visit.viewer, team, now=visit.now):
        call_sheet(visit.viewer, team, now=visit.now)  # says why not
    passphrase = request.POST.get("passphrase", "")
    if len(passphrase) < SHORTEST:
        messages.error(request, f"The passphrase has {len(passphrase)} characters; take {SHORTEST} at least. No file was made.")
        return HttpResponseRedirect(reverse("callsheet", args=[team.id]), status=303)
    people = people_of(team, now=visit.now)
    inside = render_to_string(
        "callsheet_inside.html",
        {"team": team, "people": people, "watches": watches_ahead(team, now=visit.now), "now": visit.now, "zone": visit.zone},
    )
    page = render_to_string(
        "callsheet_offline.html", {"team": team, "sealed": seal(inside, passphrase), "now": visit.now, "zone": visit.zone}
    )
    actions.sheet_taken(team, people=len(people), by=visit.actor, now=visit.now)
    name = f"call-sheet-{visit.now:%Y-%m-%d}.html"
    return HttpResponse(page, content_type="text/html; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _team(team_id: int) -> Team:
    found = Team.objects.filter(pk=team_id, is_active=True).first()
    if found is None:
        raise NotFound("There is no such team.")
    return found


def _incident(request: DeskRequest, text: str) -> Incident | None:
    if not text:
        return None
    return by_number(request.visit.viewer, int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0)
