"""Split an incident: take alerts out of a storm, into an incident of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from watchbill.incidents.models import Incident
from watchbill.incidents.selectors import by_number, has_access
from watchbill.intake.actions import Which, split
from watchbill.intake.models import Alert
from watchbill.intake.rules import OWN_FIELDS
from watchbill.kernel.errors import Invalid, NotAllowed, Refused
from watchbill.people.permissions import Verb, decide
from watchbill.response.selectors import manages, was_notified
from watchbill.web.visit import DeskRequest, Visit, signed_in

MOST = 200  # alerts to tick; more are split by what they share
MOST_SHARED = 12
SHARED = ("source", "component", "group", "class")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def split_off(request: DeskRequest, number: int) -> HttpResponse:
    """Choose alerts, and they get an incident of their own. What is refused is said, and what was ticked stays ticked."""
    visit = request.visit
    found = by_number(visit.viewer, number)
    _must_respond(visit, found)
    if request.method == "POST":
        field, _, value = request.POST.get("shared", "").partition("=")
        which = Which(keys=request.POST.getlist("key"), field=field, value=value)
        try:
            made = split(number, which, keep=request.POST.get("keep") == "yes", person=visit.person, actor=visit.actor, now=visit.now)
        except (Invalid, Refused) as error:
            messages.error(request, error.message)
        else:
            messages.success(request, made.message)
            return HttpResponseRedirect(reverse("incident", args=[made.number]), status=303)
    return render(request, "incident_split.html", _choices(request, found))


def _must_respond(visit: Visit, found: Incident) -> None:
    decision = decide(
        visit.viewer,
        Verb.RESPOND,
        team_id=found.team_id,
        restricted=found.restricted,
        has_access=found.restricted and has_access(visit.viewer, found),
        notified=was_notified(visit.person.id, found),
        manages=manages(visit.person.id, found.team_id, now=visit.now),
    )
    if not decision.allowed:
        raise NotAllowed(decision.why, number=found.number)


def _choices(request: DeskRequest, found: Incident) -> dict[str, Any]:
    firing = list(Alert.objects.filter(incident=found, state="firing").order_by("first_at", "id"))
    mine = request.visit.person.id in (found.owner_id, found.acting_id)
    return {
        "section": "incidents",
        "i": found,
        "firing": firing[:MOST],
        "count": len(firing),
        "over": len(firing) - MOST,
        "shared": _shared(firing),
        "ticked": set(request.POST.getlist("key")),
        "chosen": request.POST.get("shared", ""),
        "keep": request.POST.get("keep") == "yes" if request.method == "POST" else mine,
    }


def _shared(firing: Sequence[Alert]) -> list[tuple[str, str, str, int]]:
    """What several of them share, and others do not: (form value, field, value, how many), the most first."""
    found = []
    for field in SHARED:
        counted = Counter(getattr(alert, OWN_FIELDS[field]) for alert in firing)
        found += [
            (f"{field}={value}", field, value, count) for value, count in counted.items() if value and count < len(firing) and count > 1
        ]
    return sorted(found, key=lambda each: -each[3])[:MOST_SHARED]
