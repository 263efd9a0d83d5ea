"""Somebody stands in for somebody else on every schedule at once: seen as one, kept all or none, ended together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from watchbill.kernel.errors import Invalid, NotAllowed, Refused
from watchbill.people.models import Membership, Person
from watchbill.response.covering import may_cover
from watchbill.schedules.actions import Change, NewGap, add_together, check_change, everywhere
from watchbill.schedules.models import Schedule
from watchbill.schedules.selectors import foresee_together
from watchbill.web import coverage, times
from watchbill.web.views.covering import somebody, time_of
from watchbill.web.visit import DeskRequest, Visit, signed_in

FIELDS = ("who", "replaced", "from", "to", "reason")
Span = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True, slots=True)
class Part:
    """One schedule of it: when the one has the watch whom the other stands in for, and may the reader change it?"""

    schedule: Schedule
    spans: tuple[Span, ...]
    why_not: str
    beside: coverage.Beside | None = None


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def everything(request: DeskRequest) -> HttpResponse:
    """The form, and with its fields every schedule with and without it. POST keeps what was seen; a new gap needs its own yes."""
    visit = request.visit
    sent = request.POST if request.method == "POST" else request.GET
    typed = {name: sent.get(name, "") for name in FIELDS}
    context: dict[str, Any] = {"section": "schedules", "typed": typed, "in_zone": visit.zone}
    try:
        if request.method == "POST" or typed["who"]:
            change = _change(typed, visit)
            parts = _parts(change, visit)
            context |= {"change": change, "says": coverage.sentence("replace", change.person, change.replaced, visit), **_seen(parts)}
            if request.method == "POST":
                return _keep(request, parts, change)
    except NewGap:
        context["asks"] = True
    except (Invalid, Refused) as error:
        context["problem"] = error.message
    near, others = _people(visit)
    context |= {"near": near, "others": others, "zone_shown": times.zone_word(visit.now, visit.zone)}
    return render(request, "standing_in.html", context, status=422 if request.method == "POST" else 200)


def _change(typed: Mapping[str, str], visit: Visit) -> Change:
    """What is kept on each of the schedules."""
    start = time_of(typed["from"], visit.zone) if typed["from"] else visit.now
    return Change(
        "replace", somebody(typed["who"]), start, time_of(typed["to"], visit.zone), somebody(typed["replaced"]), "", typed["reason"]
    )


def _parts(change: Change, visit: Visit) -> list[Part]:
    """The schedules on which the one has the watch, each with and without the change; those of other teams with why not."""
    found = everywhere(change, now=visit.now)
    decided = [(schedule, spans, may_cover(visit.viewer, schedule.team_id, now=visit.now)) for schedule, spans in found]
    may = [schedule for schedule, _, decision in decided if decision.allowed]
    for schedule in may:
        check_change(schedule, change, now=visit.now)
    foreseen = foresee_together({schedule.id: [change.rule(visit.now)] for schedule in may}, now=visit.now) if may else {}
    return [
        Part(
            schedule,
            spans,
            "" if decision.allowed else decision.why,
            coverage.beside(foreseen[schedule.id], spans[0][0], spans[-1][1], visit.zone, visit) if schedule.id in foreseen else None,
        )
        for schedule, spans, decision in decided
    ]


def _seen(parts: list[Part]) -> dict[str, Any]:
    may = [part for part in parts if not part.why_not]
    return {
        "parts": may,
        "left": [part for part in parts if part.why_not],
        "seen": _names_of([part.schedule for part in may]),
        "opens_gap": any(part.beside and part.beside.gaps for part in may),
    }


def _names_of(schedules: Iterable[Schedule]) -> str:
    """Which schedules somebody has seen, as the form sends it back."""
    return ",".join(str(each.id) for each in schedules)


def _keep(request: DeskRequest, parts: list[Part], change: Change) -> HttpResponse:
    """Store it on every schedule that was seen, or on none."""
    visit, sent = request.visit, request.POST
    may = [part.schedule for part in parts if not part.why_not]
    if not may:
        raise NotAllowed(parts[0].why_not)
    if sent.get("seen") != _names_of(may):
        raise Refused("The watches have changed since you looked. Nothing was changed; look again at what it would do.")
    made = add_together([(schedule, change) for schedule in may], by=visit.actor, now=visit.now, allow_gap=sent.get("gap") == "yes")
    names = ", ".join(each.name for each in may)
    until = times.moment(change.end, visit.zone, now=visit.now)
    says = coverage.sentence("replace", change.person, change.replaced, visit)
    messages.success(request, f"Kept: {says} on {names}, until {until}.")
    return HttpResponseRedirect(reverse("override", args=[made[0].schedule_id, made[0].id]), status=303)


def _people(visit: Visit) -> tuple[list[Person], list[Person]]:
    """Whoever is in a team of the reader, and everybody else."""
    near = set(Membership.objects.filter(team_id__in=visit.viewer.roles).exclude(role="viewer").values_list("person_id", flat=True))
    everybody = list(Person.objects.filter(is_active=True).order_by("name", "id"))
    return [each for each in everybody if each.id in near], [each for each in everybody if each.id not in near]
