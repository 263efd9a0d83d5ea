"""You: how you are reached, what you may do and why, and your way out."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from watchbill.incidents.selectors import by_number, has_access
from watchbill.kernel.errors import NotAllowed, NotFound
from watchbill.people.models import Membership, Person, Team
from watchbill.people.permissions import Verb, decide, explain
from watchbill.people.selectors import failing_calendars, viewer_of
from watchbill.response.selectors import manages, was_notified
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import Shift
from watchbill.schedules.selectors import covers_for, offers_to, shifts_of_person
from watchbill.web.views.contacts import contacts
from watchbill.web.views.push import devices
from watchbill.web.views.rules import foreseen, kept_rules
from watchbill.web.visit import DeskRequest, Visit, signed_in

AHEAD = dt.timedelta(days=30)
MOST_SHIFTS = 6


@require_safe
@signed_in
def you(request: DeskRequest) -> HttpResponse:
    """The account of whoever looks."""
    me = request.visit.person
    kept = kept_rules(me)
    context = {
        "section": "you",
        "offers": list(offers_to(me, now=request.visit.now)),
        "covers": list(covers_for(me, now=request.visit.now)),
        "shifts": _shifts(request.visit),
        "failing": failing_calendars([me.pk]),
        "has_rules": any(kept.values()),
        "foreseen": foreseen(me, kept),
        "memberships": Membership.objects.filter(person=me, team__is_active=True).select_related("team").order_by("team__name"),
    }
    return render(request, "you.html", context | contacts(request.visit) | devices(request.visit))


def _shifts(visit: Visit) -> list[tuple[Schedule, Shift]]:
    """The watches of whoever looks: what runs, and what comes within a month."""
    return shifts_of_person(visit.person.pk, visit.now, visit.now + AHEAD)[:MOST_SHIFTS]


@require_safe
@signed_in
def permissions(request: DeskRequest) -> HttpResponse:
    """Why may somebody do something? For oneself; managers and administrators may ask about others."""
    person = _asked_about(request)
    team = Team.objects.filter(is_active=True, name=request.GET.get("team", "")).first()
    number = request.GET.get("number", "").strip().removeprefix("#")
    viewer = viewer_of(person)
    context = {
        "section": "you",
        "person": person,
        "team": team,
        "number": number,
        "teams": Team.objects.filter(is_active=True).order_by("name"),
        "people": Person.objects.filter(is_active=True).order_by("name") if decide(request.visit.viewer, Verb.AUDIT).allowed else [],
    }
    if number:
        incident = by_number(request.visit.viewer, int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0)
        facts: dict[str, Any] = {
            "team_id": incident.team_id,
            "restricted": incident.restricted,
            "has_access": has_access(viewer, incident),
            "notified": was_notified(person.id, incident),
            "manages": manages(person.id, incident.team_id, now=request.visit.now),
        }
        verbs = (Verb.SEE, Verb.ACKNOWLEDGE, Verb.RESPOND, Verb.ENGAGE)
        context |= {"incident": incident, "decisions": [(verb, decide(viewer, verb, **facts)) for verb in verbs]}
    else:
        stands = manages(person.id, team.id, now=request.visit.now) if team else False
        context["decisions"] = list(explain(viewer, team_id=team.id if team else None, manages=stands).items())
    return render(request, "permissions.html", context)


def _asked_about(request: DeskRequest) -> Person:
    handle = request.GET.get("person", "")
    if not handle or handle == request.visit.person.handle:
        return request.visit.person
    decision = decide(request.visit.viewer, Verb.AUDIT)
    if not decision.allowed:
        raise NotAllowed(f"You may ask about yourself. {decision.why}")
    person = Person.objects.filter(handle=handle).first()
    if person is None:
        raise NotFound("There is nobody of that handle.")
    return person
