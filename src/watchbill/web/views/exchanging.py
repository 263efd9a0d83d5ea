"""A manager exchanges the watches of two others: chosen from lists or on the month, seen, then saved."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from watchbill.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from watchbill.people.models import Person
from watchbill.response.covering import may_agree_for
from watchbill.schedules.actions import Offer, arrange_swap, check_arranged
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import Exchange
from watchbill.web.views.swaps import chosen, pictures_of, watches_of, with_chosen
from watchbill.web.visit import DeskRequest, Visit, signed_in


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def exchange(request: DeskRequest, schedule_id: int) -> HttpResponse:
    """The lists of the team's watches, what an exchange would do, and on POST the exchange as it was seen."""
    visit, problem = request.visit, ""
    found = Schedule.objects.filter(pk=schedule_id, is_active=True).select_related("team").first()
    if found is None:
        raise NotFound("There is no such schedule.")
    _must_manage(found.team_id, visit)
    sent = request.POST if request.method == "POST" else request.GET
    typed = {name: sent.get(name, "") for name in ("give", "take", "reason")}
    if request.method == "POST":
        try:
            return _saved(request, typed)
        except (NotAllowed, Refused, Invalid) as error:
            problem = error.message
    status, giver, offer, shown = 422 if problem else 200, None, None, None
    if typed["give"] and typed["take"]:
        try:
            giver, offer = _asked(typed, visit)
            shown = check_arranged(offer, giver=giver, person=visit.person, now=visit.now)
        except (NotAllowed, Refused, Invalid) as error:
            problem = problem or error.message
    return render(request, "exchange.html", _context(found, typed, problem, giver, offer, shown, visit), status=status)


def _context(
    found: Schedule, typed: dict[str, str], problem: str, giver: Person | None, offer: Offer | None, shown: Exchange | None, visit: Visit
) -> dict[str, object]:
    of_team = Schedule.objects.filter(team=found.team, is_active=True).order_by("position", "id")
    watches = [each for each in watches_of(list(of_team), visit) if each.person != visit.person]
    return {
        "section": "schedules",
        "schedule": found,
        "gives": with_chosen(watches, typed["give"]),
        "takes": with_chosen(watches, typed["take"]),
        "giver": giver,
        "offer": offer,
        "exchange": shown,
        "pictures": pictures_of(shown, visit) if shown else [],
        "typed": typed,
        "problem": problem,
        "in_zone": visit.zone,
    }


def _saved(request: DeskRequest, typed: dict[str, str]) -> HttpResponse:
    visit, seen = request.visit, request.POST.get("seen", "")
    giver, offer = _asked(typed, visit)
    if not seen:
        check_arranged(offer, giver=giver, person=visit.person, now=visit.now)
        raise Invalid("Look at it first: nothing was saved.")
    made = arrange_swap(offer, giver=giver, seen=seen, person=visit.person, by=visit.actor, now=visit.now)
    messages.success(request, f"Both watches have changed hands. {giver.name} and {offer.other.name} are told.")
    return HttpResponseRedirect(reverse("swap", args=[made.id]), status=303)


def _asked(typed: dict[str, str], visit: Visit) -> tuple[Person, Offer]:
    """Whose watch is given, and what is asked for it. NotAllowed unless the viewer may agree for the teams of both."""
    (give, give_at, giver), (take, take_at, other) = (chosen(typed[name]) for name in ("give", "take"))
    for each in (give, take):
        _must_manage(each.team_id, visit)
    return giver, Offer(other, give, give_at, take, take_at, typed["reason"])


def _must_manage(team_id: int, visit: Visit) -> None:
    decision = may_agree_for(visit.viewer, team_id, now=visit.now)
    if not decision.allowed:
        raise NotAllowed(decision.why)
