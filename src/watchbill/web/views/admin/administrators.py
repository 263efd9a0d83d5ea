"""Who administers the installation: given and taken one person at a time, each with a question first. For administrators."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from watchbill.kernel.errors import NotFound, Refused
from watchbill.people.actions import give_administration, take_administration
from watchbill.people.models import Person
from watchbill.people.rules import why_not_given, why_not_taken
from watchbill.web.admin.rights import rights_of
from watchbill.web.visit import DeskRequest, signed_in

ACTS = {"give": give_administration, "take": take_administration}
GIVEN = (
    "Sees and changes everything here: people, teams, policies, services, keys, the organization.",
    "Reads the whole audit, and hears of providers that fail.",
    "Restricted incidents stay closed to them until they are paged or named.",
)
TAKEN = (
    "Administration opens for them no longer, except for teams of which they are an admin.",
    "Their account, their teams and their watches stay as they are.",
)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def administration(request: DeskRequest, person_id: int) -> HttpResponse:
    """Give these rights, or take them: the question, and on a POST the answer to it. What is asked is what the page showed."""
    if not rights_of(request.visit.viewer).is_administrator:
        raise NotFound("There is nothing here.")
    who = Person.objects.filter(pk=person_id).first()
    if who is None:
        raise NotFound("There is no such person.")
    takes, why, status = who.is_admin, _why_not(who), 200
    if request.method == "POST":
        act, status = request.POST.get("do", ""), 422
        if act in ACTS:
            takes = act == "take"
            try:
                ACTS[act](who.id, by=request.visit.actor, now=request.visit.now)
            except Refused as error:
                why, status = error.message, error.status
            else:
                return _done(request, who, takes=takes)
    context = {
        "section": "admin",
        "person": who,
        "takes": takes,
        "why_not": why,
        "is_me": who == request.visit.person,
        "means": _means(who, request, takes=takes),
    }
    return render(request, "admin/administration.html", context, status=status)


def _why_not(who: Person) -> str:
    if not who.is_admin:
        return why_not_given(who.name, is_admin=False, is_active=who.is_active)
    others = Person.objects.filter(is_admin=True, is_active=True).exclude(pk=who.pk).count()
    return why_not_taken(who.name, is_admin=True, others=others)


def _means(who: Person, request: DeskRequest, *, takes: bool) -> Sequence[str]:
    if not takes:
        waits = (f"{who.name} has never signed in: whoever gets the set-up link gets these rights.",)
        return GIVEN if who.has_usable_password() else (*waits, *GIVEN)
    mine = ("You cannot give them back to yourself: another administrator has to.",)
    return (*mine, *TAKEN) if who == request.visit.person else TAKEN


def _done(request: DeskRequest, who: Person, *, takes: bool) -> HttpResponse:
    word = "no longer administers" if takes else "administers"
    messages.success(request, f"{who.name} {word} the installation.")
    mine = takes and who == request.visit.person
    return HttpResponseRedirect(reverse("now") if mine else reverse("admin-person", args=[who.id]), status=303)
