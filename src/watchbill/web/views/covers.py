"""Requests for cover on the pages: ask for one, take one, withdraw one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from watchbill.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from watchbill.people.models import Person
from watchbill.response.covering import may_agree_for, may_cover
from watchbill.schedules.actions import ask_for_cover, take_cover, withdraw_cover
from watchbill.schedules.models import Cover
from watchbill.schedules.selectors import cover_by_id
from watchbill.web.views.swaps import chosen
from watchbill.web.visit import DeskRequest, Visit, signed_in

ACTS = ("take", "withdraw")
WORDS = {
    "open": "waits for somebody",
    "taken": "is taken",
    "withdrawn": "was withdrawn",
    "expired": "is over: nobody took it",
    "ended": "was taken, and taken back since",
}


@require_POST
@signed_in
def ask(request: DeskRequest) -> HttpResponse:
    """Somebody else should stand a watch of mine: everybody who could is asked."""
    visit = request.visit
    try:
        schedule, at, _ = chosen(request.POST.get("watch", ""))
        _must_cover(visit, schedule.team_id)
        made = ask_for_cover(schedule, at, request.POST.get("reason", ""), person=visit.person, by=visit.actor, now=visit.now)
    except (Refused, Invalid) as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(reverse("swaps"), status=303)
    people = "One person is" if len(made.asked) == 1 else f"{len(made.asked)} people are"
    messages.success(request, f"{people} asked. The watch is yours until somebody takes it.")
    return HttpResponseRedirect(reverse("cover-request", args=[made.id]), status=303)


@require_safe
@signed_in
def cover(request: DeskRequest, cover_id: int) -> HttpResponse:
    """One request: which watch, who was asked, who has it."""
    visit, row = request.visit, cover_by_id(cover_id)
    state = Cover.State.EXPIRED.value if row.state == Cover.State.OPEN and row.end <= visit.now else str(row.state)
    mine = row.asker_id == visit.person.id
    decision = may_cover(visit.viewer, row.schedule.team_id, now=visit.now)
    for_others = may_agree_for(visit.viewer, row.schedule.team_id, now=visit.now).allowed
    context = {
        "section": "you",
        "row": row,
        "state": state,
        "word": WORDS[state],
        "asked": Person.objects.filter(id__in=row.asked).order_by("name"),
        "may_take": state == "open" and not mine and decision.allowed,
        "may_withdraw": state == "open" and (mine or for_others),
    }
    return render(request, "cover.html", context)


@require_POST
@signed_in
def act(request: DeskRequest, cover_id: int, act: str) -> HttpResponse:
    """Take it, or withdraw it."""
    visit, row = request.visit, cover_by_id(cover_id)
    if act not in ACTS:
        raise NotFound("There is no such act of a request for cover.")
    _must_cover(visit, row.schedule.team_id)
    try:
        if act == "take":
            take_cover(row.id, person=visit.person, by=visit.actor, now=visit.now)
            messages.success(request, "The watch is yours.")
        else:
            for_others = may_agree_for(visit.viewer, row.schedule.team_id, now=visit.now).allowed
            withdraw_cover(row.id, person=visit.person, by=visit.actor, now=visit.now, may_for_others=for_others)
            messages.success(request, "Withdrawn. The watch stays as it was.")
    except Refused as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(reverse("cover-request", args=[row.id]), status=303)


def _must_cover(visit: Visit, team_id: int) -> None:
    decision = may_cover(visit.viewer, team_id, now=visit.now)
    if not decision.allowed:
        raise NotAllowed(decision.why)
